"""What remembered tokens take of the memory, as Python's allocator sees it, and as the cache counts it."""

from __future__ import annotations

import gc
import itertools
import json
import string
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.auth import AccessToken, InvalidToken, KeySet, RemoteKeySet, VerifiedTokens, Verifier, claims
from service.auth.cache import MAX_BYTES
from service.auth.grants import KnownGrants
from service.key_set_client import KeySetFetcher, http_client

from ..signing import Signer, ec_key, jwks
from ..tenant import AUDIENCE, NOW, ManualClock, Tenant

BOUND = 1024 * 1024
TENANT = Tenant()
KEYS = KeySet.from_jwks(jwks(TENANT.current))


class Published:
    """The tenant's keys, at hand."""

    def current(self, now: float) -> KeySet:
        return KEYS


def names() -> Iterator[str]:
    """Names of four letters, all different."""
    return map("".join, itertools.product(string.ascii_letters, repeat=4))


# As much as fits into a token of 8,192 bytes, and different in each.
HOSTILE: dict[str, Callable[[int, Iterator[str]], dict[str, Any]]] = {
    "none": lambda number, _: {"sub": f"auth0|{number}"},
    "sub": lambda number, _: {"sub": f"{number:05700d}"},
    "sub of wide letters": lambda number, _: {"sub": f"{number:05500d}\N{GRINNING FACE}"},
    "scope": lambda _, some: {"scope": " ".join(itertools.islice(some, 1127))},
    "one scope": lambda number, _: {"scope": f"{number:05700d}"},
    "permissions": lambda _, some: {"permissions": list(itertools.islice(some, 700))},
    "aud": lambda _, some: {"aud": [AUDIENCE, *itertools.islice(some, 700)]},
    "azp": lambda number, _: {"azp": f"{number:05700d}"},
    "client_id": lambda number, _: {"azp": None, "client_id": f"{number:05700d}"},
    "other claims": lambda number, _: {"https://example.com/profile": [[str(number)]] * 800},
}


# What a route's rule looks at.
KEPT = frozenset({"plan"})


def remember(cache: VerifiedTokens, number: int, **overrides: Any) -> bytes:
    """Take a token in as the verifier does, but for its signature. Returns its digest."""
    payload = json.dumps(TENANT.claims(**overrides)).encode()
    verified = claims.read(payload)
    grant = claims.read_grant(verified, cache.known_grants)
    digest = cache.digest(str(number))
    cache.remember(digest, claims.access_token(verified, payload, grant, KEPT), grant, KEYS, Published())
    return digest


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_held_is_counted_and_bounded(kind: str) -> None:
    cache = VerifiedTokens(10_000, ManualClock(), BOUND)
    some, overrides = names(), HOSTILE[kind]
    # What the first one costs once, such as a compiled pattern, is not the cache's.
    remember(cache, -1)
    gc.collect()
    tracemalloc.start()
    digests = [remember(cache, number, **overrides(number, some)) for number in range(250)]
    if kind != "none":
        assert len(cache) < 250
        assert 0.9 * BOUND < cache.held <= BOUND
        # The least recently used have gone.
        assert cache.get(digests[0], 0) is None
        assert cache.get(digests[-1], 0) is not None
    remaining = [digest for digest in digests if cache.get(digest, 0) is not None]
    gc.collect()
    with_them, _ = tracemalloc.get_traced_memory()
    counted = cache.held
    for digest in remaining:
        cache.forget(digest)
    gc.collect()
    without, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The allocator rounds up, which tracemalloc does not see; the table itself keeps its size.
    assert 0.95 * (with_them - without) < counted < 1.5 * (with_them - without)
    assert len(cache) <= 1


def test_the_counts_return_to_nothing() -> None:
    cache = VerifiedTokens(50, ManualClock(), BOUND)
    some = names()
    kinds = itertools.cycle(HOSTILE.values())
    digests = [remember(cache, number, **next(kinds)(number, some)) for number in range(200)]
    # Again, with other contents under the same digest: what was there before is given back.
    digests += [remember(cache, number, sub=f"again{number}") for number in range(170, 230)]
    assert 0 < len(cache) <= 50
    assert 0 < cache.held <= BOUND
    for digest in digests:
        cache.forget(digest)
    assert (len(cache), cache.held, len(cache.known_grants)) == (0, 0, 0)


def test_no_value_of_a_token_is_left_uncounted() -> None:
    """A field that is added to AccessToken must be added here, and to what is counted."""
    large = "x" * 1000
    sizes = {
        "subject": {"sub": large},
        "audience": {"aud": [AUDIENCE, large]},
        "scopes": {"scope": f"{large} x"},
        "permissions": {"permissions": [large]},
        "client_id": {"azp": large},
        "payload": {"other": large},
        "organization_id": {"org_id": large},
        "organization_name": {"org_name": large},
        "actor": {"act": {"sub": large}},
        "kept": {"plan": [large]},
    }
    bounded = {"issuer", "expires_at", "not_before", "issued_at"}
    assert sizes.keys() | bounded == set(AccessToken._fields)
    for field, overrides in sizes.items():
        usual, larger = (VerifiedTokens(10, ManualClock()) for _ in range(2))
        remember(usual, 1)
        remember(larger, 1, **overrides)
        # It stands in the payload too.
        assert larger.held - usual.held > (900 if field == "payload" else 1900), field


