"""Hypercorn's connection, on a socket that `Connection` owns: what is not plain, from its first byte to the end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.typing import ConnectionState

from .checking import CheckedSend
from .exchange import CONNECTION
from .http1 import Http1Protocol
from .inbox import Inbox
from .limits import MAX_QUEUED_MESSAGES, TURN
from .websocket import WebSocketStream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .connection import Connection

log = logging.getLogger(__name__)


class Fallback:
    """Feeds Hypercorn's protocol, in a task of its own that waits where the app does not take what has come.

    It is the protocol's task group too (`spawn_app`), which makes it the owner of the app's task.
    """

    def __init__(self, connection: Connection) -> None:
        core = connection.core
        self._connection = connection
        self._core = core
        self._inbox: Inbox | None = None
        self._app_task: asyncio.Task[None] | None = None
        self._ping_at = 0.0
        self._pings_unanswered = 0
        self._arrived = asyncio.Event()
        self.protocol = Http1Protocol(
            core.app, core.config, core.context, self, ConnectionState({}), False, connection.client, connection.local,
            self._from_protocol, connection=connection,
        )  # fmt: skip
        self._task = core.loop.create_task(self._feed())

    @property
    def has_room(self) -> bool:
        """Whether more of what the client sends can be read, and put before the app."""
        return self._inbox is None or not self._inbox.is_full

    @property
    def busy(self) -> bool:
        # A task that is cancelled before its first step takes no step at all.
        return self._app_task is not None and not self._app_task.done()

    def wake(self) -> None:
        """Look again at what has come."""
        self._pings_unanswered = 0
        self._arrived.set()

    def client_left(self) -> None:
        """Tell the app. One that is not about to take what comes next is cancelled."""
        if self._inbox is not None:
            self._inbox.close()
        if self._app_task is not None and self.busy:
            if self._inbox is None or not self._inbox.is_awaited or self._inbox.kind == "http":
                self._app_task.cancel()
        elif not self._connection.lost:
            self._connection.close()

    def cancel(self) -> None:
        if self._app_task is not None:
            self._app_task.cancel()

    def close(self) -> None:
        """Forget the connection, which is lost."""
        self.protocol.forget()
        self._task.cancel()

    def go_away(self) -> None:
        """Close a WebSocket, since the service ends."""
        if isinstance(self.protocol.stream, WebSocketStream) and self.protocol.stream.go_away():
            self.cancel()

    def sweep(self, now: float) -> None:
        """Ping a WebSocket that is open: a load balancer closes what is quiet, and a client may have vanished."""
        stream = self.protocol.stream
        if now < self._ping_at or not isinstance(stream, WebSocketStream) or not stream.is_open:
            return
        if not self._ping_at:
            # It has just been opened.
            self._ping_at = now + self._core.timeouts.ping
            return
        if not self._connection.reading_paused:
            self._pings_unanswered += 1
        if self._pings_unanswered > 3:
            self._connection.abort()
            return
        self._ping_at = now + self._core.timeouts.ping
        if not self._connection.writing_paused:
            stream.ping()

    # The protocol's task group

    async def spawn_app(
        self, app: Any, config: Any, scope: Any, send: Callable[[Any], Awaitable[None]]
    ) -> Callable[[Any], Awaitable[None]]:
        """Run the app for one request or WebSocket. Returns what puts an event before it."""
        websocket = scope["type"] == "websocket"
        self._inbox = inbox = Inbox(scope["type"], MAX_QUEUED_MESSAGES if websocket else 1)
        scope["extensions"][CONNECTION] = self._connection
        self._app_task = self._core.loop.create_task(self._run(scope, inbox, send))
        return inbox.put

    def spawn(self, func: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        raise RuntimeError("nothing else of Hypercorn's runs beside the app")

    async def _run(self, scope: Any, inbox: Inbox, send: Callable[[Any], Awaitable[None]]) -> None:
        sends = 0
        checked = CheckedSend(send, scope["method"]) if inbox.kind == "http" else send

        async def receive() -> Any:
            await self.protocol.ask_for_body()
            self._arrived.set()
            event = await inbox.get()
            # There may be room for what comes next.
            self._arrived.set()
            return event

        async def send_in_turn(message: Any) -> None:
            nonlocal sends
            sends += 1
            if self._connection.lost and inbox.kind == "http":
                # The task was cancelled when the client left. An app that has caught that ends here.
                raise asyncio.CancelledError
            if sends % TURN == 0 or self._connection.lost:
                await asyncio.sleep(0)
            await checked(message)

        try:
            await self._core.app(scope, receive, send_in_turn)
        except Exception:
            log.exception("unhandled exception in the app")
        finally:
            inbox.close()
            self._app_task = None
            if not self._connection.lost:
                await send(None)

    # Between the protocol and the connection

    async def _feed(self) -> None:
        connection = self._connection
        try:
            while not connection.closing:
                await self._arrived.wait()
                self._arrived.clear()
                await self.protocol.advance()
                if connection.ended_by_client and not self.busy:
                    connection.close()
        except Exception:
            log.exception("the connection broke")
            connection.abort()

    async def _from_protocol(self, event: Event) -> None:
        connection = self._connection
        if isinstance(event, RawData):
            if isinstance(self.protocol.stream, WebSocketStream):
                # Whole, since a pong of ours could come between two parts of the app's message.
                connection.write(event.data)
                await connection.drain()
            else:
                await connection.write_all(event.data)
        elif isinstance(event, Closed):
            connection.end()
        elif isinstance(event, Updated):
            if event.idle:
                connection.wait_idle()
                self._arrived.set()
            else:
                connection.head_has_come()
