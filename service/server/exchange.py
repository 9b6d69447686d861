"""A plain request and its answer, as ASGI."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .limits import TURN, WRITE_SIZE
from .response import END_OF_CHUNKS, BadResponse, chunk, write_head

if TYPE_CHECKING:
    from .connection import Connection
    from .plain import PlainHead

log = logging.getLogger(__name__)

ASGI = {"version": "3.0", "spec_version": "2.3"}

CONNECTION = "service.connection"
"""The extension of a scope by which an app can ask whether its client has left (`lost`, `ended_by_client`)."""


class Exchange:
    """Runs the app for one request, in a task of its own. `receive` takes from the connection what is asked for, so
    that nothing of a body is read before."""

    def __init__(self, connection: Connection, head: PlainHead) -> None:
        self._connection = connection
        self._head = head
        self._body_left = head.length
        self._body_given = False
        self._arrived: asyncio.Future[None] | None = None
        self._start: Any = None
        self._length_left: int | None = None
        self._head_written = False
        self._bodiless = False
        self._complete = False
        self._close = head.close
        self._sends = 0
        self._client_left = False
        self.task = connection.core.loop.create_task(self._run())

    def wake(self) -> None:
        """Let `receive` look again at what has come."""
        if self._arrived is not None and not self._arrived.done():
            self._connection.wants_body = False
            self._arrived.set_result(None)

    def client_left(self) -> None:
        self._client_left = True
        self.task.cancel()

    async def _run(self) -> None:
        connection = self._connection
        raw_path = self._head.raw_path
        path = raw_path.decode("ascii")
        scope: Any = {
            "type": "http",
            "asgi": ASGI,
            "http_version": "1.1",
            "method": self._head.method,
            "scheme": "http",
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": self._head.query,
            "root_path": "",
            "headers": self._head.headers,
            "client": connection.client,
            "server": connection.local,
            "state": {},
            "extensions": {CONNECTION: connection},
        }
        try:
            await connection.core.app(scope, self._receive, self._send)
        except Exception:
            log.exception("unhandled exception in the app")
        finally:
            self._end()

    def _end(self) -> None:
        connection = self._connection
        if not self._complete and not connection.lost:
            # RFC 9112 section 8: without its end, the client knows that a body was cut.
            self._close = True
            if not self._head_written and not self._client_left:
                connection.write(write_head(500, (), connection.core.date(), close=True, whole=0).head)
        connection.answered(close=self._close, unread_body=self._body_left)

    async def _receive(self) -> Any:
        connection = self._connection
        # ASGI: once the answer is complete, the client has left as far as the app is concerned.
        while not connection.lost and not self._complete:
            if self._body_left and connection.unread:
                data = connection.take(self._body_left)
                self._body_left -= len(data)
                self._body_given = not self._body_left
                return {"type": "http.request", "body": data, "more_body": bool(self._body_left)}
            if not self._body_left and not self._body_given:
                self._body_given = True
                return {"type": "http.request", "body": b"", "more_body": False}
            connection.wants_body = bool(self._body_left)
            self._arrived = connection.core.loop.create_future()
            await self._arrived
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        connection = self._connection
        if connection.lost:
            # The task was cancelled when the client left. An app that has caught that ends here.
            raise asyncio.CancelledError
        kind = message["type"]
        if kind == "http.response.start" and not self._head_written:
            # Another one replaces it: an answer that cannot be written becomes a 500.
            self._start = message
        elif kind == "http.response.body" and self._start is not None and not self._complete:
            body, more = message.get("body", b""), message.get("more_body", False)
            parts = self._frame(body, more=more)
            if len(body) <= WRITE_SIZE:
                connection.write(b"".join(parts))
            else:
                await connection.write_all(*parts)
            self._complete = not more
            if more:
                await self._take_turns()
            else:
                self.wake()
        else:
            raise RuntimeError(f"unexpected message {kind!r}")

    async def _take_turns(self) -> None:
        self._sends += 1
        if self._connection.writing_paused:
            await self._connection.drain()
        elif self._sends % TURN == 0:
            await asyncio.sleep(0)

    def _frame(self, body: bytes, *, more: bool) -> tuple[bytes, ...]:
        head = b"" if self._head_written else self._write_head(None if more else len(body))
        if self._bodiless:
            body = b""
        if self._length_left is None:
            self._head_written = True
            end = b"" if more or self._bodiless else END_OF_CHUNKS
            return (head, *chunk(body), end) if body else (head, end)
        self._length_left -= len(body)
        if self._length_left < 0 or (self._length_left and not more and not self._bodiless):
            few_or_many = "more" if self._length_left < 0 else "fewer"
            raise BadResponse(f"the answer has {few_or_many} bytes than its Content-Length says")
        self._head_written = True
        return head, body

    def _write_head(self, whole: int | None) -> bytes:
        connection = self._connection
        written = write_head(
            self._start["status"],
            self._start.get("headers", ()),
            connection.core.date(),
            to_head=self._head.method == "HEAD",
            close=self._close or connection.core.sends_away or self._body_left > len(connection.unread),
            whole=whole,
        )
        self._length_left, self._bodiless, self._close = written.length, written.bodiless, written.close
        return written.head
