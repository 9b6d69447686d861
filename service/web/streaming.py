"""What outlives the moment at which its token was verified: a body that is made while it is sent, a WebSocket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from ..auth import TokenExpired

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from hypercorn.typing import ASGISendCallable
    from quart.wrappers.response import ResponseBody

    from .requests import ApiWebsocket

Result = TypeVar("Result")

# Seconds that the head of an answer waits for the first part of its body. Until then it can still become another
# answer, where making the body fails; after that, the client learns that its stream has begun.
_HEAD_WAITS = 0.25


class Stream:
    """Sends one answer. `started` says that its head is on the way; `sent` counts the bytes of the body.

    `lifetime` is the number of seconds after which the token ends with which it was asked for, or `None` without one.
    """

    def __init__(self, send: ASGISendCallable, start: Any, lifetime: float | None = None) -> None:
        self._send = send
        self._start = start
        self._loop = asyncio.get_running_loop()
        self._token_ends = None if lifetime is None else self._loop.time() + lifetime
        self._announcing: asyncio.Task[None] | None = None
        self.started = False
        self.sent = 0

    async def run(self, body: ResponseBody) -> None:
        """Send the parts of `body`, to its end. Raises TokenExpired where the token ends before, and what making the
        body raises: then the answer is cut, and does not end as if it were whole (RFC 9112 section 8)."""
        timer = self._loop.call_later(_HEAD_WAITS, self._announce)
        try:
            async with asyncio.timeout_at(self._token_ends) as limit:
                await self._run(body)
        except TimeoutError:
            if limit.expired():
                raise _expired() from None
            raise
        finally:
            timer.cancel()
            if self._announcing is not None:
                self._announcing.cancel()

    async def _run(self, body: ResponseBody) -> None:
        async with body as parts:
            async for part in parts:
                # Also looked at here: a timeout never comes to a body that never waits.
                if self._token_ends is not None and self._loop.time() >= self._token_ends:
                    raise _expired()
                data = part.encode() if isinstance(part, str) else part
                await self._send_part(data, more=True)
                self.sent += len(data)
        await self._send_part(b"", more=False)

    async def _send_part(self, data: bytes, *, more: bool) -> None:
        if self._announcing is not None:
            await self._announcing
        elif not self.started:
            self.started = True
            await self._send(self._start)
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    def _announce(self) -> None:
        if not self.started:
            self.started = True
            self._announcing = asyncio.create_task(self._send_head_alone())

    async def _send_head_alone(self) -> None:
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": b"", "more_body": True})


async def until_token_ends(
    websocket: ApiWebsocket, lifetime: float | None, handling: Coroutine[Any, Any, Result]
) -> Result | None:
    """Handle a WebSocket, at most for `lifetime` seconds, those that its token has left. Then it is closed with 1008,
    or, where it was not accepted yet, TokenExpired is raised."""
    try:
        async with asyncio.timeout(lifetime) as limit:
            return await handling
    except TimeoutError:
        if not limit.expired():
            raise
    if not websocket.accepted:
        raise TokenExpired("The token has expired. Get a new one.")
    await websocket.close(1008, "The access token has expired.")
    return None


def _expired() -> TokenExpired:
    return TokenExpired("The token expired while the answer was being sent.")
