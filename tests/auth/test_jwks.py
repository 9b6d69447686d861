from __future__ import annotations

import asyncio
import gc
import itertools
import json
import weakref
from collections.abc import AsyncIterator
from contextvars import ContextVar

import httpx
import pytest

from service.auth import KeySetEvent, KeySourceUnavailable, RefreshPolicy, RemoteKeySet
from service.auth.jwks import MAX_BACKOFF
from service.key_set_client import MAX_BODY, KeySetFetcher, http_client

from ..signing import Signer, jwks, rsa_key
from ..tenant import ManualClock, Tenant, settle

POLICY = RefreshPolicy(ttl=600, cooldown=10, max_stale=86400)
UNTIL_REFRESH = 600 * 0.75


@pytest.fixture
def events() -> list[KeySetEvent]:
    """What the source has reported."""
    return []


@pytest.fixture
async def source(tenant: Tenant, clock: ManualClock, events: list[KeySetEvent]) -> AsyncIterator[RemoteKeySet]:
    async with http_client(tenant.transport) as client:
        # Without jitter: always the lower end.
        fetch = KeySetFetcher(client, 5)
        source = RemoteKeySet(
            tenant.issuer,
            fetch,
            clock,
            algorithms=("RS256",),
            policy=POLICY,
            jitter=lambda low, _: low,
            report=events.append,
        )
        yield source
        await source.close()


@pytest.fixture
async def running(source: RemoteKeySet) -> AsyncIterator[RemoteKeySet]:
    """The source as the service has it: kept fresh in the background."""
    task = asyncio.create_task(source.run())
    await settle()
    yield source
    task.cancel()
    await asyncio.wait([task])


async def outcome(source: RemoteKeySet, kid: str) -> str:
    """What a token that names `kid` would come to."""
    try:
        return "verified" if kid in await source.keys_for(kid) else "401"
    except KeySourceUnavailable as error:
        assert error.retry_after >= 1
        return "503"


async def test_asks_the_issuers_own_address_plainly(source: RemoteKeySet, tenant: Tenant) -> None:
    await source.keys_for("current")
    (request,) = tenant.fetches
    assert str(request.url) == "https://tenant.test/.well-known/jwks.json"
    assert request.headers["Accept-Encoding"] == "identity"


async def test_many_first_callers_make_one_fetch(source: RemoteKeySet, tenant: Tenant) -> None:
    results = await asyncio.gather(*(outcome(source, "current") for _ in range(500)))
    assert set(results) == {"verified"}
    assert len(tenant.fetches) == 1


