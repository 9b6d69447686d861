"""What is told of each request and WebSocket, once it has ended, to whoever watches over the service."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ..auth import AccessToken
    from .requests import ApiRequest, ApiWebsocket

NO_ANSWER = 499
"""The status, as nginx has it, of a request that got no answer: its caller left, or the service ended first."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestRecord(NamedTuple):
    """A request and its answer. Nothing in it is the caller's own text, but the request id.

    `route` is the template, as "/orders/<id>", or `None` where no route was found; `method` is `None` for one that
    HTTP does not name; `status` is 101 for a WebSocket that was accepted; `sent` is the body's bytes; `code` is that
    of the problem document, and `refused` says that the door gave it.
    """

    method: str | None
    route: str | None
    status: int
    sent: int
    seconds: float
    request_id: str
    token: AccessToken | None
    code: str | None
    refused: bool
    websocket: bool


def unreadable(status: int) -> RequestRecord:
    """Sum up what was no request, and was answered all the same."""
    return RequestRecord(None, None, status, 0, 0.0, "", None, None, refused=False, websocket=False)


class Observer(Protocol):
    def trace(self, connection: ApiRequest | ApiWebsocket) -> AbstractContextManager[object]:
        """Surround the handling of a request."""

    def ended(self, record: RequestRecord) -> None:
        """Take note of a request that has ended."""


class NoObserver:
    """Nobody watches."""

    def trace(self, _: ApiRequest | ApiWebsocket) -> AbstractContextManager[object]:
        return contextlib.nullcontext()

    def ended(self, record: RequestRecord) -> None:
        """Nothing to note."""


def record_of(
    connection: ApiRequest | ApiWebsocket, status: int, sent: int, seconds: float, *, websocket: bool = False
) -> RequestRecord:
    """Sum up what is known of a connection in the end."""
    return RequestRecord(
        connection.method if connection.method in _METHODS else None,
        connection.url_rule.rule if connection.url_rule is not None else None,
        status,
        sent,
        seconds,
        connection.request_id,
        connection.access_token,
        connection.problem_code,
        connection.refused,
        websocket,
    )
