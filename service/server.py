"""Serving an app with Hypercorn, from binding to the last answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from . import http1, logs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from quart import Quart

KEEP_ALIVE = 75.0
"""Seconds that an idle connection is kept. Above the 60 of an AWS load balancer: it must be the one to close, or it
will send a request on a connection that is just being closed, and answer 502."""

HEAD_SECONDS = 20.0
"""Longest time for a request's head to come, from its first byte. Whoever needs longer is holding the connection, not
using it; a load balancer sends heads whole."""

MAX_HEAD = 32 * 1024
"""Longest head of a request, in bytes: room for a token of the largest size, and for the usual headers."""

LAST_SECONDS = 1.0
"""Time for what the service says at its end to be sent."""

BACKLOG = 1024
"""Connections that wait to be accepted; with fewer, the kernel refuses a burst of callers."""


class CannotBind(Exception):
    """The address cannot be listened on; the message says why."""


@dataclass(frozen=True, slots=True)
class Drain:
    """How a server stops: `delay` seconds between saying so and closing the listener, then `grace` for the rest."""

    delay: float = 0
    grace: float = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a server waits for a client: `idle` between two requests, `head` within the head of one."""

    idle: float = KEEP_ALIVE
    head: float = HEAD_SECONDS


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes a free one. Raises CannotBind."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        raise CannotBind(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


class _Config(Config):
    """Hypercorn's settings, with a Date that is written once a second rather than once an answer."""

    head_timeout = HEAD_SECONDS
    max_head = MAX_HEAD

    on_unreadable: Callable[[int], None]
    protocols: WeakSet[http1.Http1Protocol]

    _written_at = 0
    _date: list[tuple[bytes, bytes]] = []  # noqa: RUF012 - never changed, only replaced

    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        now = int(time.time())
        if now != self._written_at:
            self._written_at, self._date = now, super().response_headers(protocol)
        return self._date


def config(listener: socket.socket, grace: float, patience: Patience, on_unreadable: Callable[[int], None]) -> _Config:
    """Hypercorn's settings for a listening socket, which becomes Hypercorn's. `grace` is in seconds."""
    result = _Config()
    result.head_timeout = patience.head
    result.on_unreadable = on_unreadable
    result.protocols = WeakSet()
    result.bind = [f"fd://{listener.detach()}"]
    result.backlog = BACKLOG
    # `serve` has ended what is in flight by then.
    result.graceful_timeout = grace + LAST_SECONDS + 1
    result.keep_alive_timeout = patience.idle
    # A connection is not closed for its number of requests.
    result.keep_alive_max_requests = sys.maxsize
    result.h11_max_incomplete_size = MAX_HEAD
    result.websocket_max_message_size = 1024 * 1024
    result.include_server_header = False
    result.accesslog = None
    result.errorlog = logging.getLogger("hypercorn.error")
    return result


async def serve(
    app: Quart,
    listener: socket.socket,
    stop: asyncio.Event,
    drain: Drain,
    on_draining: Callable[[], None] = lambda: None,
    patience: Patience = Patience(),
    on_unreadable: Callable[[int], None] = lambda status: None,
) -> None:
    """Serve until `stop` is set, then stop as `drain` says. The listener is closed in the end.

    `on_unreadable` is told the status of each answer to what no app could be given, since it is no HTTP.
    """
    http1.install()
    connections = _Connections(app)
    closing = asyncio.Event()
    settings = config(listener, drain.grace, patience, on_unreadable)
    hypercorn = hypercorn_serve(connections, settings, shutdown_trigger=closing.wait)
    server = asyncio.create_task(hypercorn, name="hypercorn")
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({server, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not server.done():
            on_draining()
            await asyncio.wait({server}, timeout=drain.delay)
            closing.set()
            goodbyes = asyncio.create_task(connections.close_sockets())
            _, late = await asyncio.wait({server}, timeout=drain.grace)
            goodbyes.cancel()
            if late:
                connections.end()
                _, late = await asyncio.wait({server}, timeout=LAST_SECONDS)
            if late:
                # Since Python 3.12 a server waits for what its clients have not read, for as long as they like.
                for protocol in list(settings.protocols):
                    protocol.abort()
        await server
    finally:
        stopping.cancel()
        server.cancel()


class _Connections:
    """The ASGI app, with an end for what is in flight: Hypercorn would wait for it, on Python 3.12 for ever."""

    def __init__(self, app: Quart) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[Any]] = set()
        # WebSockets that were accepted, with what sends to them.
        self._sockets: dict[asyncio.Task[Any], Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs is in a task
        self._tasks.add(task)
        try:
            if scope["type"] == "websocket":
                await self._app(scope, receive, self._noting_acceptance(task, send))
            else:
                await self._app(scope, receive, send)
        finally:
            self._tasks.discard(task)
            self._sockets.pop(task, None)

    def _noting_acceptance(self, task: asyncio.Task[Any], send: Any) -> Any:
        async def noting(message: Any) -> None:
            await send(message)
            if message["type"] == "websocket.accept":
                self._sockets[task] = send

        return noting

    async def close_sockets(self) -> None:
        """End the WebSockets, which would not end by themselves: their clients open new ones, elsewhere."""
        # All at once: a client that reads nothing holds up its own goodbye for as long as it likes.
        await asyncio.gather(*(self._close(task, send) for task, send in self._sockets.items()))

    async def _close(self, task: asyncio.Task[Any], send: Any) -> None:
        # RFC 6455 section 7.4.1: 1001 is "going away".
        await send({"type": "websocket.close", "code": 1001, "reason": "The service is going away."})
        task.cancel()

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()


@contextlib.asynccontextmanager
async def running(app: Quart, listener: socket.socket, patience: Patience = Patience()) -> AsyncIterator[None]:
    """Serve in the background, in this event loop, while the context lasts."""
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app, listener, stop, Drain(), patience=patience))
    try:
        yield
    finally:
        stop.set()
        await task


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a new event loop: uvloop's where it is installed."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def stop_on_signal() -> asyncio.Event:
    """Make an event that the first SIGTERM or SIGINT sets; the second one ends the process at once."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            logs.finish()
            os._exit(1)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stop
