"""From a path to a route: by the path alone, split at "/" as it was sent, and then decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from quart.routing import QuartMap
from werkzeug.exceptions import NotFound
from werkzeug.routing import MapAdapter, RequestRedirect

if TYPE_CHECKING:
    from quart.wrappers.base import BaseRequestWebsocket

# Stands for a "/" within a segment, where Werkzeug would take it for the end of one. No path decodes to it: it is half
# of a surrogate pair.
_SLASH = "\udc2f"


class PathMap(QuartMap):
    """Routes by path alone, so the Host, which the caller chooses, is not parsed for each request."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # No redirect to another spelling: behind a proxy it would name http:// and the caller's own Host, a client
        # would send its token there, and callers without one would learn which routes exist.
        super().__init__(*args, **{"merge_slashes": False, "redirect_defaults": False, **options})
        # What has been found for paths that are spelt out in a route: as many as there are of these.
        self.found: dict[tuple[str, str, bool], Any] = {}

    def add(self, rulefactory: Any) -> None:
        super().add(rulefactory)
        self.found.clear()

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
    """The path as it was sent, decoded segment by segment. Werkzeug's request has it decoded as a whole, and with one
    slash at its beginning."""
    path = request.scope["raw_path"].decode("ascii", "replace")
    if "%" in path:
        path = "/".join([unquote(segment).replace("/", _SLASH) for segment in path.split("/")])
    return path.removeprefix(request.root_path) if request.root_path else path


class _ExactAdapter(MapAdapter):
    map: PathMap

    def match(self, *args: Any, **options: Any) -> Any:
        """As Werkzeug's; NotFound for a path that lacks a route's last slash, that begins with two or with none."""
        if not self.path_info.startswith("/") or self.path_info.startswith("//"):
            raise NotFound
        key = (self.path_info, self.default_method, bool(self.websocket))
        if key in self.map.found:
            return self.map.found[key], {}
        if not self.default_method.isupper():
            # Werkzeug would take "gEt" for GET. With this it finds the path, and a method that no route has.
            options["method"] = f"{self.default_method} "
        try:
            rule, arguments = super().match(*args, **options)
        except RequestRedirect:
            raise NotFound from None
        if not arguments and rule.rule == self.path_info:
            self.map.found[key] = rule
        if _SLASH in self.path_info:
            arguments = {
                name: value.replace(_SLASH, "/") if isinstance(value, str) else value
                for name, value in arguments.items()
            }
        return rule, arguments
