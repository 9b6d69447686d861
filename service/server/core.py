"""What all connections of a server share: the app, the limits, and the register of what is open."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from hypercorn.asyncio.worker_context import WorkerContext

from .connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypercorn.config import Config

    from .limits import ClientTimeouts


class Core:
    """`draining` says that each answer ends its connection; `closing_idle` that idle connections are not kept.

    `most` is how many connections may be open. Where there are more, those that wait for a request are closed, the
    longest waiting first; `on_full` is called when none is left to close.
    """

    def __init__(
        self,
        app: Any,
        *,
        config: Config,
        timeouts: ClientTimeouts,
        plain: bool,
        most: int,
        on_unreadable: Callable[[int], None],
        on_full: Callable[[], None],
        on_room: Callable[[], None],
    ) -> None:
        self.app = app
        self.config = config
        self.context = WorkerContext(None)
        self.timeouts = timeouts
        self.plain = plain
        self.on_unreadable = on_unreadable
        self.loop = asyncio.get_running_loop()
        self.time = self.loop.time
        self.draining = False
        self.closing_idle = False
        # In the order in which they were opened.
        self.connections: dict[Connection, None] = {}
        self._most = most
        self._on_full = on_full
        self._on_room = on_room
        self._is_full = False
        self._date_at = 0
        self._date = b""

    def connect(self) -> Connection:
        """Make the protocol of a connection that was accepted."""
        return Connection(self)

    def date(self) -> bytes:
        """The Date of an answer, written once a second (RFC 9110 section 5.6.7)."""
        now = int(time.time())
        if now != self._date_at:
            self._date_at, self._date = now, formatdate(now, usegmt=True).encode("ascii")
        return self._date

    def opened(self, connection: Connection) -> None:
        self.connections[connection] = None
        if len(self.connections) > self._most:
            self._make_room()

    def closed(self, connection: Connection) -> None:
        self.connections.pop(connection, None)
        if self._is_full and len(self.connections) < self._most:
            self._is_full = False
            self._on_room()

    async def sweep(self) -> None:
        """End what has come to its deadline, until cancelled: one timer for all connections."""
        timeouts = self.timeouts
        shortest = min(timeouts.idle, timeouts.head, timeouts.response, timeouts.linger, timeouts.ping)
        while True:
            await asyncio.sleep(max(0.01, min(1.0, shortest / 4)))
            now = self.time()
            for connection in list(self.connections):
                connection.sweep(now)

    def _make_room(self) -> None:
        *before, _newest = self.connections
        idle = [connection for connection in before if not connection.busy]
        idle.sort(key=lambda connection: connection.deadline)
        # A tenth at once, so that the next ones need not look again.
        for connection in idle[: max(1, self._most // 10)]:
            connection.abort()
        if not idle and not self._is_full:
            self._is_full = True
            self._on_full()
