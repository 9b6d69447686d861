"""A body that is made while it is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypercorn.typing import ASGISendCallable
    from quart.wrappers.response import ResponseBody

# Seconds that the head of an answer waits for the first part of its body. Until then it can still become another
# answer, where making the body fails; after that, the client learns that its stream has begun.
_HEAD_WAITS = 0.05


class Stream:
    """Sends one answer. `started` says that its head is on the way; `sent` counts the bytes of the body."""

    def __init__(self, send: ASGISendCallable, start: Any) -> None:
        self._send = send
        self._start = start
        self._announcing: asyncio.Task[None] | None = None
        self.started = False
        self.sent = 0

    async def run(self, body: ResponseBody) -> None:
        """Send the parts of `body`, to its end. What it raises escapes."""
        timer = asyncio.get_running_loop().call_later(_HEAD_WAITS, self._announce)
        try:
            async with body as parts:
                async for part in parts:
                    await self._send_part(part.encode() if isinstance(part, str) else part)
            await self._send_head()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            timer.cancel()
            if self._announcing is not None:
                self._announcing.cancel()

    async def _send_part(self, data: bytes) -> None:
        if self._announcing is not None:
            await self._announcing
        await self._send_head()
        self.sent += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def _send_head(self) -> None:
        if not self.started:
            self.started = True
            await self._send(self._start)

    def _announce(self) -> None:
        if not self.started:
            self._announcing = asyncio.create_task(self._send_head_alone())

    async def _send_head_alone(self) -> None:
        await self._send_head()
        await self._send({"type": "http.response.body", "body": b"", "more_body": True})
