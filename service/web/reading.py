"""A request's body, read from the client as far as the route asks for it, and counted where it arrives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

if TYPE_CHECKING:
    from collections.abc import Generator

    from hypercorn.typing import ASGIReceiveCallable

    from .requests import ApiRequest

_MIB = 1024 * 1024

# Bytes of framing that are taken with the smallest body.
_LEAST_FRAMING = 16 * 1024


class RequestBody(Body):
    """As Quart's, which reads ahead whatever comes: this one asks the server for the next part.

    Await it for the whole, or iterate over its parts. Raises RequestEntityTooLarge past the request's
    `max_content_length`, whatever the framing, and RequestTimeout where it does not come in time: `seconds` for each
    MiB.
    """

    _receive: ASGIReceiveCallable
    _request: ApiRequest
    _seconds: float | None = None
    _begun_at = 0.0
    _whole: bytes | None = None
    _received = 0
    _overhead = 0
    _ended = False

    def __init__(self, *_: Any) -> None:
        """Quart's makes events, and takes limits that a route could not change."""

    def attach(self, request: ApiRequest, receive: ASGIReceiveCallable, seconds: float | None) -> None:
        """Read from the server of a request."""
        self._request, self._receive, self._seconds = request, receive, seconds

    def __aiter__(self) -> RequestBody:
        return self

    async def __anext__(self) -> bytes:
        while not self._ended:
            part = await self._next()
            if part:
                return part
        raise StopAsyncIteration

    def __await__(self) -> Generator[Any, None, Any]:
        return self._collect().__await__()

    def clear(self) -> None:
        self._whole = b""

    def set_result(self, data: bytes) -> None:
        """Be a body that is there already, as tests make one."""
        self._whole, self._ended = data, True

    async def _collect(self) -> bytes:
        if self._whole is None:
            self._whole = b"".join([part async for part in self])
        return self._whole

    async def _next(self) -> bytes:
        most = self._request.max_content_length
        if most is not None and (self._request.content_length or 0) > most:
            # Before any of it is read.
            raise RequestEntityTooLarge
        now = asyncio.get_running_loop().time()
        self._begun_at = self._begun_at or now
        until = None if self._seconds is None else self._begun_at + self._seconds * (1 + self._received // _MIB)
        try:
            async with asyncio.timeout_at(until):
                message: Any = await self._receive()
        except TimeoutError:
            raise RequestTimeout from None
        if message["type"] == "http.disconnect":
            # The server cancels what handles a request whose client has left.
            raise asyncio.CancelledError
        self._ended = not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        self._received += len(part)
        # The server says what the framing has cost: chunks may have extensions, or a byte each.
        self._overhead += message.get("overhead", 0)
        if most is not None and (self._received > most or self._received + self._overhead > _with_framing(most)):
            raise RequestEntityTooLarge
        return part


def _with_framing(most: int) -> int:
    """Add what a client needs that sends chunks of some hundred bytes or more."""
    return most + most // 16 + _LEAST_FRAMING
