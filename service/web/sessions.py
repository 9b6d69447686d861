"""No sessions: a bearer API keeps nothing between requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart.sessions import NullSession, SessionInterface

if TYPE_CHECKING:
    from quart import Quart
    from quart.wrappers.base import BaseRequestWebsocket


class NoSessions(SessionInterface):
    """Neither reads nor sets a cookie."""

    _none = NullSession()

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> NullSession:
        return self._none

    async def save_session(self, *_: Any) -> None:
        """There is none."""
