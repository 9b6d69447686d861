"""Which pages may call: CORS for HTTP, the `Origin` for WebSockets, which CORS does not cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart_cors import route_cors

from ..auth import OriginNotAllowed
from ..http_origin import origin_of
from . import request_id

if TYPE_CHECKING:
    from quart import Quart, Request, Response
    from quart.wrappers import Websocket


def install_cors(app: Quart, origins: tuple[str, ...], headers: tuple[str, ...] = ()) -> None:
    """Let pages of `origins` read an app's answers, and send it the usual headers and those of `headers`.

    Nothing is installed without origins, which to quart-cors would mean all.
    """
    if not origins:
        return

    # quart_cors.cors() would also refuse WebSockets that have no Origin; its decorator for one route, around a
    # function that passes the response on, adds the headers to every answer and does nothing else.
    @app.after_request
    @route_cors(
        allow_origin=origins,
        # Tokens travel in a header, so no page needs cookies to be sent along.
        allow_credentials=False,
        allow_headers=["Authorization", "Content-Type", "Traceparent", "Tracestate", request_id.HEADER, *headers],
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        expose_headers=["WWW-Authenticate", "Retry-After", request_id.HEADER],
        max_age=600,
        provide_automatic_options=False,
    )
    async def add_cors(response: Response) -> Response:
        return response


def is_preflight(request: Request) -> bool:
    """Whether the request is a browser's question, sent without a token (Fetch standard, CORS-preflight fetch)."""
    return (
        request.method == "OPTIONS"
        and "Origin" in request.headers
        and "Access-Control-Request-Method" in request.headers
    )


class WebSocketOrigins:
    """A browser lets any page open a WebSocket anywhere, so the server has to look (RFC 6455 section 10.2).

    Allowed are `listed` origins and the API's own: that of `resource`, its public URL, else that of the Host
    header, with either scheme, since TLS may have ended before this process.
    """

    def __init__(self, listed: tuple[str, ...], resource: str | None) -> None:
        self._allowed = set(listed)
        self._own = _origin(resource) if resource is not None else None

    def check(self, websocket: Websocket) -> None:
        """Raises OriginNotAllowed for a WebSocket that is being opened."""
        for origin in websocket.headers.getlist("Origin"):
            if origin not in self._allowed and origin not in self._own_origins(websocket):
                raise OriginNotAllowed("Pages of this origin may not open a WebSocket here (CORS_ALLOW_ORIGINS).")

    def _own_origins(self, websocket: Websocket) -> tuple[str, ...]:
        if self._own is not None:
            return (self._own,)
        host = websocket.headers.get("Host", "")
        return tuple(filter(None, (_origin(f"https://{host}"), _origin(f"http://{host}"))))


def _origin(url: str) -> str | None:
    """Return a URL's origin as browsers send it, if it has one that they could send."""
    try:
        return origin_of(url)
    except ValueError:
        return None
