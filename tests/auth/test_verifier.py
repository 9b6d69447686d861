"""Several issuers, and which reason is given where a token could be refused for two."""

from __future__ import annotations

import pytest

from service.auth import InvalidIssuer, InvalidToken, KeySourceUnavailable, RemoteKeySet, UnknownKey, Verifier
from service.key_set_client import KeySetFetcher, http_client

from ..signing import Signer, rsa_key
from ..tenant import AUDIENCE, ManualClock, Tenant


def verifier_for(*tenants: Tenant) -> Verifier:
    clock = ManualClock()
    sources = {
        tenant.issuer: RemoteKeySet(tenant.issuer, KeySetFetcher(http_client(tenant.transport), 5), clock)
        for tenant in tenants
    }
    return Verifier(sources, {AUDIENCE}, 5, clock)


def two_tenants() -> tuple[Tenant, Tenant]:
    one, two = Tenant("https://one.test/"), Tenant("https://two.test/")
    two.current = Signer(rsa_key("two"), "two")
    two.published = [two.current]
    return one, two


async def test_each_issuer_vouches_for_its_own_tokens() -> None:
    one, two = two_tenants()
    verifier = verifier_for(one, two)
    assert (await verifier.verify(one.token())).issuer == one.issuer
    assert (await verifier.verify(two.token())).issuer == two.issuer


async def test_an_issuer_cannot_speak_for_another() -> None:
    one, two = two_tenants()
    with pytest.raises(UnknownKey):
        await verifier_for(one, two).verify(two.token(iss=one.issuer))


async def test_domains_of_one_tenant_share_keys_and_are_told_apart_by_issuer() -> None:
    one, custom = Tenant("https://one.test/"), Tenant("https://login.one.test/")
    verifier = verifier_for(one, custom)
    for tenant in (one, custom):
        assert (await verifier.verify(tenant.token())).issuer == tenant.issuer


async def test_a_dead_issuer_does_not_touch_the_others_callers() -> None:
    one, two = two_tenants()
    one.down = True
    verifier = verifier_for(one, two)
    await verifier.verify(two.token())
    with pytest.raises(KeySourceUnavailable):
        await verifier.verify(one.token())
    assert verifier.ready


async def test_a_known_key_with_an_untrusted_issuer_is_told_so() -> None:
    one, two = two_tenants()
    for tenant in (one, two):
        with pytest.raises(InvalidIssuer):
            await verifier_for(one, two).verify(tenant.token(iss="https://evil.test/"))


async def test_nothing_is_fetched_again_for_an_untrusted_issuer() -> None:
    tenant = Tenant()
    verifier = verifier_for(tenant)
    await verifier.verify(tenant.token())
    stranger = Signer(rsa_key("stranger"), "stranger")
    with pytest.raises(UnknownKey):
        await verifier.verify(tenant.token(signer=stranger, iss="https://evil.test/"))
    assert len(tenant.fetches) == 1


async def test_an_untrusted_issuer_is_no_reason_to_wait_for_keys() -> None:
    tenant = Tenant()
    tenant.down = True
    with pytest.raises(InvalidToken):
        await verifier_for(tenant).verify(tenant.token(iss="https://evil.test/"))


async def test_what_is_malformed_is_refused_without_any_key() -> None:
    tenant = Tenant()
    tenant.down = True
    verifier = verifier_for(tenant)
    for token in ("opaque", "a.b.c", tenant.current.sign(b"[]"), tenant.token({"alg": None}), tenant.token(exp=None)):
        with pytest.raises(InvalidToken):
            await verifier.verify(token)
    assert tenant.fetches == []


async def test_an_algorithm_that_is_not_allowed_is_refused_without_any_key() -> None:
    tenant = Tenant()
    tenant.down = True
    verifier = verifier_for(tenant)
    for alg in ("none", "HS256", "PS256"):
        with pytest.raises(InvalidToken) as refused:
            await verifier.verify(tenant.token({"alg": alg}))
        assert refused.value.check == "signature"
    assert tenant.fetches == []
