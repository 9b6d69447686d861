"""The door: before every request and every WebSocket, whether there is a route behind it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Response, current_app, g, request, websocket

from ..auth import AccessToken, Verifier, from_authorization, from_handshake
from . import request_id
from .access import access_of
from .expiry import end_with
from .origins import WebSocketOrigins, is_preflight

if TYPE_CHECKING:
    from .application import Application


def install(app: Application, origins: WebSocketOrigins) -> None:
    """Register the hooks. They come first: whatever else an app hooks in runs for callers who were let in."""

    @app.before_request
    async def guard_request() -> Response | None:
        g.request_id = request_id.choose(request.headers.getlist(request_id.HEADER))
        if is_preflight():
            # Answered here: handed on, it would run an OPTIONS route's code without a token.
            return Response("", 204)
        access = access_of(current_app.view_functions.get(request.endpoint or ""))
        if access.public:
            return None
        g.access_token = await verify_request(app.verifier)
        for requirement in access.requirements:
            requirement.check(g.access_token)
        return None

    @app.before_websocket
    async def guard_websocket() -> None:
        g.request_id = request_id.choose(websocket.headers.getlist(request_id.HEADER))
        origins.check()
        access = access_of(current_app.view_functions.get(websocket.endpoint or ""))
        if access.public:
            return
        text = from_handshake(websocket.headers.getlist("Authorization"), websocket.requested_subprotocols)
        g.access_token = await app.verifier.verify(text)
        for requirement in access.requirements:
            requirement.check(g.access_token)

    @app.after_request
    async def finish(response: Response) -> Response:
        response.headers[request_id.HEADER] = request_id.current()
        response.headers["X-Content-Type-Options"] = "nosniff"
        if "access_token" in g:
            end_with(response, app.verifier.seconds_left(g.access_token))
        return response

    @app.after_websocket
    async def finish_refused(response: Any) -> Any:
        # There is a response only where the handshake was refused.
        if response is not None:
            response.headers[request_id.HEADER] = request_id.current()
        return response


async def verify_request(verifier: Verifier) -> AccessToken:
    """Verify the bearer token of the request that is being handled. Raises AuthError."""
    return await verifier.verify(from_authorization(request.headers.getlist("Authorization")))
