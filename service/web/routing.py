"""Routes by path alone, as it was sent: split at "/", and then decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart.routing import QuartMap
from quart.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter

if TYPE_CHECKING:
    from quart import Quart
    from quart.wrappers.base import BaseRequestWebsocket


class PathMap(QuartMap):
    """Routes by path alone, so the Host, which the caller chooses, is not parsed for each request."""

    def bind_to_request(
        self, request: BaseRequestWebsocket, subdomain: str | None, server_name: str | None
    ) -> MapAdapter:
        return MapAdapter(
            self,
            server_name or request.headers.get("Host", ""),
            request.root_path or "/",
            subdomain or "",
            request.scheme,
            request.path,
            request.method,
            request.query_string.decode("ascii", "replace"),
        )


class NoSessions(SessionInterface):
    """A bearer API keeps nothing between requests: no cookie is read or set."""

    _none = NullSession()

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> NullSession:
        return self._none

    async def save_session(self, *_: Any) -> None:
        """There is none."""
