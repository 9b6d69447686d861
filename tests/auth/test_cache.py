from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from service.auth import (
    InvalidToken,
    KeySourceUnavailable,
    RefreshPolicy,
    RemoteKeySet,
    TokenExpired,
    TokenNotYetValid,
    Verifier,
)
from service.auth.cache import SWEEP_SECONDS
from service.key_set_client import KeySetFetcher, http_client

from ..signing import Signer, rsa_key
from ..tenant import AUDIENCE, NOW, ManualClock, Tenant, settle

SIZE = 10


class Counted:
    """A real key that counts how often it was asked."""

    def __init__(self, key: object) -> None:
        self._key = key
        self.asked = 0

    def verify(self, msg: bytes, sig: bytes) -> bool:
        self.asked += 1
        return self._key.verify(msg, sig)  # type: ignore[attr-defined]


@pytest.fixture
async def source(tenant: Tenant, clock: ManualClock) -> AsyncIterator[RemoteKeySet]:
    async with http_client(tenant.transport) as client:
        fetch = KeySetFetcher(client, 5)
        source = RemoteKeySet(
            tenant.issuer,
            fetch,
            clock,
            algorithms=("RS256",),
            policy=RefreshPolicy(600, 10, 86400),
            jitter=lambda low, _: low,
        )
        task = asyncio.create_task(source.run())
        await settle()
        yield source
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def verifier(source: RemoteKeySet, tenant: Tenant, clock: ManualClock) -> Verifier:
    return Verifier({tenant.issuer: source}, {AUDIENCE}, 5, clock, SIZE)


