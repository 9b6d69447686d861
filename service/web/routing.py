"""From a path to a route: by the path alone, spelt exactly so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart.routing import QuartMap
from werkzeug.exceptions import NotFound
from werkzeug.routing import MapAdapter, RequestRedirect

if TYPE_CHECKING:
    from quart.wrappers.base import BaseRequestWebsocket


class PathMap(QuartMap):
    """Routes by path alone, so the Host, which the caller chooses, is not parsed for each request."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # No redirect to another spelling: behind a proxy it would name http:// and the caller's own Host, a client
        # would send its token there, and callers without one would learn which routes exist.
        super().__init__(*args, **{"merge_slashes": False, "redirect_defaults": False, **options})

    def bind_to_request(
        self, request: BaseRequestWebsocket, subdomain: str | None, server_name: str | None
    ) -> MapAdapter:
        return _ExactAdapter(
            self,
            server_name or request.headers.get("Host", ""),
            request.root_path or "/",
            subdomain or "",
            request.scheme,
            _path(request),
            request.method,
            request.query_string.decode("ascii", "replace"),
        )


def _path(request: BaseRequestWebsocket) -> str:
    """The path as it was sent, where it begins with several slashes: Werkzeug's request makes one of them."""
    sent = request.scope["path"].removeprefix(request.root_path)
    return sent if sent.startswith("//") else request.path


class _ExactAdapter(MapAdapter):
    def match(self, *args: Any, **options: Any) -> Any:
        """As Werkzeug's; NotFound for a path that lacks a route's last slash, or begins with two."""
        if self.path_info.startswith("//"):
            raise NotFound
        try:
            return super().match(*args, **options)
        except RequestRedirect:
            raise NotFound from None
