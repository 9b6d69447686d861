"""HTTP/1.1 by Hypercorn and h11, as far as a request is not plain: chunked bodies, `Expect`, HTTP/1.0, WebSockets.

What differs from Hypercorn's own protocol:

- A head is screened before h11 reads it, and h11 reads nothing beyond the request: the next one is screened as well.
- A body is read as far as the app has taken it, and 100 is sent when the app asks for it.
- An answer that is sent before the body has come says so, and the connection lingers.
- An upgrade to cleartext HTTP/2 is not taken (RFC 9110 section 7.8 allows it): bytes would go to another parser, and
  requests past a proxy's rules.
"""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING, Any

import h11
from hypercorn.events import Closed, RawData, Updated
from hypercorn.protocol.events import Body, EndBody, Request, Response
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol
from hypercorn.protocol.http_stream import HTTPStream

from . import response
from .limits import BODY_READ_SIZE, MAX_HEAD, TURN
from .screening import BAD_REQUEST, Refused, Screened, cannot_become_good, screen
from .websocket import WebSocketStream

if TYPE_CHECKING:
    from hypercorn.protocol.events import Event as StreamEvent
    from hypercorn.typing import H11SendableEvent

    from .connection import Connection

# A chunk shorter than this counts as this many bytes of the body: each costs as much as a longer one.
_LEAST_CHUNK = 64
_TINY_CHUNK = 16


class HttpStream(HTTPStream):
    """`overhead` is what the framing of the body has cost since the last event, in bytes; the app counts it too."""

    overhead = 0

    async def handle(self, event: StreamEvent) -> None:
        if isinstance(event, Body) and not self.closed:
            overhead, self.overhead = self.overhead, 0
            message: Any = {"type": "http.request", "body": event.data, "more_body": True, "overhead": overhead}
            await self.app_put(message)
            return
        await super().handle(event)


