"""An HTTP request under ASGI, with one task where Quart makes three, and two messages where it sends three."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from typing import TYPE_CHECKING, Any

from quart import Response
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection
from quart.sessions import NullSession, SessionInterface
from quart.utils import encode_headers
from quart.wrappers.response import DataBody

from .observing import NO_ANSWER, Observer, exchange

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
    from quart import Quart, Request
    from quart.wrappers.base import BaseRequestWebsocket

# Quart 0.23 cancels the handler itself, and takes it as one more argument.
_QUART_CANCELS = "request_task" in inspect.signature(ASGIHTTPConnection.handle_messages).parameters

# Bytes that a transport takes without waiting for the client, so that no time limit is needed (asyncio's default).
_SENT_AT_ONCE = 64 * 1024


class HttpConnection(ASGIHTTPConnection):
    """Handles a request in the task that the server made for it.

    Quart reads what the client sends in a task of its own, for bodies and to notice that the client went away,
    handles in another, and on Python 3.11 sends in a third. Most requests are answered before any of it matters,
    so the reading starts when the handling waits for something for the first time; from then on it is as in Quart.
    """

    _status = NO_ANSWER
    _sent = 0

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        began = time.perf_counter()
        request: Any = self._create_request_from_scope(send)
        observer: Observer = self.app.observer  # type: ignore[attr-defined]
        reader = _Reader(self, request, receive)
        with observer.trace(request):
            try:
                await self.handle_request(request, send)
            except asyncio.CancelledError:
                if not reader.took_back_cancellation():
                    await self._give_up(send)
                    raise
            finally:
                reader.stop()
                sent = 0 if request.method == "HEAD" else self._sent
                observer.ended(exchange(request, self._status, sent, time.perf_counter() - began))

    async def handle_request(self, request: Request, send: ASGISendCallable) -> None:
        response = await self.app.handle_request(request)
        if self.app.draining:  # type: ignore[attr-defined]
            # RFC 9112 section 9.6: the caller's next request goes elsewhere, and does not meet the connection's end.
            response.headers["Connection"] = "close"
        body = response.response if isinstance(response, Response) else None
        if type(body) is DataBody and body.end - body.begin <= _SENT_AT_ONCE:
            headers = encode_headers(response.headers)
            start: Any = {"type": "http.response.start", "status": response.status_code, "headers": headers}
            self._status, self._sent = response.status_code, body.end - body.begin
            await send(start)
            await send({"type": "http.response.body", "body": body.data[body.begin : body.end], "more_body": False})
            return

        async def counting(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
            await send(message)
            self._sent += len(message.get("body", b""))

        timeout = getattr(response, "timeout", ...)
        if timeout is ...:
            timeout = self.app.config["RESPONSE_TIMEOUT"]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._send_response(counting, response)

    async def _give_up(self, send: ASGISendCallable) -> None:
        """Answer a request that the service has no more time for, since it ends; another instance may have it."""
        if self._status == NO_ANSWER:
            self._status = 503
            headers = [(b"retry-after", b"1"), (b"content-length", b"0"), (b"connection", b"close")]
            start: Any = {"type": "http.response.start", "status": 503, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Reader:
    """Feeds a request with its body, and cancels the task that handles it when the client goes away."""

    def __init__(self, connection: HttpConnection, request: Request, receive: ASGIReceiveCallable) -> None:
        self._handle_messages: Any = connection.handle_messages
        self._request = request
        self._receive = receive
        self._handler: Any = asyncio.current_task()
        self._gone = False
        self._task: asyncio.Task[None] | None = None
        # Called when the handler first lets the event loop go on, if it ever does.
        self._start = asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        if _QUART_CANCELS:
            await self._handle_messages(self._request, self._receive, self._handler)
        else:
            await self._handle_messages(self._request, self._receive)
            self._handler.cancel()
        self._gone = True

    def took_back_cancellation(self) -> bool:
        """Whether the client going away, and nothing else, has cancelled the handler."""
        return self._gone and self._handler.uncancel() == 0

    def stop(self) -> None:
        self._start.cancel()
        if self._task is not None:
            self._task.cancel()


class WebsocketConnection(ASGIWebsocketConnection):
    """Ends when its handler does. Quart 0.23 would go on reading until the client leaves, and Hypercorn waits for the
    app before it closes: a refused handshake, or a socket whose token has expired, would stay open."""

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
        observer: Observer = self.app.observer  # type: ignore[attr-defined]
        with observer.trace(websocket):
            try:
                await self._handle(websocket, receive, noting)
            finally:
                ended = exchange(websocket, status, 0, time.perf_counter() - began, websocket=True)
                observer.ended(ended)

    async def _handle(self, websocket: Any, receive: ASGIReceiveCallable, send: Any) -> None:
        handler: Any = asyncio.create_task(self.handle_websocket(websocket, send))
        read: Any = self.handle_messages
        reader = asyncio.create_task(read(websocket, receive, handler) if _QUART_CANCELS else read(receive))
        try:
            await asyncio.wait({handler, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            handler.cancel()
            reader.cancel()
            await asyncio.wait({handler, reader})
        for task in (handler, reader):
            if not task.cancelled():
                task.result()


class NoSessions(SessionInterface):
    """A bearer API keeps nothing between requests: no cookie is read or set."""

    _none = NullSession()

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> NullSession:
        return self._none

    async def save_session(self, *_: Any) -> None:
        """There is none."""
