"""What is counted, for Prometheus. Every label has few values: none of them is a caller's own text."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client import Metric

    from ..auth import KeySetEvent, RemoteKeySet, VerifiedTokens
    from ..web.observing import RequestRecord

    # Counts a request, and takes its seconds, if those are observed.
    _Counting = tuple[Callable[[], None], Callable[[float], None] | None]

UNMATCHED = "unmatched"
OTHER = "other"

# Seconds. A request that is verified from memory takes a tenth of a millisecond, one that waits for a key set seconds.
_DURATIONS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_DELAYS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)

_STATES = ("fresh", "stale", "expired")


class Metrics:
    """The metrics of one process. With several, each has its own, and prometheus_client adds them up."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        # The first that a registry collects from, so that the others are up to date then.
        registry.register(self)
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "http_requests_total", "Requests, and WebSockets by their handshake.", ("method", "route", "status"),
            registry=registry,
        )  # fmt: skip
        self._durations = Histogram(
            "http_request_duration_seconds", "From the request's head to the answer's last byte.", ("method", "route"),
            registry=registry, buckets=_DURATIONS,
        )  # fmt: skip
        # Looking up a labelled one takes longer than counting with it.
        self._counting: dict[tuple[str | None, str | None, int, bool], _Counting] = {}
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
        self._full = Counter(
            "connections_full_total", "Times that idle connections were closed for new ones, or new ones had to wait.",
            registry=registry,
        )  # fmt: skip
        self._cache: VerifiedTokens | None = None
        self._lookups = threading.Lock()
        self._dropped_lines = Counter(
            "log_lines_dropped_total", "Log lines that could not be written.", registry=registry
        )
        self._dropped = 0
        self._delay = Histogram(
            "event_loop_delay_seconds", "How late the event loop was, twice a second.", registry=registry,
            buckets=_DELAYS,
        )  # fmt: skip

    def ended(self, record: RequestRecord, cache: VerifiedTokens | None) -> None:
        key = (record.method, record.route, record.status, record.websocket)
        count, observe = self._counting.get(key) or self._find(key)
        count()
        if observe is not None:
            observe(record.seconds)
        if record.refused and record.code is not None:
            self._refusals.labels(record.code).inc()
        self._cache = cache

    def collect(self) -> Iterable[Metric]:
        """Take down, just before the registry is read, what would cost every request to keep up."""
        self._take_down_lookups()
        return ()

    def _find(self, key: tuple[str | None, str | None, int, bool]) -> _Counting:
        method, route, status, websocket = key[0] or OTHER, key[1] or UNMATCHED, key[2], key[3]
        observe = None if websocket else self._durations.labels(method, route).observe
        found = self._counting[key] = (self._requests.labels(method, route, status).inc, observe)
        return found

    def key_set(self, event: KeySetEvent) -> None:
        """Count the fetches among the events of a key set."""
        if event.kind in ("fetched", "failed"):
            self._fetches.labels(event.issuer, "success" if event.kind == "fetched" else "failure").inc()

    def sample(self, sources: Iterable[RemoteKeySet], cache: VerifiedTokens) -> None:
        """Take down what changes by itself."""
        for source in sources:
            if not math.isnan(source.age):
                self._age.labels(source.issuer).set(source.age)
            for state in _STATES:
                self._state.labels(source.issuer, state).set(source.state == state)
        self._cache = cache
        self._take_down_lookups()

    def _take_down_lookups(self) -> None:
        # The metrics' own thread does this too, where there is one process.
        with self._lookups:
            cache = self._cache
            if cache is None:
                return
            seen = cache.hits, cache.misses
            self._hits.inc(seen[0] - self._seen[0])
            self._misses.inc(seen[1] - self._seen[1])
            self._entries.set(len(cache))
            self._held.set(cache.held)
            self._seen = seen

    def dropped(self, lines: int) -> None:
        """Take down how many log lines were dropped since this process began."""
        self._dropped_lines.inc(lines - self._dropped)
        self._dropped = lines

    def connections_full(self) -> None:
        self._full.inc()

    def delayed(self, seconds: float) -> None:
        self._delay.observe(seconds)