class Http1Protocol(H11Protocol):
    def __init__(self, *arguments: Any, connection: Connection) -> None:
        super().__init__(*arguments)
        self._owner = connection
        self._body_is_coming = False
        # The head of an answer that is not on its way yet.
        self._head = b""
        self._flushing: asyncio.Handle | None = None

    async def advance(self) -> None:
        """Handle what has come, as far as the app takes it."""
        while self._owner.unread and not self._owner.closing:
            if self.stream is None:
                if not await self._read_head():
                    return
            elif isinstance(self.stream, WebSocketStream):
                # RFC 6455 section 4.1: the client waits for the answer; what it sends before is not looked at.
                if not self.stream.is_open:
                    return
                await self.stream.take(self._owner.take(BODY_READ_SIZE))
            elif self._body_is_coming:
                await self._read_body(self.stream)
            else:
                return

    def forget(self) -> None:
        """Drop what is held for a client that has left."""
        self._head = b""
        if self._flushing is not None:
            self._flushing.cancel()
        if self.stream is not None:
            self.stream.closed = True

    async def ask_for_body(self) -> None:
        """Send the 100 that the client waits for before it sends the body (RFC 9110 section 10.1.1)."""
        if self._body_is_coming and self.connection.they_are_waiting_for_100_continue:
            await self._send_h11_event(h11.InformationalResponse(status_code=100, headers=self._date()))

    # Reading

    async def _read_head(self) -> bool:
        length = self._owner.find_head()
        if not length:
            refused = cannot_become_good(self._owner.unread)
            if refused is not None:
                await self._refuse(refused)
            elif self._owner.unread:
                self._owner.wait_head()
            return False
        screened = screen(self._owner.take(length))
        if isinstance(screened, Refused):
            await self._refuse(screened)
            return False
        # A new one for each request: one that is kept would hold the next request, unscreened.
        self.connection = h11.Connection(h11.SERVER, max_incomplete_event_size=2 * MAX_HEAD)
        self.connection.receive_data(screened.head)
        try:
            request = self.connection.next_event()
            following = self.connection.next_event()
        except h11.RemoteProtocolError:
            await self._refuse(BAD_REQUEST)
            return False
        assert isinstance(request, h11.Request)  # noqa: S101 - the head was whole
        self._body_is_coming = not isinstance(following, h11.EndOfMessage)
        await self.send(Updated(idle=False))
        await self._begin(request, screened)
        return True

    async def _begin(self, request: h11.Request, screened: Screened) -> None:
        kind = WebSocketStream if screened.websocket else HttpStream
        self.stream = kind(
            self.app, self.config, self.context, self.task_group, self.ssl, self.client, self.server,
            self.stream_send, STREAM_ID,
        )  # fmt: skip
        if isinstance(self.stream, WebSocketStream):
            self.stream.owner = self._owner
        event = Request(
            stream_id=STREAM_ID,
            headers=list(request.headers),
            http_version=request.http_version.decode("ascii"),
            method=request.method.decode("ascii"),
            raw_path=request.target,
            state=self.connection_state,
        )
        await self.stream.handle(event)
        if not self._body_is_coming and not screened.websocket:
            await self.stream.handle(EndBody(stream_id=STREAM_ID))

    async def _read_body(self, stream: Any) -> None:
        data = self._owner.take(BODY_READ_SIZE)
        self.connection.receive_data(data)
        parts: list[bytes] = []
        ended = False
        try:
            while not ended:
                event = self.connection.next_event()
                if isinstance(event, h11.Data):
                    parts.append(bytes(event.data))
                    if len(parts) % TURN == 0:
                        await asyncio.sleep(0)
                elif isinstance(event, h11.EndOfMessage):
                    ended = True
                else:
                    break
        except h11.RemoteProtocolError:
            await self._refuse_body()
            return
        following = self.connection.trailing_data[0] if ended else b""
        tiny = sum(len(part) < _TINY_CHUNK for part in parts)
        size = sum(map(len, parts))
        stream.overhead += max(0, len(data) - len(following) - size) + tiny * _LEAST_CHUNK
        if ended:
            self._owner.unread[:0] = following
            self._body_is_coming = False
        if parts:
            await stream.handle(Body(stream_id=STREAM_ID, data=b"".join(parts)))
        if ended:
            await stream.handle(EndBody(stream_id=STREAM_ID))

    async def _refuse(self, refused: Refused) -> None:
        """Answer what is no request."""
        await self.send(RawData(response.refusal(refused.status, refused.headers, self._owner.core.date())))
        self._owner.core.on_unreadable(refused.status)
        await self.send(Closed())

    async def _refuse_body(self) -> None:
        """End a request whose body cannot be read. It has begun, so it is told of by itself."""
        if self.connection.our_state is h11.SEND_RESPONSE and not self._head:
            await self.send(RawData(response.refusal(400, (), self._owner.core.date())))
        self.forget()
        self.task_group.client_left()  # type: ignore[attr-defined]
        await self.send(Closed())

    # Writing

    async def stream_send(self, event: StreamEvent) -> None:
        if not isinstance(event, Response):
            await super().stream_send(event)
        elif event.status_code == 101:
            headers = list(chain(event.headers, self._date()))
            await self._send_h11_event(h11.InformationalResponse(headers=headers, status_code=101))
        else:
            headers = list(chain(self._kept(event), self._date()))
            if self._owner.core.sends_away or self._body_is_coming or isinstance(self.stream, WebSocketStream):
                headers.append((b"connection", b"close"))
            await self._send_h11_event(h11.Response(headers=headers, status_code=event.status_code))

    def _kept(self, event: Response) -> list[tuple[bytes, bytes]]:
        # RFC 9110 sections 8.6 and 15.4.5.
        dropped = {b"date", b"content-length"} if event.status_code in (204, 304) else {b"date"}
        return [(name, value) for name, value in event.headers if name.lower() not in dropped]

    def _date(self) -> list[tuple[bytes, bytes]]:
        return [(b"date", self._owner.core.date())]

    async def _send_h11_event(self, event: H11SendableEvent) -> None:
        data = self.connection.send(event) or b""
        if isinstance(event, h11.Response):
            # Held back until the body is there, which for most answers is at once, and sent with it: each write is
            # a system call and a packet. A body that takes longer does not hold up its head.
            self._head += data
            self._flushing = asyncio.get_running_loop().call_soon(self._flush)
        else:
            await self.send(RawData(self._take_head() + data))

    def _take_head(self) -> bytes:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        head, self._head = self._head, b""
        return head

    def _flush(self) -> None:
        self._owner.write(self._take_head())

    async def _maybe_recycle(self) -> None:
        stream, self.stream = self.stream, None
        self._flush()
        if stream is not None:
            stream.closed = True
        if self.connection.our_state is h11.DONE and self.connection.their_state is h11.DONE:
            await self.send(Updated(idle=True))
            return
        complete = self.connection.our_state in {h11.DONE, h11.MUST_CLOSE, h11.CLOSED}
        if not complete and isinstance(stream, HttpStream) and stream.scope["http_version"] == "1.0":
            # Its body ends with the connection: only a reset says that it was cut.
            self._owner.abort()
        await self.send(Closed())