async def test_a_second_look_asks_no_key(
    verifier: Verifier, source: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    keys = source.current(clock.monotonic())
    assert keys is not None
    counted = {name: tuple(map(Counted, each)) for name, each in keys._keys.items()}
    keys._keys.update(counted)
    token = tenant.token()
    first = await verifier.verify(token)
    for _ in range(5):
        assert await verifier.verify(token) is first
    assert sum(key.asked for each in counted.values() for key in each) == 1
    assert (verifier.cache.hits, verifier.cache.misses, len(verifier.cache)) == (5, 1, 1)


async def test_times_are_compared_at_every_use(verifier: Verifier, tenant: Tenant, clock: ManualClock) -> None:
    token = tenant.token(exp=NOW + 100, nbf=NOW)
    await verifier.verify(token)
    await clock.advance(104)
    await verifier.verify(token)
    await clock.advance(2)
    with pytest.raises(TokenExpired):
        await verifier.verify(token)
    assert len(verifier.cache) == 0
    other = tenant.token(nbf=NOW)
    await verifier.verify(other)
    clock.set_wall_clock(NOW - 100)
    with pytest.raises(TokenNotYetValid):
        await verifier.verify(other)


async def test_the_least_recently_used_go_first(verifier: Verifier, tenant: Tenant) -> None:
    tokens = [tenant.token(sub=f"auth0|{number}") for number in range(SIZE + 1)]
    for token in tokens[:SIZE]:
        await verifier.verify(token)
    await verifier.verify(tokens[0])
    await verifier.verify(tokens[SIZE])
    assert len(verifier.cache) == SIZE
    hits = verifier.cache.hits
    await verifier.verify(tokens[0])
    assert verifier.cache.hits == hits + 1
    await verifier.verify(tokens[1])
    assert verifier.cache.hits == hits + 1


async def test_a_flood_of_bad_tokens_evicts_nothing(verifier: Verifier, tenant: Tenant) -> None:
    good = tenant.token()
    await verifier.verify(good)
    stranger = Signer(rsa_key("stranger"), "current")
    flood = [tenant.token(signer=stranger, sub=f"a{number}") for number in range(3 * SIZE)]
    flood += [tenant.token(aud="other", sub=f"b{number}") for number in range(3 * SIZE)]
    flood += [tenant.token(exp=1, sub=f"c{number}") for number in range(3 * SIZE)]
    flood += [f"opaque{number}" for number in range(3 * SIZE)] + ["\ud800", "é" * 10000]
    for bad in flood:
        with pytest.raises(InvalidToken):
            await verifier.verify(bad)
    assert len(verifier.cache) == 1
    await verifier.verify(good)
    assert verifier.cache.hits == 1


async def test_a_key_that_left_stops_verifying_what_is_remembered(
    verifier: Verifier, tenant: Tenant, clock: ManualClock
) -> None:
    token, kept = tenant.token(), tenant.token(signer=tenant.next)
    await verifier.verify(token)
    await verifier.verify(kept)
    tenant.published = [tenant.next]
    # Noticed with the refresh, no later than JWKS_TTL.
    await clock.advance(600)
    with pytest.raises(InvalidToken):
        await verifier.verify(token)
    await verifier.verify(kept)


async def test_a_key_that_was_replaced_under_its_kid_stops_too(
    verifier: Verifier, tenant: Tenant, clock: ManualClock
) -> None:
    token = tenant.token()
    await verifier.verify(token)
    tenant.published = [Signer(rsa_key("stranger"), "current")]
    await clock.advance(600)
    with pytest.raises(InvalidToken):
        await verifier.verify(token)


async def test_a_refresh_that_brings_the_same_forgets_nothing(
    verifier: Verifier, tenant: Tenant, clock: ManualClock
) -> None:
    token = tenant.token(exp=NOW + 86400)
    await verifier.verify(token)
    await clock.advance(5000)
    assert len(tenant.fetches) > 10
    await verifier.verify(token)
    assert (verifier.cache.hits, verifier.cache.misses) == (1, 1)


async def test_what_is_remembered_ends_when_the_keys_are_gone(
    verifier: Verifier, tenant: Tenant, clock: ManualClock
) -> None:
    token = tenant.token(exp=NOW + 10 * 86400)
    await verifier.verify(token)
    tenant.down = True
    await clock.advance(600 + 86399)
    await verifier.verify(token)
    await clock.advance(2)
    with pytest.raises(KeySourceUnavailable):
        await verifier.verify(token)


async def test_ended_tokens_do_not_stay(verifier: Verifier, tenant: Tenant, clock: ManualClock) -> None:
    for number in range(5):
        await verifier.verify(tenant.token(sub=f"auth0|{number}", exp=NOW + 30))
    await clock.advance(SWEEP_SECONDS)
    await verifier.verify(tenant.token())
    assert len(verifier.cache) == 1


async def test_without_a_size_nothing_is_remembered(source: RemoteKeySet, tenant: Tenant, clock: ManualClock) -> None:
    verifier = Verifier({tenant.issuer: source}, {AUDIENCE}, 5, clock, 0)
    token = tenant.token()
    for _ in range(3):
        await verifier.verify(token)
    assert (len(verifier.cache), verifier.cache.hits) == (0, 0)


async def test_no_token_is_kept(verifier: Verifier, tenant: Tenant) -> None:
    token = tenant.token()
    verified = await verifier.verify(token)
    held = repr(list(verifier.cache._entries.items())) + repr(verified)
    for part in token.split("."):
        assert part not in held


async def test_a_remembered_token_has_a_stale_set_fetched_in_the_background(tenant: Tenant, clock: ManualClock) -> None:
    async with http_client(tenant.transport) as client:
        # It is not running: nothing but the token's use can cause the fetch.
        source = RemoteKeySet(tenant.issuer, KeySetFetcher(client, 5), clock, policy=RefreshPolicy(600, 10, 86400))
        verifier = Verifier({tenant.issuer: source}, {AUDIENCE}, 5, clock, SIZE)
        token = tenant.token(exp=NOW + 3600)
        first = await verifier.verify(token)
        await clock.advance(601)
        assert await verifier.verify(token) is first
        await settle()
        assert len(tenant.fetches) == 2
        assert (verifier.cache.hits, source.state) == (1, "fresh")
        await source.close()
