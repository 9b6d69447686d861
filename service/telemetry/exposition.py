"""The metrics' own port, in a thread and an event loop of its own: it answers while the API's event loop is held up,
which is when it matters.

Each connection carries one request and has a few seconds for it. Only so many are held at a time: past that, the
oldest is closed for the newest, so that what opens connections and sends nothing cannot keep Prometheus out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import h11

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 32
"""Connections that are held at a time; Prometheus needs one."""

EXCHANGE_SECONDS = 10.0
"""Longest time for a whole request and its answer. Prometheus itself gives up after ten seconds."""

# In bytes; Prometheus sends some 500.
_MAX_HEAD = 16 * 1024

# Seconds that a client is given to close after its answer, and seconds between two tries when nothing can be accepted.
_CLOSING_SECONDS = 1.0
_PAUSE = 0.5

_PATHS = frozenset({"/metrics", "/"})
_METHODS = frozenset({b"GET", b"HEAD"})
_PLAIN = "text/plain; charset=utf-8"


def serve(listener: socket.socket, registry: CollectorRegistry) -> None:
    """Answer on a listening socket with the metrics, until the process ends."""
    port = MetricsPort(listener, registry)
    threading.Thread(target=asyncio.run, args=(port.run(),), name="metrics", daemon=True).start()


class MetricsPort:
    """`limit` is in connections that are held at a time, `patience` in seconds for each of them."""

    def __init__(
        self,
        listener: socket.socket,
        registry: CollectorRegistry,
        limit: int = MAX_CONNECTIONS,
        patience: float = EXCHANGE_SECONDS,
    ) -> None:
        self._listener = listener
        self._registry = registry
        self._limit = limit
        self._patience = patience
        # In the order in which they came.
        self._exchanges: dict[asyncio.Task[None], None] = {}

    async def run(self) -> None:
        """Answer until cancelled."""
        self._listener.setblocking(False)
        try:
            while True:
                await self._accept()
                # Many that come at once are taken in turn with those that are there.
                await asyncio.sleep(0)
        finally:
            for exchange in self._exchanges:
                exchange.cancel()

    async def _accept(self) -> None:
        try:
            client, _ = await asyncio.get_running_loop().sock_accept(self._listener)
        except OSError as error:
            # The API's connections may have taken every file descriptor.
            log.warning("the metrics port cannot accept a connection: %s", error.strerror)
            await asyncio.sleep(_PAUSE)
            return
        self._begin(client)
        if len(self._exchanges) > self._limit:
            oldest = next(iter(self._exchanges))
            oldest.cancel()
            await asyncio.wait({oldest})

    def _begin(self, client: socket.socket) -> None:
        client.setblocking(False)
        exchange = asyncio.create_task(self._exchange(client))
        self._exchanges[exchange] = None

        def ended(_: asyncio.Task[None]) -> None:
            del self._exchanges[exchange]
            # Here, since a task that is cancelled before its first step runs none of its own code.
            client.close()

        exchange.add_done_callback(ended)

    async def _exchange(self, client: socket.socket) -> None:
        # A client that is slow, or that breaks the connection off, is told nothing and is nothing to tell of.
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(self._patience):
                await self._converse(client)

    async def _converse(self, client: socket.socket) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        body_wanted = True
        try:
            event = await _next_event(connection, client)
        except h11.RemoteProtocolError as error:
            status, content_type, body = HTTPStatus(error.error_status_hint), _PLAIN, b""
        else:
            if not isinstance(event, h11.Request):
                # Closed before a request came.
                return
            status, content_type, body = self._answer(event)
            body_wanted = event.method != b"HEAD"
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("Connection", "close")]
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "GET, HEAD"))
        head = connection.send(h11.Response(status_code=status, reason=status.phrase, headers=headers)) or b""
        await asyncio.get_running_loop().sock_sendall(client, head + body if body_wanted else head)
        await _close(client)

    def _answer(self, request: h11.Request) -> tuple[HTTPStatus, str, bytes]:
        """Return status, content type and body."""
        if request.method not in _METHODS:
            return HTTPStatus.METHOD_NOT_ALLOWED, _PLAIN, b"Only GET and HEAD.\n"
        try:
            path = urlsplit(request.target.decode("ascii")).path
        except ValueError:
            return HTTPStatus.BAD_REQUEST, _PLAIN, b""
        if path not in _PATHS:
            return HTTPStatus.NOT_FOUND, _PLAIN, b"The metrics are at /metrics.\n"
        accept = b",".join(value for name, value in request.headers if name == b"accept")
        try:
            content_type, body = _render(self._registry, accept)
        except Exception:
            log.exception("the metrics cannot be put together")
            return HTTPStatus.INTERNAL_SERVER_ERROR, _PLAIN, b""
        return HTTPStatus.OK, content_type, body


def _render(registry: CollectorRegistry, accept: bytes) -> tuple[str, bytes]:
    # Here, so that several workers can say before where prometheus_client counts.
    from prometheus_client.exposition import choose_encoder

    # The client's own words would be repeated in the Content-Type, and what is no version raises.
    openmetrics = b"application/openmetrics-text" in accept
    encode, content_type = choose_encoder(
        "application/openmetrics-text; version=1.0.0" if openmetrics else "text/plain"
    )
    return content_type, encode(registry)


async def _next_event(
    connection: h11.Connection, client: socket.socket
) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
    """Raises h11.RemoteProtocolError for what is no HTTP."""
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await asyncio.get_running_loop().sock_recv(client, _MAX_HEAD))
    return event


async def _close(client: socket.socket) -> None:
    """Say that nothing more comes, and wait for the client to say so: closed with bytes unread, the connection would
    be reset, and the answer lost."""
    loop = asyncio.get_running_loop()
    client.shutdown(socket.SHUT_WR)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING_SECONDS):
            while await loop.sock_recv(client, _MAX_HEAD):  # noqa: ASYNC110 - it is the client that is waited for
                # What is there already is returned at once, and others want their turn.
                await asyncio.sleep(0)
