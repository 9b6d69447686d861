"""Quart, where an API needs it to be otherwise."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

from quart import Quart, current_app

from . import refusals
from .access_map import AccessMap
from .asgi import HttpConnection
from .asgi_websocket import WebsocketConnection
from .body_limit import body_limit_of
from .conditional import ConditionalResponse
from .observing import NoObserver, Observer
from .requests import ApiRequest, ApiWebsocket, current_request, current_websocket
from .routing import PathMap
from .sessions import NoSessions
from .streaming import until_token_ends

if TYPE_CHECKING:
    from quart.ctx import WebsocketContext
    from quart.typing import ResponseReturnValue

    from ..auth import Verifier

MAX_BODY = 1024 * 1024
"""Largest request body, in bytes, of a route that does not say otherwise (`max_body`)."""

BODY_SECONDS = 60
"""Longest time for a request's body to come; then 408. The largest one takes as long at 17 kB/s, a slow phone's."""

# Quart 0.23 does, everywhere.
_QUART_TAKES_CONTEXT_FIRST = "ctx" in inspect.signature(Quart.handle_user_exception).parameters


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
        self._body_limits: dict[str, int | None] = {}
        self._access = AccessMap(self, verifier.callers.clients)
        self.access = self._access.of
        # Also of what is registered after the app was made.
        self.before_serving(self._check_routes)
        self.config["MAX_CONTENT_LENGTH"] = MAX_BODY
        self.config["BODY_TIMEOUT"] = BODY_SECONDS
        self.register_error_handler(Exception, refusals.handle_exception)

    def body_limit(self, endpoint: str | None) -> int | None:
        """The largest body that a route takes, in bytes, where it or its blueprint says so."""
        if endpoint is None:
            return None
        if endpoint not in self._body_limits:
            self._body_limits[endpoint] = body_limit_of(self, endpoint)
        return self._body_limits[endpoint]

    @property
    def permissions(self) -> list[str]:
        """Every permission that a route asks for, in alphabetical order."""
        return self._access.permissions()

    def check_routes(self) -> None:
        """Have the claims kept that rules look at. Raises RouteError for a route whose rules no caller could meet."""
        self._access.check()
        self.verifier.keep_claims(self._access.claims())

    async def _check_routes(self) -> None:
        self.check_routes()

    def ensure_async(self, func: Any) -> Any:
        """As Quart's, which unwraps and looks at every function and hook again for each request."""
        code = getattr(func, "__code__", None)
        return func if code is not None and code.co_flags & inspect.CO_COROUTINE else super().ensure_async(func)

    def log_exception(self, *_: Any) -> None:
        """Leave it to `refusals`, which gets every exception, and cuts the caller's token out of it."""

    async def dispatch_websocket(self, websocket_context: WebsocketContext | None = None) -> ResponseReturnValue | None:
        websocket = current_websocket()
        lifetime = None if websocket.access_token is None else self.verifier.seconds_left(websocket.access_token)
        return await until_token_ends(websocket, lifetime, super().dispatch_websocket(websocket_context))

    async def full_dispatch_request(self, *context: Any) -> Any:
        """Handle a request and send its answer, within its context: also a stream's generator has it."""
        request = current_request()
        response = await super().full_dispatch_request(*context)
        if request.respond is not None:
            try:
                await request.respond(response)
            except Exception as error:
                response = await self._answer_failure(error, *context)
        return response

    async def _answer_failure(self, error: Exception, context: Any = None) -> Any:
        """Make the answer to a failure of making or sending one, with the same handlers and hooks as elsewhere."""
        quart: Any = self
        if _QUART_TAKES_CONTEXT_FIRST:
            return await quart.finalize_request(context, await quart.handle_user_exception(context, error))
        return await quart.finalize_request(await quart.handle_user_exception(error), context)


def current_application() -> Application:
    """The application that handles the current request or WebSocket."""
    return cast("Application", current_app)
