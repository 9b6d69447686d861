"""Admission: before every request and every WebSocket, whether there is a route for it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Response

from ..auth import AccessToken, AuthorizationMissing, Verifier, from_authorization, from_handshake
from . import request_id
from .origins import WebSocketOrigins, is_preflight
from .requests import ApiRequest, ApiWebsocket, current_request, current_websocket
from .rules import Call

if TYPE_CHECKING:
    from .application import Application


def install(app: Application, origins: WebSocketOrigins) -> None:
    """Register the hooks. They come first: whatever else an app hooks in runs for callers who were let in."""

    @app.before_request
    async def guard_request() -> Response | None:
        request = current_request()
        request.request_id = request_id.choose(request.headers.getlist(request_id.HEADER))
        if is_preflight(request):
            # Answered here: handed on, it would run an OPTIONS route's code without a token.
            return Response("", 204)
        if (limit := app.body_limit(request.endpoint)) is not None:
            request.max_content_length = limit
        await _admit(app, request)
        return None

    @app.before_websocket
    async def guard_websocket() -> None:
        websocket = current_websocket()
        websocket.request_id = request_id.choose(websocket.headers.getlist(request_id.HEADER))
        origins.check(websocket)
        await _admit(app, websocket)

    @app.after_websocket
    async def finish_refused(response: Any) -> Any:
        # There is a response only where the handshake was refused.
        if response is not None:
            response.headers[request_id.HEADER] = current_websocket().request_id
        return response


async def _admit(app: Application, connection: ApiRequest | ApiWebsocket) -> None:
    """Verify the token of a request or WebSocket, and check the rules of its route. Raises AuthError."""
    access = app.access(connection.endpoint)
    if access.kind == "public":
        return
    connection.scope_required = access.scope
    try:
        token = await verify_request(app.verifier, connection)
    except AuthorizationMissing:
        if access.kind == "optional":
            return
        raise
    # Before the rules, so that the log tells whom they refused.
    connection.access_token = token
    if not access.rules and not access.conditions:
        return
    call = Call(token, connection.view_args or {}, app.verifier.now(), app.verifier.leeway)
    for rule in access.rules:
        rule.check(call)
    for condition in access.conditions:
        await condition.check(call)


async def verify_request(verifier: Verifier, connection: ApiRequest | ApiWebsocket) -> AccessToken:
    """Verify the access token that a request or a WebSocket handshake brings. Raises AuthError."""
    authorization = connection.headers.getlist("Authorization")
    if isinstance(connection, ApiWebsocket):
        return await verifier.verify(from_handshake(authorization, connection.requested_subprotocols))
    return await verifier.verify(from_authorization(authorization))
