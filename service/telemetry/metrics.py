"""What is counted, for Prometheus. Every label has few values: none of them is a caller's own text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..auth import KeySetEvent, RemoteKeySet, VerifiedTokens
    from ..web.observing import Exchange

UNMATCHED = "unmatched"
OTHER = "other"

# Seconds. A request that is verified from memory takes a tenth of a millisecond, one that waits for a key set seconds.
_DURATIONS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_DELAYS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)

_STATES = ("fresh", "stale", "gone")


class Metrics:
    """The metrics of one process. With several, each has its own, and prometheus_client adds them up."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "http_requests_total", "Requests, and WebSockets by their handshake.", ("method", "route", "status"),
            registry=registry,
        )  # fmt: skip
        self._durations = Histogram(
            "http_request_duration_seconds", "From the request's head to the answer's last byte.", ("method", "route"),
            registry=registry, buckets=_DURATIONS,
        )  # fmt: skip
        self._refusals = Counter(
            "auth_refusals_total", "Requests that the door did not let in.", ("code",), registry=registry
        )
        self._fetches = Counter("jwks_fetches_total", "Fetches of a key set.", ("issuer", "outcome"), registry=registry)
        self._age = Gauge(
            "jwks_age_seconds", "Since the key set in use was fetched.", ("issuer",), registry=registry,
            multiprocess_mode="livemax",
        )  # fmt: skip
        self._state = Gauge(
            "jwks_state", "1 for the state that the key set is in.", ("issuer", "state"), registry=registry,
            multiprocess_mode="livemax",
        )  # fmt: skip
        self._entries = Gauge(
            "token_cache_entries", "Verified tokens that are remembered.", registry=registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._held = Gauge(
            "token_cache_bytes", "Memory that remembered tokens take.", registry=registry, multiprocess_mode="livesum"
        )
        lookups = Counter("token_cache_lookups_total", "Looks for a remembered token.", ("outcome",), registry=registry)
        self._hits, self._misses = lookups.labels("hit"), lookups.labels("miss")
        self._seen = (0, 0)
        self._delay = Histogram(
            "event_loop_delay_seconds", "How late the event loop was, twice a second.", registry=registry,
            buckets=_DELAYS,
        )  # fmt: skip

    def ended(self, exchange: Exchange, cache: VerifiedTokens | None) -> None:
        method, route = exchange.method or OTHER, exchange.route or UNMATCHED
        self._requests.labels(method, route, exchange.status).inc()
        if not exchange.websocket:
            self._durations.labels(method, route).observe(exchange.seconds)
        if exchange.refused and exchange.code is not None:
            self._refusals.labels(exchange.code).inc()
        if cache is not None:
            self._looked_up(cache)

    def fetched(self, event: KeySetEvent) -> None:
        if event.kind in ("fetched", "failed"):
            self._fetches.labels(event.issuer, "success" if event.kind == "fetched" else "failure").inc()

    def sample(self, sources: Iterable[RemoteKeySet], cache: VerifiedTokens) -> None:
        """Take down what changes by itself."""
        for source in sources:
            if not math.isnan(source.age):
                self._age.labels(source.issuer).set(source.age)
            for state in _STATES:
                self._state.labels(source.issuer, state).set(source.state == state)
        self._remembers(cache)

    def _remembers(self, cache: VerifiedTokens) -> None:
        self._entries.set(len(cache))
        self._held.set(cache.held)

    def _looked_up(self, cache: VerifiedTokens) -> None:
        hits, misses = self._seen
        if cache.hits != hits:
            self._hits.inc(cache.hits - hits)
        if cache.misses != misses:
            self._misses.inc(cache.misses - misses)
            self._remembers(cache)
        self._seen = cache.hits, cache.misses

    def delayed(self, seconds: float) -> None:
        self._delay.observe(seconds)
