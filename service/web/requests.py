"""The request or WebSocket that is being handled, and what the door knows of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from quart import has_websocket_context, request, websocket
from quart.wrappers import Websocket
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest

from ..auth.bearer import SUBPROTOCOL
from . import request_id
from .body import ReadableBody
from .head import ReadableHead
from .reading import RequestBody

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..auth import AccessToken


Default = TypeVar("Default")

_REQUIRED: Any = object()


class ApiRequest(ReadableBody, ReadableHead):
    """`access_token` is there once it was verified; on a public route it never is. `scope_required` names the
    permissions that the route asks for. `problem_code` is that of the answer where it is a problem document, and
    `refused` says that the caller was refused."""

    body_class = RequestBody  # type: ignore[assignment] # a subclass
    body: RequestBody

    request_id = ""
    access_token: AccessToken | None = None
    scope_required: tuple[str, ...] = ()
    problem_code: str | None = None
    refused = False
    respond: Callable[[Any], Awaitable[None]] | None = None

    @property
    def blueprints(self) -> list[str]:
        """As Quart's, which imports a module at each call: the route's own blueprint, and those around it."""
        return blueprints_of(self.endpoint or "")


class ApiWebsocket(Websocket, ReadableHead):
    request_id = ""
    access_token: AccessToken | None = None
    scope_required: tuple[str, ...] = ()
    problem_code: str | None = None
    refused = False
    accepted = False

    async def accept(self, headers: dict[str, str] | Headers | None = None, subprotocol: str | None = None) -> None:
        """Accept the handshake, once; further calls do nothing, as in Quart."""
        if self.accepted:
            return
        self.accepted = True
        if subprotocol is None and self.requested_subprotocols[:1] == [SUBPROTOCOL]:
            # RFC 6455 section 4.1: a browser ends a connection on which none of its subprotocols was selected.
            subprotocol = SUBPROTOCOL
        await super().accept(Headers({**dict(headers or {}), request_id.HEADER: self.request_id}), subprotocol)

    async def receive_json(self) -> Any:
        """As Quart's; a message that is no JSON is the caller's mistake. Raises BadRequest, which closes with 1008."""
        try:
            return await super().receive_json()
        except (ValueError, RecursionError):
            raise BadRequest("The message is not JSON that can be read.") from None


@functools.lru_cache(maxsize=1024)
def blueprints_of(endpoint: str) -> list[str]:
    """Name the blueprints of an endpoint, the innermost first."""
    names = endpoint.split(".")[:-1]
    return [".".join(names[:count]) for count in range(len(names), 0, -1)]


# Quart's proxies look the request up at each use; these look once.


def current_request() -> ApiRequest:
    return cast("ApiRequest", request._get_current_object())  # type: ignore[attr-defined]


def current_websocket() -> ApiWebsocket:
    return cast("ApiWebsocket", websocket._get_current_object())  # type: ignore[attr-defined]


def current_connection() -> ApiRequest | ApiWebsocket:
    """Whichever of the two it is."""
    return current_websocket() if has_websocket_context() else current_request()


@overload
def current_token() -> AccessToken: ...
@overload
def current_token(default: Default) -> AccessToken | Default: ...
def current_token(default: Any = _REQUIRED) -> Any:
    """The verified token of the request or WebSocket that is being handled, or `default` where there is none: on a
    route that is `optional`, for a caller without one, and on a public route.

    Raises RuntimeError where there is none and no `default`.
    """
    token = current_connection().access_token
    if token is not None:
        return token
    if default is _REQUIRED:
        raise RuntimeError("there is no current token on a public route, nor for every caller of an optional one")
    return default
