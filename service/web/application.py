"""Quart, where an API needs it to be otherwise."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, cast

from quart import Quart, current_app

from ..auth import TokenExpired
from . import refusals
from .conditional import ConditionalResponse
from .connection import HttpConnection, NoSessions, WebsocketConnection
from .observing import NoObserver, Observer
from .requests import ApiRequest, ApiWebsocket, current_websocket
from .routing import PathMap

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope
    from quart.ctx import WebsocketContext
    from quart.typing import ResponseReturnValue

    from ..auth import Verifier

MAX_BODY = 1024 * 1024
"""Largest request body, in bytes; a route that takes more sets `request.max_content_length`."""

BODY_SECONDS = 60
"""Longest time for a request's body to come; then 408. The largest one takes as long at 17 kB/s, a slow phone's."""

# RFC 9112 section 3.2.2: a server must take an absolute URL as the request's target.
_ABSOLUTE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*(/.*)?", re.DOTALL)


class Application(Quart):
    """A Quart app whose failures all leave by `refusals`, and whose WebSockets end with their token.

    `resource` is the URL at which callers reach it, if that is known; `draining` says that it is about to stop;
    `observer` is told of every request.
    """

    websocket_class = ApiWebsocket
    request_class = ApiRequest
    response_class = ConditionalResponse
    asgi_http_class = HttpConnection
    asgi_websocket_class = WebsocketConnection
    session_interface = NoSessions()  # type: ignore[assignment] # Quart names the class, and means the interface
    url_map_class = PathMap

    def __init__(
        self, import_name: str, verifier: Verifier, resource: str | None, observer: Observer | None = None
    ) -> None:
        super().__init__(import_name, static_folder=None)
        self.verifier = verifier
        self.resource = resource
        self.observer = observer or NoObserver()
        self.draining = False
        self.config["MAX_CONTENT_LENGTH"] = MAX_BODY
        self.config["BODY_TIMEOUT"] = BODY_SECONDS
        self.register_error_handler(Exception, refusals.answer)

    def log_exception(self, *_: Any) -> None:
        """Leave it to `refusals`, which gets every exception, and cuts the caller's token out of it."""

    async def dispatch_websocket(self, websocket_context: WebsocketContext | None = None) -> ResponseReturnValue | None:
        websocket = current_websocket()
        if websocket.access_token is None:
            return await super().dispatch_websocket(websocket_context)
        try:
            async with asyncio.timeout(self.verifier.seconds_left(websocket.access_token)) as limit:
                return await super().dispatch_websocket(websocket_context)
        except TimeoutError:
            if not limit.expired():
                raise
        if not websocket.accepted:
            raise TokenExpired("The token has expired. Get a new one.")
        await websocket.close(1008, "The access token has expired.")
        return None

    async def asgi_app(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        # Quart breaks on a target that is neither a path nor a parsable URL; as a path, it is just not found.
        if scope["type"] != "lifespan" and not scope["path"].startswith("/"):
            raw_path = _path(scope["raw_path"].decode("latin-1")).encode("latin-1")
            changed: Any = {**scope, "path": _path(scope["path"]), "raw_path": raw_path}
            scope = changed
        await super().asgi_app(scope, receive, send)


def _path(target: str) -> str:
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    return (absolute.group(1) or "/") if absolute else f"/{target}"


def current_application() -> Application:
    """The application that handles the current request or WebSocket."""
    return cast("Application", current_app)
