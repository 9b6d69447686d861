"""All that watches over one process, put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from ..logs import dropped_lines
from .key_set_log import KeySetLog
from .metrics import Metrics
from .request_log import RequestLog

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from ..auth import KeySetEvent, RemoteKeySet, VerifiedTokens
    from ..settings import Settings
    from ..web.observing import RequestRecord
    from ..web.requests import ApiRequest, ApiWebsocket
    from .tracing import Tracing

log = logging.getLogger(__name__)

_SAMPLE_SECONDS = 0.5

# Of the seconds between the drain's end and the moment at which Kubernetes kills.
_CLOSING_SECONDS = 3


class Telemetry:
    """Watches over one process. `tracing` is absent where nobody asked for traces."""

    def __init__(self, metrics: Metrics, request_log: RequestLog, tracing: Tracing | None = None) -> None:
        self.metrics = metrics
        self.tracing = tracing
        self._log = request_log
        self._key_set_log = KeySetLog()
        self._cache: VerifiedTokens | None = None

    def trace(self, connection: ApiRequest | ApiWebsocket) -> AbstractContextManager[object]:
        return self.tracing.request(connection) if self.tracing else contextlib.nullcontext()

    def ended(self, record: RequestRecord) -> None:
        trace_id = self.tracing.ended(record) if self.tracing else None
        self.metrics.ended(record, self._cache)
        self._log.ended(record, trace_id)

    def key_set(self, event: KeySetEvent) -> None:
        self.metrics.key_set(event)
        self._key_set_log.tell(event)

    async def watch(self, sources: Collection[RemoteKeySet], cache: VerifiedTokens) -> None:
        """Sample what changes by itself, and how late the event loop is, until cancelled."""
        self._cache = cache
        loop = asyncio.get_running_loop()
        while True:
            self.metrics.sample(sources, cache)
            self.metrics.dropped(dropped_lines())
            due = loop.time() + _SAMPLE_SECONDS
            await asyncio.sleep(_SAMPLE_SECONDS)
            self.metrics.delayed(max(0.0, loop.time() - due))

    async def close(self) -> None:
        """Send the traces that are left, as far as there is time."""
        if self.tracing is None:
            return
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                await asyncio.to_thread(self.tracing.close)
        except TimeoutError:
            log.warning("the last traces were not sent: the collector does not answer")


def start(settings: Settings) -> Telemetry:
    """Begin to watch over this process. Several workers each do, after they were forked."""
    tracing = None
    if settings.otlp_endpoint is not None:
        from .tracing import Tracing

        tracing = Tracing(settings.otlp_endpoint)
    key = settings.log_subject_key
    return Telemetry(Metrics(), RequestLog(key.get_secret_value().encode() if key else None), tracing)
