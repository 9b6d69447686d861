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


# Seconds that a connection has waited for a request before it can be closed for another one.
_LEAST_WAIT = 0.1


class Core:
    """`draining` says that each answer ends its connection; `closing_idle` that idle connections are not kept.

    `most` is how many connections may be open. Where there are more, those that wait for a request are closed, the
    longest waiting first. Where each is in use, the server is `full`: `pause` is called, answers end their connections,
    and `resume` is called once there is room. `on_full` is told each time that something had to be done.
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
        pause: Callable[[], None],
        resume: Callable[[], None],
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
        self.full = False
        # In the order in which they were opened.
        self.connections: dict[Connection, None] = {}
        self._most = most
        self._on_full = on_full
        self._pause = pause
        self._resume = resume
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
        if self.full and len(self.connections) < self._most:
            self.full = False
            self._resume()

    @property
    def sends_away(self) -> bool:
        """Whether each answer ends its connection."""
        return self.draining or self.full

    async def sweep(self) -> None:
        """End what has come to its deadline, until cancelled: one timer for all connections."""
        timeouts = self.timeouts
        shortest = min(timeouts.idle, timeouts.head, timeouts.response, timeouts.linger, timeouts.ping)
        while True:
            await asyncio.sleep(max(0.01, min(1.0, shortest / 4)))
            self._sweep(self.time())

    def _sweep(self, now: float) -> None:
        for connection in list(self.connections):
            connection.sweep(now)
        if self.full:
            self._make_room()

    def _make_room(self) -> None:
        """Close what waits longest; where there is nothing to close, accept no more until there is room.

        A client that sends a head byte by byte has waited since it began to. One that was accepted this moment has not:
        its request may not have been read yet.
        """
        before = self.time() - _LEAST_WAIT
        waiting = [
            each for each in self.connections if not each.busy and not each.closing and each.waiting_since <= before
        ]
        if waiting:
            waiting.sort(key=lambda connection: connection.waiting_since)
            # Several at once where there are many, so that the next ones need not look again.
            count = max(len(self.connections) - self._most + self.full, self._most // 100)
            for connection in waiting[:count]:
                del self.connections[connection]
                connection.abort()
        elif not self.full:
            self.full = True
            self._pause()
        else:
            return
        self._on_full()
