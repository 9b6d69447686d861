"""One issuer's keys, fetched when they are needed and kept while they are good.

    fresh   for `ttl` seconds after a fetch; fetched again, in the background, before that ends
    stale   then, while fetches fail, for `max_stale` seconds: still used
    expired then, and before the first fetch: callers are told that the keys are unavailable

Nobody waits for a refresh but the callers who cannot be answered without it: the first ones, and those whose
`kid` the set does not hold. However many they are, there is one fetch in flight, and none of them owns it: a
caller who goes away takes nothing from the others.
"""

from __future__ import annotations

import asyncio
import math
import random
from contextvars import Context
from typing import TYPE_CHECKING, Literal

from . import strict_json
from .errors import KeySourceUnavailable
from .key_set_event import KeySetEvent
from .keyset import KeySet
from .refresh_policy import RefreshPolicy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .clock import Clock
    from .key_set_event import Kind

    Fetch = Callable[[str], Awaitable[bytes]]
    """Gets the body at a URL, or raises FetchFailed. The network is its business, not this module's."""

MAX_BACKOFF = 60.0
"""Longest wait, in seconds, after however many failed fetches."""


# Bytes; Auth0's sets have 6,000.
_LARGE = 64 * 1024


KeySetState = Literal["fresh", "stale", "expired"]
"""See the module."""


class FetchFailed(Exception):
    """A key set could not be had; the message says why, for the log."""


def key_set_url(issuer: str) -> str:
    """Where an issuer, whose string ends in "/", publishes its keys."""
    return f"{issuer}.well-known/jwks.json"


def read_key_set(body: bytes, algorithms: tuple[str, ...]) -> KeySet:
    """Read a key set's body. Raises FetchFailed for what is no key set, and for one without a usable key."""
    try:
        keys = KeySet.from_jwks(strict_json.loads_object(body), algorithms)
    except ValueError as error:
        raise FetchFailed(str(error)) from None
    if not keys:
        reasons = sorted({member.problem for member in keys.members if member.problem})
        raise FetchFailed(f"no usable key: {'; '.join(reasons) or 'the set is empty'}")
    return keys