async def test_hostile_tokens_stay_within_32_mib(clock: ManualClock) -> None:
    """As they were found: each valid, of 8 KB, with 1,127 scopes that no other token has."""
    tenant, signer, some = Tenant(), Signer(ec_key("ES256"), "ec", "ES256"), names()
    tenant.published = [signer]
    async with http_client(tenant.transport) as client:
        source = RemoteKeySet(tenant.issuer, KeySetFetcher(client, 5), clock, algorithms=("ES256",))
        verifier = Verifier({tenant.issuer: source}, {AUDIENCE}, 5, clock, 10_000)
        # Enough of them to reach the bound: each takes about 100 KB.
        for _ in range(450):
            token = tenant.token(signer=signer, scope=" ".join(itertools.islice(some, 1127)))
            assert 7900 < len(token) <= 8192
            accepted = await verifier.verify(token)
            assert len(accepted.scopes) == 1127
        assert 0.9 * MAX_BYTES < verifier.cache.held <= MAX_BYTES == 32 * 1024 * 1024
        assert 250 < len(verifier.cache) < 450
        assert await verifier.verify(token) is accepted
        await source.close()


def test_a_token_that_is_larger_than_the_bound_leaves_nothing_behind() -> None:
    cache = VerifiedTokens(10, ManualClock(), 20_000)
    kept = remember(cache, 1)
    remember(cache, 2, scope=" ".join(itertools.islice(names(), 1127)))
    assert cache.get(kept, 0) is None
    assert (len(cache), cache.held, len(cache.known_grants)) == (0, 0, 0)


async def test_tokens_that_grant_the_same_share_it(clock: ManualClock) -> None:
    tenant = Tenant()
    async with http_client(tenant.transport) as client:
        source = RemoteKeySet(tenant.issuer, KeySetFetcher(client, 5), clock)
        verifier = Verifier({tenant.issuer: source}, {AUDIENCE}, 5, clock, 2)
        one, two = [
            await verifier.verify(tenant.token(sub=subject, permissions=["read:messages"])) for subject in ("a", "b")
        ]
        for field in ("issuer", "audience", "scopes", "permissions", "client_id"):
            assert getattr(one, field) is getattr(two, field)
        assert (one.subject, two.subject, len(verifier.cache.known_grants)) == ("a", "b", 1)
        for number in range(5):
            await verifier.verify(tenant.token(scope=f"of:{number}"))
        assert (len(verifier.cache), len(verifier.cache.known_grants)) == (2, 2)
        await source.close()


@pytest.mark.parametrize(
    "overrides",
    [
        {"scope": ["1", "2"]},
        {"scope": 1},
        {"scope": {"1 2": 1}},
        {"scope": True},
        {"permissions": "1"},
        {"permissions": [1]},
        {"permissions": [1.0]},
        {"permissions": [True]},
        {"permissions": [["1"]]},
        {"permissions": [{"1": 1}]},
        {"permissions": {"1": 1}},
        {"permissions": [None]},
        {"permissions": 0},
        {"permissions": ""},
        {"permissions": {}},
        {"scope": 0},
        {"scope": []},
    ],
    ids=str,
)
def test_what_is_not_well_formed_is_never_taken_for_what_is_known(overrides: dict[str, Any]) -> None:
    cache = VerifiedTokens(10, ManualClock())
    for number, known in enumerate(
        ({"scope": "1 2", "permissions": ["1"]}, {"scope": "1 2"}, {"permissions": ["1"]}, {"scope": ""})
    ):
        remember(cache, number, **known)
    for other in ({"scope": "1 2", "permissions": ["1"]}, {"scope": "1 2"}, {"permissions": ["1"]}, {"scope": ""}):
        payload = json.dumps(TENANT.claims(**{**other, **overrides})).encode()
        with pytest.raises(InvalidToken) as refused:
            claims.read_grant(claims.read(payload), cache.known_grants)
        assert refused.value.check == "permissions"


def test_null_is_not_well_formed_where_absent_is_known() -> None:
    cache = VerifiedTokens(10, ManualClock())
    remember(cache, 1, scope=None, permissions=None)
    for name in ("scope", "permissions"):
        payload = json.dumps({**TENANT.claims(scope=None, permissions=None), name: None}).encode()
        with pytest.raises(InvalidToken):
            claims.read_grant(claims.read(payload), cache.known_grants)


def test_a_token_shows_no_payload() -> None:
    payload = json.dumps(TENANT.claims(email="reader@example.com")).encode()
    said = claims.read(payload)
    token = claims.access_token(said, payload, claims.read_grant(said, KnownGrants()))
    assert token.claims["email"] == "reader@example.com"
    assert "reader@example.com" not in repr(token)
    assert repr(token).startswith("AccessToken(subject='auth0|somebody', issuer='https://tenant.test/'")
    assert f"expires_at={NOW + 3600}" in repr(token)
