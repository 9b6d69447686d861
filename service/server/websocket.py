"""A WebSocket by Hypercorn and wsproto, with bounds on what one client may cost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason

from .limits import MAX_MESSAGE, TURN

if TYPE_CHECKING:
    from hypercorn.typing import WebsocketAcceptEvent
    from wsproto.events import Event as WSProtoEvent

    from .connection import Connection

# Control frames and fragments that a client may send at once, and in each second after that. A client that pings, or
# splits its messages as browsers and proxies do, stays far below.
_BURST = 1000
_RATE = 250

# A fragment of this many bytes or more is worth its frame.
_SMALL_FRAGMENT = 1024


class WebSocketStream(WSStream):
    """`owner` is the connection whose socket it is on."""

    owner: Connection
    _allowance = float(_BURST)
    _refilled_at = 0.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # What has come of a message. Hypercorn's buffer counts the characters of a text, which take up to four bytes.
        self._message = bytearray()

    @property
    def is_open(self) -> bool:
        return self.state is ASGIWebsocketState.CONNECTED and not self.closed

    async def take(self, data: bytes) -> None:
        """Handle bytes of the client's."""
        self.connection.receive_data(data)
        await self._handle_events()

    def ping(self) -> None:
        self.owner.write(self.connection.send(Ping()))

    def go_away(self) -> bool:
        """Say that the service ends, without waiting for the client. Returns whether there was anyone to say it to."""
        if not self.is_open:
            return False
        self.state = ASGIWebsocketState.CLOSED
        # RFC 6455 section 7.4.1: 1001 is "going away".
        reason = "The service is going away."
        self.owner.write(self.connection.send(CloseConnection(CloseReason.GOING_AWAY, reason)))
        return True

    async def _accept(self, message: WebsocketAcceptEvent) -> None:
        await super()._accept(message)
        # What the client sent before was not looked at.
        self.task_group.wake()  # type: ignore[attr-defined]

    async def _handle_events(self) -> None:
        for count, event in enumerate(self.connection.events(), 1):
            if count % TURN == 0:
                await asyncio.sleep(0)
            if not self.is_open:
                return
            if not self._can_afford(event):
                await self._close(CloseConnection(CloseReason.POLICY_VIOLATION, "Too many pings or fragments."))
                return
            if isinstance(event, Message):
                self._message += event.data.encode() if isinstance(event.data, str) else event.data
                if len(self._message) > MAX_MESSAGE:
                    await self._close(CloseConnection(CloseReason.MESSAGE_TOO_BIG))
                    return
                if event.message_finished:
                    await self._hand_on(text=isinstance(event, TextMessage))
            elif isinstance(event, Ping):
                await self._send_wsproto_event(event.response())
            elif isinstance(event, CloseConnection):
                # The client's own is answered; else it is what wsproto says of a frame that breaks the protocol.
                theirs = self.connection.state is ConnectionState.REMOTE_CLOSING
                await self._close(event.response() if theirs else event)
                return

    async def _hand_on(self, *, text: bool) -> None:
        data, self._message = self._message, bytearray()
        assert self.app_put is not None  # noqa: S101 - it was opened
        await self.app_put(
            {
                "type": "websocket.receive",
                "bytes": None if text else bytes(data),
                "text": data.decode() if text else None,
            }
        )

    async def _close(self, frame: CloseConnection) -> None:
        """Send a Close frame, tell the app with its code, and end the connection."""
        data = self.connection.send(frame)
        self.state = ASGIWebsocketState.CLOSED
        self._message.clear()
        self.owner.write(data)
        assert self.app_put is not None  # noqa: S101 - it was opened
        await self.app_put({"type": "websocket.disconnect", "code": int(frame.code)})
        self.task_group.client_left()  # type: ignore[attr-defined]
        await self.send(StreamClosed(stream_id=self.stream_id))

    def _can_afford(self, event: WSProtoEvent) -> bool:
        if isinstance(event, Message):
            if event.message_finished or not event.frame_finished or len(event.data) >= _SMALL_FRAGMENT:
                return True
        elif not isinstance(event, (Ping, Pong)):
            return True
        now = self.owner.core.time()
        self._allowance = min(_BURST, self._allowance + (now - self._refilled_at) * _RATE) - 1
        self._refilled_at = now
        return self._allowance >= 0
