"""HTTP/1.1 by Hypercorn and h11, as far as a request is not plain: chunked bodies, `Expect`, HTTP/1.0, WebSockets.

What differs from Hypercorn's own protocol:

- A head is screened before h11 reads it, and so is the framing of a body in chunks; h11 reads nothing beyond the
  request.
- A body is read when the app asks for it, and 100 is sent then.
- An answer that is sent before the body has come says so, and the connection lingers.
- An upgrade to cleartext HTTP/2 is not taken (RFC 9110 section 7.8 allows it): bytes would go to another parser, and
  requests past a proxy's rules.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import h11
from hypercorn.events import Closed, RawData, Updated
from hypercorn.protocol.events import Body, EndBody, Request, Response
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol

from .chunked import BadFraming
from .http_stream import HttpStream
from .incoming import IncomingBody
from .limits import MAX_HEAD, READ_SIZE, SOCKET_WRITE_SIZE, WRITE_SIZE
from .response import refusal
from .screening import BAD_REQUEST, Refused, Screened, cannot_become_good, screen
from .websocket import WebSocketStream

if TYPE_CHECKING:
    from hypercorn.protocol.events import Event as StreamEvent
    from hypercorn.typing import H11SendableEvent

    from .connection import Connection


class Http1Protocol(H11Protocol):
    # Hypercorn's other kind passes bytes of a WebSocket through; here they do not come this way.
    connection: h11.Connection

    def __init__(self, *arguments: Any, connection: Connection) -> None:
        super().__init__(*arguments)
        self._owner = connection
        self._body: IncomingBody | None = None
        # Of an answer, what waits for more: its head for a body, and its last part for being found to be of the right
        # length. So an answer that cannot be written becomes a 500, and most answers are one packet.
        self._held: list[bytes] = []
        self._answer_begun = False

    async def advance(self) -> None:
        """Handle what has come, as far as the app takes it."""
        while self._owner.unread and not self._owner.closing:
            if self.stream is None:
                if not await self._read_head():
                    return
            elif isinstance(self.stream, WebSocketStream):
                # RFC 6455 section 4.1: the client waits for the answer; what it sends before is not looked at. And
                # nothing is taken while messages wait for the app.
                if not self.stream.is_open or not self.task_group.has_room:  # type: ignore[attr-defined]
                    return
                await self.stream.take(self._owner.take(READ_SIZE))
            elif self._body is not None and self._body.is_coming and self._body.is_wanted:
                await self._read_body(self.stream, self._body)
            else:
                return

    def forget(self) -> None:
        """Drop what is held for a client that has left."""
        self._held.clear()
        if self.stream is not None:
            self.stream.closed = True

    async def ask_for_body(self) -> None:
        """Read the next part of the body, and before the first one, send the 100 that the client may wait for (RFC 9110
        section 10.1.1)."""
        if self._body is None or not self._body.is_coming:
            return
        if self.connection.they_are_waiting_for_100_continue:
            await self._send_h11_event(h11.InformationalResponse(status_code=100, headers=self._date()))
        self._body.is_wanted = True

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
        self._held, self._answer_begun = [], False
        is_coming = not isinstance(following, h11.EndOfMessage)
        self._body = IncomingBody(self._owner, self.connection, request, is_coming=is_coming)
        await self.send(Updated(idle=False))
        await self._begin(request, self._body, screened)
        return True

    async def _begin(self, request: h11.Request, body: IncomingBody, screened: Screened) -> None:
        kind = WebSocketStream if screened.websocket else HttpStream
        self.stream = kind(
            self.app, self.config, self.context, self.task_group, self.ssl, self.client, self.server,
            self.stream_send, STREAM_ID,
        )  # fmt: skip
        if isinstance(self.stream, WebSocketStream):
            self.stream.owner = self._owner
            self._owner.hold_less(SOCKET_WRITE_SIZE)
        event = Request(
            stream_id=STREAM_ID,
            headers=list(request.headers),
            http_version=request.http_version.decode("ascii"),
            method=request.method.decode("ascii"),
            raw_path=request.target,
            state=self.connection_state,
        )
        await self.stream.handle(event)
        if not body.is_coming and not screened.websocket:
            await self.stream.handle(EndBody(stream_id=STREAM_ID))

    async def _read_body(self, stream: Any, body: IncomingBody) -> None:
        try:
            part = body.take()
        except BadFraming as error:
            await self._refuse_body(error.refused)
            return
        if part or (body.is_coming and body.overhead):
            body.is_wanted = False
            stream.overhead, body.overhead = body.overhead, 0
            await stream.handle(Body(stream_id=STREAM_ID, data=part))
        if not body.is_coming:
            await stream.handle(EndBody(stream_id=STREAM_ID))
        # 16 KiB of one-byte chunks take some milliseconds.
        await asyncio.sleep(0)

    async def _refuse(self, refused: Refused) -> None:
        """Answer what is no request."""
        await self.send(RawData(refusal(refused.status, refused.headers, self._owner.core.date())))
        self._owner.core.on_unreadable(refused.status)
        await self.send(Closed())

    async def _refuse_body(self, refused: Refused) -> None:
        """End a request whose body cannot be read. It has begun, so it is told of by itself."""
        if self.connection.our_state is h11.SEND_RESPONSE:
            await self.send(RawData(refusal(refused.status, refused.headers, self._owner.core.date())))
        self.forget()
        # The app has begun by then, and tells of the request.
        await asyncio.sleep(0)
        self.task_group.client_left()  # type: ignore[attr-defined]
        await self.send(Closed())

    # Writing

    async def stream_send(self, event: StreamEvent) -> None:
        if not isinstance(event, Response):
            await super().stream_send(event)
        elif event.status_code == 101 and isinstance(self.stream, WebSocketStream):
            headers = [*event.headers, *self._date()]
            await self._send_h11_event(h11.InformationalResponse(headers=headers, status_code=101))
        else:
            headers = [*self._kept(event), *self._date()]
            if self._closes_after(event):
                headers.append((b"connection", b"close"))
            await self._send_h11_event(h11.Response(headers=headers, status_code=event.status_code))

    def _closes_after(self, event: Response) -> bool:
        if self._owner.core.sends_away or isinstance(self.stream, WebSocketStream):
            return True
        if self._body is not None and not self._body.has_arrived:
            return True
        return any(name.lower() == b"connection" and value.lower() == b"close" for name, value in event.headers)

    def _kept(self, event: Response) -> list[tuple[bytes, bytes]]:
        dropped = {b"date", b"connection"}
        if event.status_code in (204, 304):
            # RFC 9110 sections 8.6 and 15.4.5.
            dropped |= {b"content-length", b"transfer-encoding"}
        return [(name, value) for name, value in event.headers if name.lower() not in dropped]

    def _date(self) -> list[tuple[bytes, bytes]]:
        return [(b"date", self._owner.core.date())]

    async def _send_h11_event(self, event: H11SendableEvent) -> None:
        parts = self.connection.send_with_data_passthrough(event) or []
        if isinstance(event, h11.InformationalResponse):
            await self.send(RawData(b"".join(parts)))
            return
        self._held += parts
        ends = isinstance(self.stream, HttpStream) and self.stream.answer_ends
        if isinstance(event, h11.EndOfMessage) or (isinstance(event, h11.Data) and not ends):
            self._answer_begun = True
            parts, self._held = self._held, []
            if sum(map(len, parts)) <= WRITE_SIZE:
                parts = [b"".join(parts)]
            await self._owner.write_all(*parts)

    async def _maybe_recycle(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.closed = True
        if self.connection.our_state is h11.DONE and self._body is not None and self._body.has_arrived:
            self._body.discard()
        if self.connection.our_state is h11.DONE and self.connection.their_state is h11.DONE:
            await self.send(Updated(idle=True))
            return
        complete = self.connection.our_state in {h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.SWITCHED_PROTOCOL}
        if not complete and not self._answer_begun and not self._owner.ended_by_client:
            await self.send(RawData(refusal(500, (), self._owner.core.date())))
        elif not complete and isinstance(stream, HttpStream) and stream.scope["http_version"] == "1.0":
            # Its body ends with the connection: only a reset says that it was cut.
            self._owner.reset()
        self._held.clear()
        await self.send(Closed())
