"""Quart, where an API needs it to be otherwise."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, cast

from quart import Quart, current_app, g, websocket
from quart.wrappers import Websocket
from werkzeug.datastructures import Headers

from ..auth import TokenExpired
from ..auth.bearer import SUBPROTOCOL
from . import refusals, request_id

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope
    from quart.ctx import WebsocketContext
    from quart.typing import ResponseReturnValue

    from ..auth import Verifier

MAX_BODY = 1024 * 1024
"""Largest request body, in bytes; a route that takes more sets `request.max_content_length`."""

# RFC 9112 section 3.2.2: a server must take an absolute URL as the request's target.
_ABSOLUTE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*(/.*)?", re.DOTALL)


class ApiWebsocket(Websocket):
    accepted = False

    async def accept(self, headers: dict[str, str] | Headers | None = None, subprotocol: str | None = None) -> None:
        """Accept the handshake, once; further calls do nothing, as in Quart."""
        if self.accepted:
            return
        self.accepted = True
        if subprotocol is None and self.requested_subprotocols[:1] == [SUBPROTOCOL]:
            # RFC 6455 section 4.1: a browser ends a connection on which none of its subprotocols was selected.
            subprotocol = SUBPROTOCOL
        await super().accept(Headers({**dict(headers or {}), request_id.HEADER: request_id.current()}), subprotocol)


class Application(Quart):
    """A Quart app whose failures all leave by `refusals`, and whose WebSockets end with their token.

    `resource` is the URL at which callers reach it, if that is known; `draining` says that it is about to stop.
    """

    websocket_class = ApiWebsocket

    def __init__(self, import_name: str, verifier: Verifier, resource: str | None) -> None:
        super().__init__(import_name, static_folder=None)
        self.verifier = verifier
        self.resource = resource
        self.draining = False
        self.config["MAX_CONTENT_LENGTH"] = MAX_BODY
        # A redirect to the tidy spelling of a path would tell callers without a token which routes exist.
        self.url_map.merge_slashes = False
        self.register_error_handler(Exception, refusals.answer)

    def log_exception(self, exception_info: Any) -> None:
        """Leave it to `refusals`, which gets every exception, and cuts the caller's token out of it."""

    async def dispatch_websocket(self, websocket_context: WebsocketContext | None = None) -> ResponseReturnValue | None:
        if "access_token" not in g:
            return await super().dispatch_websocket(websocket_context)
        try:
            async with asyncio.timeout(self.verifier.seconds_left(g.access_token)) as limit:
                return await super().dispatch_websocket(websocket_context)
        except TimeoutError:
            if not limit.expired():
                raise
        if not websocket.accepted:  # type: ignore[attr-defined]
            raise TokenExpired("The token has expired. Get a new one.")
        await websocket.close(1008, "The access token has expired.")
        return None

    async def asgi_app(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        # Quart breaks on a target that is neither a path nor a parsable URL; as a path, it is just not found.
        if scope["type"] != "lifespan" and not scope["path"].startswith("/"):
            absolute = _ABSOLUTE_FORM.fullmatch(scope["path"])
            path = (absolute.group(1) or "/") if absolute else f"/{scope['path']}"
            changed: Any = {**scope, "path": path}
            scope = changed
        await super().asgi_app(scope, receive, send)


def current_application() -> Application:
    """The application that handles the current request or WebSocket."""
    return cast("Application", current_app)
