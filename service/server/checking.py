"""An answer that Hypercorn's stream and h11 are to write, checked before they see it: what they have begun, they
cannot take back. The plain path checks as it writes (`Exchange`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .response import BadResponse, write_head

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class CheckedSend:
    """The `send` of a request. Raises BadResponse for an answer that cannot be written, after which the app may send
    another one, as far as its head and the first part of its body show it."""

    def __init__(self, send: Callable[[Any], Awaitable[None]], method: str) -> None:
        self._send = send
        self._to_head = method == "HEAD"
        self._start: Any = None
        self._begun = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and not self._begun:
            self._start = message
            return
        if message["type"] == "http.response.body" and self._start is not None:
            self._check(len(message.get("body", b"")), more=message.get("more_body", False))
            start, self._start, self._begun = self._start, None, True
            await self._send(start)
        await self._send(message)

    def _check(self, size: int, *, more: bool) -> None:
        start = self._start
        head = write_head(start["status"], start.get("headers", ()), b"", to_head=self._to_head)
        if head.length is None or head.bodiless:
            return
        if size > head.length or (size < head.length and not more):
            raise BadResponse(f"the answer has {size} bytes, and its Content-Length is {head.length}")
