"""The door: before every request and every WebSocket, whether there is a route behind it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Response

from ..auth import AccessToken, Verifier, from_authorization, from_handshake
from . import request_id
from .access import access_of
from .origins import WebSocketOrigins, is_preflight
from .requests import ApiRequest, current_request, current_websocket

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
        access = access_of(app.view_functions.get(request.endpoint or ""))
        if access.public:
            return None
        token = await verify_request(app.verifier, request)
        for requirement in access.requirements:
            requirement.check(token)
        request.access_token = token
        return None

    @app.before_websocket
    async def guard_websocket() -> None:
        websocket = current_websocket()
        websocket.request_id = request_id.choose(websocket.headers.getlist(request_id.HEADER))
        origins.check(websocket)
        access = access_of(app.view_functions.get(websocket.endpoint or ""))
        if access.public:
            return
        text = from_handshake(websocket.headers.getlist("Authorization"), websocket.requested_subprotocols)
        token = await app.verifier.verify(text)
        for requirement in access.requirements:
            requirement.check(token)
        websocket.access_token = token

    @app.after_websocket
    async def finish_refused(response: Any) -> Any:
        # There is a response only where the handshake was refused.
        if response is not None:
            response.headers[request_id.HEADER] = current_websocket().request_id
        return response


async def verify_request(verifier: Verifier, request: ApiRequest) -> AccessToken:
    """Verify the bearer token that a request brings. Raises AuthError."""
    return await verifier.verify(from_authorization(request.headers.getlist("Authorization")))