class RemoteKeySet:
    """The key set of one issuer, whose string ends in "/". Belongs to one event loop."""

    def __init__(
        self,
        issuer: str,
        fetch: Fetch,
        clock: Clock,
        *,
        algorithms: tuple[str, ...] = ("RS256",),
        policy: RefreshPolicy | None = None,
        jitter: Callable[[float, float], float] = random.uniform,
        report: Callable[[KeySetEvent], None] | None = None,
        new_context: Callable[[], Context] = Context,
    ) -> None:
        """`new_context` makes the context that a fetch runs in. It is called in the context of what causes the fetch,
        of which it must pass on nothing but, at most, what to link the fetch to."""
        self.issuer = issuer
        self.url = key_set_url(issuer)
        self._fetch = fetch
        self._clock = clock
        self._algorithms = algorithms
        self._policy = policy or RefreshPolicy()
        self._jitter = jitter
        self._report = report
        self._new_context = new_context
        self._reported: KeySetState = "fresh"
        self._keys: KeySet | None = None
        self._body = b""
        self._fresh_until = self._usable_until = -math.inf
        self._refresh_at = -math.inf
        self._fetch_not_before = -math.inf
        self.fetch_due = -math.inf
        self._failures = 0
        self._failure: str | None = None
        self._inflight: asyncio.Task[None] | None = None

    @property
    def loaded(self) -> bool:
        """Whether a key set has ever been fetched."""
        return self._keys is not None

    @property
    def state(self) -> KeySetState:
        now = self._clock.monotonic()
        if now < self._fresh_until:
            return "fresh"
        return "stale" if now < self._usable_until else "expired"

    @property
    def age(self) -> float:
        """Seconds since the set was fetched; not a number before."""
        return self._clock.monotonic() - self._fresh_until + self._policy.ttl if self.loaded else math.nan

    async def keys_for(self, kid: str | None) -> KeySet:
        """Return the set to verify a token with that names `kid`; `None` stands for any.

        The set lacks `kid` only if the issuer just said so. Raises KeySourceUnavailable where nobody can tell.
        """
        now = self._clock.monotonic()
        self.ensure_fresh(now)
        keys = self.current(now)
        if keys is None or (kid is not None and kid not in keys):
            # One fetch in each cooldown for all unknown kids together; a fetch in flight answers for them too.
            if self._inflight is not None or now >= self._fetch_not_before:
                await self.refresh()
                keys = self.current(self._clock.monotonic())
            if keys is None or (kid is not None and kid not in keys and self._failure is not None):
                raise self._unavailable()
        return keys

    def current(self, now: float) -> KeySet | None:
        """Return the set that may be used at `now`, a moment of the monotonic clock, if there is one."""
        return self._keys if now < self._usable_until else None

    def ensure_fresh(self, now: float) -> None:
        """Start a fetch where `now`, a moment of the monotonic clock, is `fetch_due` or later. No caller waits for it.

        `run` has done so before, unless it does not run or the event loop was held up.
        """
        if now >= self.fetch_due:
            self._start()

    async def refresh(self) -> None:
        """Fetch the set, or wait for the fetch in flight. Failing is not an error here: see `keys_for`."""
        # Shielded: a caller who goes away cancels the request that waits here (Quart), not the fetch.
        await asyncio.shield(self._start())

    async def run(self) -> None:
        """Keep the set fresh, from now until cancelled."""
        while True:
            wait = self._refresh_at - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
            else:
                await self.refresh()

    async def close(self) -> None:
        """End the fetch in flight, if any."""
        if self._inflight is not None:
            self._inflight.cancel()
            await asyncio.wait([self._inflight])

    def _unavailable(self) -> KeySourceUnavailable:
        wait = self._fetch_not_before - self._clock.monotonic()
        return KeySourceUnavailable(
            "The issuer's keys cannot be had at the moment, so the token can be neither accepted nor refused. "
            "Try again later.",
            retry_after=max(1, math.ceil(wait)),
        )

    def _start(self) -> asyncio.Task[None]:
        if self._inflight is None:
            # By default a task inherits the context of its caller: with it a request that is not verified yet
            # would reach the issuer (its trace and tracestate), and live as long as the fetch that others wait for.
            context = self._new_context()
            self._inflight = asyncio.create_task(self._fetch_once(), name=f"fetch {self.url}", context=context)
            self._inflight.add_done_callback(self._clear_inflight, context=context)
        return self._inflight

    def _clear_inflight(self, _: asyncio.Task[None]) -> None:
        self._inflight = None

    async def _fetch_once(self) -> None:
        try:
            body = await self._fetch(self.url)
            # When it is the same again, the set lives on, and with it the tokens that it has vouched for.
            keys = self._keys
            if keys is None or body != self._body:
                if len(body) <= _LARGE:
                    keys = read_key_set(body, self._algorithms)
                else:
                    # A thousand keys take a tenth of a second: elsewhere than in the callers' event loop.
                    keys = await asyncio.to_thread(read_key_set, body, self._algorithms)
        except FetchFailed as error:
            self._failed(str(error))
        except Exception as error:
            # A defect, not an outage; but the callers are in the same position, and must not start a storm.
            self._failed(f"a defect here: {error!r}")
        else:
            self._succeeded(keys, body)

    def _succeeded(self, keys: KeySet, body: bytes) -> None:
        now = self._clock.monotonic()
        recovered, known = self._failure is not None, self._keys
        self._failures, self._failure = 0, None
        self._fresh_until = now + self._policy.ttl
        self._usable_until = self._fresh_until + self._policy.max_stale
        # Ahead of the end, so that nobody waits; at a random moment, so that not all processes ask at once.
        self._refresh_at = now + self._policy.ttl * self._jitter(0.75, 0.9)
        self._fetch_not_before = now + self._policy.cooldown
        self.fetch_due = max(self._fresh_until, self._fetch_not_before)
        # Parsed and checked before, replaced in one assignment: a refresh improves the set or leaves it.
        self._keys, self._body, self._reported = keys, body, "fresh"
        self._emit("fetched")
        if recovered:
            self._emit("recovered")
        if known is None or known.kids != keys.kids:
            self._emit("rotated" if known else "loaded", kids=tuple(sorted(keys.kids)))

    def _failed(self, reason: str) -> None:
        self._failure = reason
        self._failures += 1
        wait = self._policy.cooldown * 2 ** min(self._failures - 1, 16) * self._jitter(1, 1.25)
        self._refresh_at = self._fetch_not_before = self._clock.monotonic() + min(wait, MAX_BACKOFF)
        self.fetch_due = max(self._fresh_until, self._fetch_not_before)
        self._emit("failed", reason=reason)
        # Failing, it is tried again at least each minute, so this is in time.
        if self.loaded and self.state != self._reported and self.state != "fresh":
            self._reported = self.state
            self._emit(self.state)

    def _emit(self, kind: Kind, kids: tuple[str, ...] = (), reason: str = "") -> None:
        if self._report is not None:
            self._report(KeySetEvent(self.issuer, kind, kids, reason))