async def test_a_caller_who_goes_away_takes_nothing_from_the_others(source: RemoteKeySet, tenant: Tenant) -> None:
    tenant.gate = asyncio.Event()
    first, second = (asyncio.create_task(outcome(source, "current")) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    tenant.gate.set()
    assert await second == "verified"
    assert len(tenant.fetches) == 1


REQUEST: ContextVar[str] = ContextVar("REQUEST", default="none")
"""What a web framework, a tracer and a logger keep for each request."""


@pytest.mark.parametrize("cause", ["first", "unknown kid", "stale"])
async def test_a_fetch_has_nothing_of_the_request_that_caused_it(
    tenant: Tenant, clock: ManualClock, cause: str
) -> None:
    seen: list[str] = []

    async def fetch(url: str) -> bytes:
        seen.append(REQUEST.get())
        return json.dumps(jwks(*tenant.published)).encode()

    def report(_: KeySetEvent) -> None:
        seen.append(REQUEST.get())

    source = RemoteKeySet(tenant.issuer, fetch, clock, algorithms=("RS256",), policy=POLICY, report=report)
    if cause != "first":
        await source.keys_for("current")
        await clock.advance(601 if cause == "stale" else 11)
    seen.clear()
    REQUEST.set("a caller's")
    await outcome(source, "unknown" if cause == "unknown kid" else "current")
    await settle()
    assert seen
    assert set(seen) == {"none"}
    assert REQUEST.get() == "a caller's"


async def test_a_fetch_in_flight_keeps_no_request_alive(source: RemoteKeySet, tenant: Tenant) -> None:
    """The first caller of an outage may wait for seconds, and so do the objects in its context."""

    class Request:
        """Something that a weak reference may point to."""

    held: ContextVar[Request] = ContextVar("held")

    async def ask() -> weakref.ref[Request]:
        request = Request()
        held.set(request)
        asking = asyncio.create_task(source.keys_for("current"))
        await settle()
        asking.cancel()
        await asyncio.wait([asking])
        return weakref.ref(request)

    tenant.gate = asyncio.Event()
    request = await asyncio.create_task(ask())
    await settle()
    gc.collect()
    assert request() is None
    tenant.gate.set()


async def test_fetches_again_before_the_set_stops_being_fresh(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    await clock.advance(UNTIL_REFRESH - 1)
    assert len(tenant.fetches) == 1
    await clock.advance(2)
    assert len(tenant.fetches) == 2


async def test_nobody_waits_for_a_refresh(running: RemoteKeySet, tenant: Tenant, clock: ManualClock) -> None:
    tenant.gate = asyncio.Event()
    await clock.advance(5000)
    assert len(tenant.fetches) == 2
    assert await asyncio.wait_for(outcome(running, "current"), 1) == "verified"
    tenant.gate.set()


async def test_unknown_kids_together_make_one_fetch_per_cooldown(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    for _ in range(3):
        await clock.advance(10)
        before = len(tenant.fetches)
        results = await asyncio.gather(*(outcome(running, f"random-{n}") for n in range(1000)))
        assert set(results) == {"401"}
        assert len(tenant.fetches) == before + 1


async def test_a_new_key_is_honoured_within_one_cooldown_even_in_a_flood(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    await clock.advance(10)
    await outcome(running, "random")
    tenant.published.append(Signer(rsa_key("new"), "new"))
    for second in range(11):
        await outcome(running, f"random-{second}")
        if await outcome(running, "new") == "verified":
            break
        await clock.advance(1)
    assert second <= 10
    assert await outcome(running, "new") == "verified"


async def test_a_known_key_does_not_wait_for_the_fetch_of_an_unknown_one(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    await clock.advance(10)
    tenant.gate = asyncio.Event()
    waiting = asyncio.create_task(outcome(running, "random"))
    await settle()
    assert await asyncio.wait_for(outcome(running, "current"), 1) == "verified"
    assert not waiting.done()
    tenant.gate.set()
    assert await waiting == "401"


async def test_a_removed_key_stops_verifying_with_the_next_refresh(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    tenant.published = [tenant.next]
    assert await outcome(running, "current") == "verified"
    await clock.advance(UNTIL_REFRESH + 1)
    assert await outcome(running, "current") == "401"
    assert await outcome(running, "next") == "verified"


async def test_a_day_of_outage(running: RemoteKeySet, tenant: Tenant, clock: ManualClock) -> None:
    tenant.down = True
    await clock.advance(600)
    for _ in range(24 * 6):
        assert await outcome(running, "current") == "verified"
        assert await outcome(running, "random") == "503"
        await clock.advance(600)
    # Gone: 86,400 seconds after it stopped being fresh.
    assert await outcome(running, "current") == "503"
    attempts = len(tenant.fetches)
    await clock.advance(600)
    assert 600 / MAX_BACKOFF - 1 <= len(tenant.fetches) - attempts <= 600 / MAX_BACKOFF + 1
    tenant.down = False
    await clock.advance(MAX_BACKOFF)
    assert await outcome(running, "current") == "verified"
    assert await outcome(running, "random") == "401"


async def test_the_first_failures_are_answered_at_once_and_tried_again(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    source = running
    fetch_count = len(tenant.fetches)
    assert fetch_count == 1
    fresh = RemoteKeySet(
        tenant.issuer, source._fetch, clock, algorithms=("RS256",), policy=POLICY, jitter=lambda low, _: low
    )
    tenant.down = True
    assert await outcome(fresh, "current") == "503"
    assert not fresh.loaded
    for _ in range(5):
        assert await outcome(fresh, "current") == "503"
    assert len(tenant.fetches) == fetch_count + 1
    tenant.down = False
    await clock.advance(9.9)
    assert await outcome(fresh, "current") == "503"
    await clock.advance(0.2)
    assert await outcome(fresh, "current") == "verified"


async def test_waits_grow_from_the_cooldown_to_a_minute(tenant: Tenant, clock: ManualClock) -> None:
    moments: list[float] = []

    async def failing(_: str) -> bytes:
        from service.auth import FetchFailed

        moments.append(clock.monotonic())
        raise FetchFailed("down")

    source = RemoteKeySet(
        tenant.issuer, failing, clock, algorithms=("RS256",), policy=POLICY, jitter=lambda low, _: low
    )
    task = asyncio.create_task(source.run())
    await clock.advance(600)
    task.cancel()
    await asyncio.wait([task])
    waits = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert waits[:4] == [10, 20, 40, 60]
    assert set(waits[3:]) == {60}


GOOD_SIGNER = Signer(rsa_key())
GOOD = json.dumps(jwks(GOOD_SIGNER)).encode()
BAD_ANSWERS = {
    "not JSON": httpx.Response(200, content=b"<html>"),
    "an empty body": httpx.Response(200, content=b""),
    "not an object": httpx.Response(200, content=b"[]"),
    "no keys": httpx.Response(200, content=b"{}"),
    "an empty set": httpx.Response(200, content=b'{"keys":[]}'),
    "no usable key": httpx.Response(200, content=b'{"keys":[{"kty":"oct","kid":"current","k":"AAAA"}]}'),
    "too large": httpx.Response(200, content=GOOD[:-1] + b" " * MAX_BODY + b"}"),
    "compressed": httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"\x1f\x8b")),
    "an encoding that changes nothing": httpx.Response(200, content=GOOD, headers={"Content-Encoding": "identity"}),
    "a redirect": httpx.Response(302, headers={"Location": "https://evil.test/jwks.json"}),
    "a redirect to itself": httpx.Response(307, headers={"Location": "https://tenant.test/.well-known/jwks.json"}),
    "203": httpx.Response(203, content=GOOD),
    "404": httpx.Response(404, content=GOOD),
    "500": httpx.Response(500, content=GOOD),
    "a broken connection": httpx.ReadError("reset"),
    "nested far too deep": httpx.Response(200, content=b'{"keys":' + b"[" * 2_000),
    "a member twice": httpx.Response(200, content=b'{"keys":[],' + GOOD[1:]),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_a_refresh_may_improve_the_set_and_never_damages_it(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock, answer: httpx.Response | Exception
) -> None:
    tenant.answers.append(answer)
    await clock.advance(UNTIL_REFRESH + 1)
    assert len(tenant.fetches) == 2
    assert await outcome(running, "current") == "verified"
    await clock.advance(10)
    assert len(tenant.fetches) == 3
    assert await outcome(running, "random") == "401"


async def test_the_largest_body_is_taken(source: RemoteKeySet, tenant: Tenant) -> None:
    padded = GOOD[:-1] + b" " * (MAX_BODY - len(GOOD)) + b"}"
    assert len(padded) == 512 * 1024
    tenant.answers.append(httpx.Response(200, content=padded))
    assert await outcome(source, "current") == "verified"


async def test_a_thousand_keys_do_not_hold_up_the_event_loop(source: RemoteKeySet, tenant: Tenant) -> None:
    members = [{**GOOD_SIGNER.jwk, "kid": f"key-{number}"} for number in range(1000)]
    tenant.answers.append(httpx.Response(200, content=json.dumps({"keys": members}).encode()))
    turns, refreshing = 0, asyncio.create_task(source.refresh())
    while not refreshing.done():
        await asyncio.sleep(0)
        turns += 1
    assert await outcome(source, "key-999") == "verified"
    # Far more than the handful that it takes to fetch and to wait.
    assert turns > 100


async def test_a_fetch_is_bounded_as_a_whole(tenant: Tenant) -> None:
    from service.auth import FetchFailed

    async def drip(_: httpx.Request) -> httpx.Response:
        async def bytes_for_ever() -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.005)
                yield b" "

        return httpx.Response(200, content=bytes_for_ever())

    async with http_client(httpx.MockTransport(drip)) as client:
        with pytest.raises(FetchFailed, match=r"within 0\.05 s"):
            await KeySetFetcher(client, 0.05)("https://tenant.test/.well-known/jwks.json")


async def test_what_becomes_of_the_set_is_reported_once_each(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock, events: list[KeySetEvent]
) -> None:
    tenant.down = True
    await clock.advance(7200)
    assert (running.state, running.age) == ("stale", 7200)
    await clock.advance(86400)
    assert running.state == "expired"
    tenant.down = False
    tenant.published = [tenant.next]
    await clock.advance(120)
    assert running.state == "fresh"
    kinds = [event.kind for event in events]
    assert [kind for kind in kinds if kind != "failed"] == [
        "fetched", "loaded", "stale", "expired", "fetched", "recovered", "rotated"
    ]  # fmt: skip
    assert kinds.count("failed") > 100
    assert {event.reason for event in events if event.kind == "failed"} == {"ConnectError: refused"}
    assert [event.kids for event in events if event.kids] == [("current", "next"), ("next",)]


async def test_a_defect_in_fetching_is_an_outage_and_not_a_crash(tenant: Tenant, clock: ManualClock) -> None:
    async def broken(_: str) -> bytes:
        raise ZeroDivisionError

    source = RemoteKeySet(tenant.issuer, broken, clock)
    assert await outcome(source, "current") == "503"


async def test_a_wall_clock_that_is_set_changes_nothing(
    running: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    for now in (0.0, 4e9):
        clock.set_wall_clock(now)
        assert await outcome(running, "current") == "verified"
    await clock.advance(1)
    assert len(tenant.fetches) == 1


async def test_asking_for_the_current_set_fetches_nothing(
    source: RemoteKeySet, tenant: Tenant, clock: ManualClock
) -> None:
    await source.refresh()
    fetches = len(tenant.fetches)
    await clock.advance(601)
    assert source.current(clock.monotonic()) is not None
    await settle()
    assert len(tenant.fetches) == fetches
    source.ensure_fresh(clock.monotonic())
    await settle()
    assert len(tenant.fetches) == fetches + 1
