"""What waits for the app: bounded, so that a client cannot fill the memory with what nobody takes."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Literal

from .limits import MAX_UNREAD


class Inbox:
    """A queue of ASGI events, at most `most` of them and 32 KiB, or one that is longer. `put` waits for room.

    Both ends are released by `close`, after which the app is told that its client has left. `is_awaited` says that the
    app waits for the next event.
    """

    def __init__(self, kind: Literal["http", "websocket"], most: int) -> None:
        self.kind = kind
        self.is_awaited = False
        self._disconnect = {"type": f"{kind}.disconnect"} | ({"code": 1006} if kind == "websocket" else {})
        self._most = most
        self._events: deque[Any] = deque()
        self._size = 0
        self._closed = False
        self._changed = asyncio.Event()

    async def put(self, event: Any) -> None:
        if event["type"] == self._disconnect["type"]:
            self._disconnect = event
            self.close()
        size = _size(event)
        while self._is_full(size) and not self._closed:
            await self._wait()
        if not self._closed:
            self._events.append(event)
            self._size += size
            self._changed.set()

    async def get(self) -> Any:
        self.is_awaited = True
        while not self._events and not self._closed:
            await self._wait()
        self.is_awaited = False
        if not self._events:
            return self._disconnect
        event = self._events.popleft()
        self._size -= _size(event)
        self._changed.set()
        return event

    def close(self) -> None:
        """Let nothing more in. What was put before can still be taken."""
        self._closed = True
        self._changed.set()

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be read: the next event may be as large as they come."""
        return len(self._events) >= self._most or self._size >= MAX_UNREAD // 2

    def _is_full(self, size: int) -> bool:
        return len(self._events) >= self._most or (bool(self._events) and self._size + size > MAX_UNREAD)

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()


def _size(event: Any) -> int:
    return len(event.get("body") or event.get("bytes") or event.get("text") or b"")
