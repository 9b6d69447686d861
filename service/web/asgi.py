"""Quart's connection class of HTTP, for a server that cancels what handles a client who has left.

Quart reads what the client sends in a task of its own, handles in another, and on Python 3.11 sends in a third. Here a
request is handled in the task that the server made for it, and a body is read when it is asked for.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from quart import Response
from quart.asgi import ASGIHTTPConnection
from quart.utils import encode_headers
from quart.wrappers.response import DataBody

from .headers import request_headers
from .observing import NO_ANSWER, record_of
from .streaming import Stream

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable

    from .application import Application
    from .requests import ApiRequest, ApiWebsocket

_CONNECTION = "service.connection"


class HttpConnection(ASGIHTTPConnection):
    """A request, from its scope to the last byte of its answer.

    `_status` is what was answered, `_sent` how many bytes of a body.
    """

    app: Application
    _status = NO_ANSWER
    _sent = 0
    _answered = False

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        began = time.perf_counter()
        request = self._create_request_from_scope(send)
        request.body.attach(request, receive, self.app.config["BODY_TIMEOUT"])
        observer = self.app.observer
        with observer.trace(request):
            try:
                await self.handle_request(request, send)
            except asyncio.CancelledError:
                await self._give_up(request, send)
                raise
            finally:
                sent = 0 if request.method == "HEAD" else self._sent
                observer.ended(record_of(request, self._status, sent, time.perf_counter() - began))

    def _create_request_from_scope(self, _send: ASGISendCallable) -> ApiRequest:
        scope, config = self.scope, self.app.config
        request: ApiRequest = self.app.request_class(
            scope["method"],
            scope["scheme"],
            scope["path"],
            scope["query_string"],
            request_headers(scope, config["SERVER_NAME"] or ""),
            scope["root_path"],
            scope["http_version"],
            max_content_length=config["MAX_CONTENT_LENGTH"],
            # The body keeps its own time.
            body_timeout=None,
            send_push_promise=_push_nothing,
            scope=scope,
        )
        # Werkzeug makes it upper-case; methods are case-sensitive (RFC 9110 section 9.1).
        request.method = scope["method"]
        return request

    async def handle_request(self, request: Any, send: ASGISendCallable) -> None:
        async def respond(response: Any) -> None:
            self._answered = True
            await self._respond(request, response, send)

        # Called within the request's context, so that the generator of a stream has it.
        request.respond = respond
        response = await self.app.handle_request(request)
        if not self._answered:
            # What could not be answered there, such as a failure of an after_request hook.
            await respond(response)
        elif self._status == NO_ANSWER:
            # The answer was cut, and can no longer say why; this one would have.
            self._status = response.status_code

    async def _respond(self, request: ApiRequest, response: Any, send: ASGISendCallable) -> None:
        body = response.response if isinstance(response, Response) else None
        start: Any = {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": [
                *encode_headers(response.headers),
                (b"x-request-id", request.request_id.encode("ascii")),
                (b"x-content-type-options", b"nosniff"),
            ],
        }
        if type(body) is DataBody or body is None or request.method == "HEAD":
            # What answers HEAD is not made.
            data = b"" if request.method == "HEAD" else _whole(body, response)
            try:
                await send(start)
                await send({"type": "http.response.body", "body": data, "more_body": False})
            except Exception:
                # The server takes no answer with a wrong length, or a line break in a header.
                self._answered = False
                raise
            self._status, self._sent = response.status_code, len(data)
            return
        token = request.access_token
        stream = Stream(send, start, None if token is None else self.app.verifier.seconds_left(token))
        try:
            async with asyncio.timeout(None if response.timeout is Ellipsis else response.timeout):
                await stream.run(body)
            self._status = response.status_code
        except Exception:
            self._answered = stream.started
            raise
        finally:
            self._sent = stream.sent

    async def _give_up(self, request: ApiRequest, send: ASGISendCallable) -> None:
        """Answer a request that the service has no more time for, since it ends; another instance may have it."""
        if self._answered or client_has_left(self.scope):
            return
        self._status = 503
        start: Any = {"type": "http.response.start", "status": 503, "headers": no_time_headers(request)}
        await send(start)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def client_has_left(scope: Any) -> bool:
    connection = scope["extensions"].get(_CONNECTION)
    return connection is not None and (connection.lost or connection.ended_by_client)


def no_time_headers(connection: ApiRequest | ApiWebsocket) -> list[tuple[bytes, bytes]]:
    """Make the headers of a 503 that has no body."""
    headers = [(b"retry-after", b"1"), (b"content-length", b"0"), (b"connection", b"close")]
    # It is chosen by the first hook.
    request_id = connection.request_id.encode("ascii")
    return [*headers, (b"x-request-id", request_id)] if request_id else headers


async def _push_nothing(path: str, headers: Any) -> None:
    """HTTP/1.1 knows no push."""


def _whole(body: Any, response: Any) -> bytes:
    if body is None:
        # One of Werkzeug's own responses, which an HTTPException brings.
        return b"".join(part.encode() if isinstance(part, str) else part for part in response.response)
    whole: bytes = body.data[body.begin : body.end]
    return whole
