"""Messages of a WebSocket that wait for its route."""

from __future__ import annotations

import asyncio


class MessageBuffer:
    """As Quart's, which has no bound: holds one message. While the route does not take it, the server is not asked for
    the next, and in the end the client's socket is not read."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | bytes] = asyncio.Queue(1)

    async def put(self, message: str | bytes) -> None:
        await self._queue.put(message)

    async def get(self) -> str | bytes:
        return await self._queue.get()
