"""Quart's connection class of WebSockets, which reads a message when the route asks for one."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from quart.asgi import ASGIWebsocketConnection
from quart.signals import websocket_received

from .asgi import client_has_left, no_time_headers
from .observing import NO_ANSWER, Observer, record_of

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable


class Messages:
    """What a route receives. It is taken from the server when the route asks for it: what waits, waits there."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._asking = 0
        self._changed = asyncio.Event()

    async def get(self) -> Any:
        self._asking += 1
        self._changed.set()
        try:
            return await self._queue.get()
        finally:
            self._asking -= 1
            self._changed.set()

    async def asked(self) -> None:
        """Wait until a message is asked for that is not there."""
        while not self._asking or not self._queue.empty():
            self._changed.clear()
            await self._changed.wait()

    def put(self, message: Any) -> None:
        self._queue.put_nowait(message)


class WebsocketConnection(ASGIWebsocketConnection):
    """Ends when its handler does. Quart 0.23 would go on reading until the client leaves, and Hypercorn waits for the
    app before it closes: a refused handshake, or a socket whose token has expired, would stay open."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.queue: Messages = Messages()  # type: ignore[assignment] # as far as Quart uses it

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        began = time.perf_counter()
        status = NO_ANSWER

        async def noting(message: Any) -> None:
            nonlocal status
            await send(message)
            if message["type"] == "websocket.accept":
                status = 101
            elif message["type"] == "websocket.http.response.start":
                status = message["status"]

        websocket: Any = self._create_websocket_from_scope(noting)
        # Quart 0.23 has a queue for each WebSocket, without a bound; earlier releases take this one by themselves.
        websocket.buffer = self.queue
        observer: Observer = self.app.observer  # type: ignore[attr-defined]
        with observer.trace(websocket):
            try:
                await self._handle(websocket, receive, noting)
            except asyncio.CancelledError:
                if status == NO_ANSWER and not client_has_left(self.scope):
                    start = {
                        "type": "websocket.http.response.start",
                        "status": 503,
                        "headers": no_time_headers(websocket),
                    }
                    await noting(start)
                    await noting({"type": "websocket.http.response.body", "body": b"", "more_body": False})
                raise
            finally:
                ended = record_of(websocket, status, 0, time.perf_counter() - began, websocket=True)
                observer.ended(ended)

    async def _handle(self, websocket: Any, receive: ASGIReceiveCallable, send: Any) -> None:
        handler: Any = asyncio.create_task(self.handle_websocket(websocket, send))
        reader = asyncio.create_task(self._read(receive))
        try:
            await asyncio.wait({handler, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            handler.cancel()
            reader.cancel()
            await asyncio.wait({handler, reader})
        for task in (handler, reader):
            if not task.cancelled():
                task.result()

    async def _read(self, receive: ASGIReceiveCallable) -> None:
        """Hand on what the client sends, one message after the other, until it leaves."""
        while True:
            await self.queue.asked()
            event: Any = await receive()
            if event["type"] == "websocket.disconnect":
                return
            if event["type"] == "websocket.receive":
                # Quart takes an empty binary message for none.
                message = event["bytes"] if event.get("bytes") is not None else event["text"]
                await websocket_received.send_async(message)
                self.queue.put(message)
