"""HTTP/1.1 under Hypercorn, without the ways in which a caller's bytes break it, and with one write an answer.

Hypercorn 0.18 has no place to pass a protocol in, so `install` puts this one where it looks for its own.

- A WebSocket handshake with header values that are not ASCII, or an extension offer that cannot be parsed,
  escapes wsproto as a bare ValueError: a traceback, and a connection cut without an answer. It gets a 400.
- A Host that is no host escapes Werkzeug in the same way. It gets the 400 of RFC 9112 section 3.2.
- h11 answers a transfer coding that it does not know with 501. It is the caller's fault: 400.
- h11 looks at the length of a head only until all of it is there, which may be at once. It gets 431 past `max_head`.
- What never becomes a request is told to `on_unreadable`; no app hears of it.
- A head that comes a byte at a time holds its connection as long as it likes. It gets `head_timeout`.
- An upgrade to cleartext HTTP/2, which any client may ask for, hands bytes to another parser with failures
  of its own, and lets requests past a proxy's rules unseen (h2c smuggling). Load balancers speak HTTP/1.1 to
  their targets, so it is not taken.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import h11
import hypercorn.protocol
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.protocol.ws_stream import Handshake, WSStream
from wsproto.extensions import PerMessageDeflate
from wsproto.handshake import server_extensions_handshake

if TYPE_CHECKING:
    from hypercorn.typing import H11SendableEvent

# RFC 3986 section 3.2.2 as far as it is met in practice: a name, an address in brackets, or nothing; a port.
_HOST = re.compile(
    rb"(?=.{0,255}$)(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?)?(?::[0-9]{0,5})?"
)

_ANSWERED = frozenset({h11.DONE, h11.MUST_CLOSE, h11.CLOSED})


class Http1Protocol(H11Protocol):
    # The head of a response that is not on its way yet.
    _head = b""
    _flushing: asyncio.Handle | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._to_server = self.send
        self.send = self._send
        # Of `service.server`, whose settings these are.
        self.config.protocols.add(self)  # type: ignore[attr-defined]
        self._idle: _Idle | None = None
        self._late: asyncio.TimerHandle | None = None

    async def _send(self, event: Event) -> None:
        if not isinstance(event, Updated):
            await self._to_server(event)
        elif self._idle is None:
            # The server's own timer runs from the connection's start to its first request, which ends it here.
            await self._to_server(event)
            self._idle = _Idle(self)
        elif event.idle:
            self._idle.begin()
        else:
            self._idle.end()

    async def handle(self, event: Any) -> None:
        if isinstance(event, Closed):
            self._limit_head(begun=False)
            if self._idle is not None:
                self._idle.forget()
            else:
                # No request came: the server's own timer would keep what the client has closed.
                await self._to_server(Updated(idle=False))
        if isinstance(event, RawData) and self._is_shaking_hands():
            return
        await super().handle(event)
        if isinstance(event, RawData) and isinstance(self.connection, h11.Connection):
            self._limit_head(begun=self.connection.their_state is h11.IDLE and bool(self.connection.trailing_data[0]))

    def _limit_head(self, *, begun: bool) -> None:
        """Let the head of a request, of which there is a part, come in time."""
        if not begun and self._late is not None:
            self._late.cancel()
            self._late = None
        elif begun and self._late is None:
            patience: float = self.config.head_timeout  # type: ignore[attr-defined]
            self._late = asyncio.get_running_loop().call_later(patience, self.task_group.spawn, self.close_idle)

    def _is_shaking_hands(self) -> bool:
        # RFC 6455 section 4.1: the client waits for the answer. What it sends before would keep Hypercorn from giving
        # one, and from ending the connection; so it is not looked at.
        return isinstance(self.stream, WSStream) and not self.stream.handshake.accepted

    async def close_idle(self) -> None:
        """End the connection, on which no request is in flight."""
        await self._to_server(Closed())

    def abort(self) -> None:
        """End the connection, and leave what the client has not read."""
        self._to_server.__self__.writer.transport.abort()  # type: ignore[attr-defined]

    async def _check_protocol(self, event: h11.Request) -> None:
        """Stay with HTTP/1.1, whatever the request asks for (RFC 9110 section 7.8 allows it)."""

    async def _create_stream(self, request: h11.Request) -> None:
        if (status := self._refuses(request)) is not None:
            await self._send_error_response(status)
            await self.send(Closed())
            return
        await super()._create_stream(request)
        if isinstance(self.connection, H11WSConnection) and self._is_shaking_hands():
            self.connection.buffer.clear()

    async def _send_h11_event(self, event: H11SendableEvent) -> None:
        # After a WebSocket's handshake the connection is wrapped.
        connection = getattr(self.connection, "h11_connection", self.connection)
        if connection.our_state in _ANSWERED:
            # Bytes that follow a refused handshake would get an answer of their own, after the only one there can be.
            return
        try:
            data = self.connection.send(event)
        except h11.LocalProtocolError:
            if self.connection.their_state != h11.ERROR:
                raise
            return
        if isinstance(event, h11.Response):
            # Held back until the body is there, which for most answers is at once, and sent with it: each write is
            # a system call and a packet. A body that takes longer does not hold up its head.
            self._head += data
            self._flushing = asyncio.get_running_loop().call_soon(self.task_group.spawn, self._write, b"")
            return
        await self._write(data)

    async def _write(self, data: bytes) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        data, self._head = self._head + data, b""
        if data:
            await self.send(RawData(data=data))

    def _refuses(self, request: h11.Request) -> int | None:
        # As on the wire: "name: value", and a line for method, target and version.
        size = len(request.method) + len(request.target) + 12
        size += sum(len(name) + len(value) + 4 for name, value in request.headers)
        if size > self.config.max_head:  # type: ignore[attr-defined]
            return 431
        return 400 if _has_bad_host(request) or _is_broken_handshake(request) else None

    async def _send_error_response(self, status_code: int) -> None:
        status = status_code if status_code < 500 else 400
        await super()._send_error_response(status)
        # What breaks within a request's body is that request's own.
        if self.stream is None:
            self.config.on_unreadable(status)  # type: ignore[attr-defined]


class _Idle:
    """Ends a connection that waits for its next request: after the keep-alive time, or when the server stops.

    Hypercorn makes two tasks for each request to do so. This is one task for each connection, and a timer.
    """

    def __init__(self, protocol: Http1Protocol) -> None:
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        # Of the connection's own group, so that it cannot outlive it.
        self._stopping = protocol.task_group._task_group.create_task(self._wait_for_stop())  # type: ignore[attr-defined]

    def begin(self) -> None:
        self._timer = self._loop.call_later(self._protocol.config.keep_alive_timeout, self._close)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def forget(self) -> None:
        self._stopping.cancel()

    def _close(self) -> None:
        self._protocol.task_group.spawn(self._protocol.close_idle)

    async def _wait_for_stop(self) -> None:
        try:
            await self._protocol.context.terminated.wait()
            # With a request in flight, its end is the connection's: the protocol looks at the same event.
            if self._timer is not None:
                self._close()
        finally:
            self.end()


def install() -> None:
    """Make every Hypercorn server of this process use it."""
    hypercorn.protocol.H11Protocol = Http1Protocol  # type: ignore[attr-defined]


def _has_bad_host(request: h11.Request) -> bool:
    return any(name == b"host" and not _HOST.fullmatch(value) for name, value in request.headers)


def _is_broken_handshake(request: h11.Request) -> bool:
    if not any(name == b"upgrade" for name, _ in request.headers):
        return False
    try:
        # What Hypercorn is about to do, at the moment of the handshake and of its acceptance.
        handshake = Handshake(list(request.headers), request.http_version.decode("ascii"))
        server_extensions_handshake(handshake.extensions or [], [PerMessageDeflate()])
        # Without a closing end where it refuses by itself; so it is refused here.
        opens = bool(handshake.upgrade and handshake.upgrade.lower() == b"websocket" and handshake.connection_tokens)
        return opens and request.method == b"GET" and not handshake.is_valid()
    except ValueError:
        return True
