"""One client's connection, from accept to close."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from typing import TYPE_CHECKING, Any

from . import plain
from .exchange import Exchange
from .fallback import Fallback
from .limits import BODY_READ_SIZE, LINGER_BYTES, MAX_UNREAD, READ_SIZE, WRITE_SIZE
from .response import refusal
from .screening import cannot_become_good

if TYPE_CHECKING:
    from .core import Core

# What libuv and asyncio read into: its bytes are copied before anything else is read, so one does for all.
_BUFFER = memoryview(bytearray(BODY_READ_SIZE))
_SMALL_BUFFER = _BUFFER[:READ_SIZE]

END_OF_HEAD = b"\r\n\r\n"


class Connection(asyncio.BufferedProtocol):
    """Owns the socket, what has come and is not taken, and the deadline. Everything of a connection ends here.

    `unread` is what the client has sent and neither path has taken. `deadline` is the moment, by the loop's clock, at
    which the connection is ended for what the client does not do; `lost` says that there is nobody to answer.
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        self.unread = bytearray()
        self.lost = False
        self.ended_by_client = False
        self.deadline = math.inf
        self.writing_deadline = math.inf
        self.wants_body = False
        self.client: tuple[str, int] | None = None
        self.local: tuple[str, int] | None = None
        self._transport: Any = None
        self._exchange: Exchange | None = None
        self._fallback: Fallback | None = None
        self._searched = 0
        self._lingering = -1
        self.reading_paused = False
        self._drained: asyncio.Future[None] | None = None

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.set_write_buffer_limits(high=WRITE_SIZE)
        self.client = _address(transport.get_extra_info("peername"))
        self.local = _address(transport.get_extra_info("sockname"))
        self.deadline = self.core.time() + self.core.timeouts.idle
        self.core.opened(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _BUFFER if self.wants_body else _SMALL_BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        if self._lingering >= 0:
            self._lingering += nbytes
            if self._lingering > LINGER_BYTES:
                self.abort()
            return
        self.unread += _BUFFER[:nbytes]
        if self._fallback is not None:
            self._fallback.wake()
        elif self._exchange is None:
            self._advance()
        else:
            self._exchange.wake()
        if len(self.unread) > MAX_UNREAD and not self.reading_paused and not self.closing:
            self.reading_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self.ended_by_client = True
        if self._exchange is None and self._fallback is None:
            return False
        # Not at once: a request that came in the same packet gets its answer, where making it needs no waiting.
        self.core.loop.call_soon(self._client_left)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.resume_writing()
        self._client_left()
        if self._fallback is not None:
            self._fallback.close()
        self.deadline = math.inf
        self.core.closed(self)

    def pause_writing(self) -> None:
        self._drained = self.core.loop.create_future()
        self.writing_deadline = self.core.time() + self.core.timeouts.response

    def resume_writing(self) -> None:
        self.writing_deadline = math.inf
        if self._drained is not None:
            if not self._drained.done():
                self._drained.set_result(None)
            self._drained = None
            if self._exchange is None and self._fallback is None and self.unread and not self.closing:
                self._advance()

    # What the two paths call

    @property
    def closing(self) -> bool:
        return self.lost or self._lingering >= 0 or bool(self._transport.is_closing())

    @property
    def writing_paused(self) -> bool:
        """Whether the client has yet to take what was written."""
        return self._drained is not None

    def write(self, data: bytes) -> None:
        """Send bytes, without waiting for the client to take them."""
        if not self.lost:
            self._transport.write(data)

    async def write_all(self, data: bytes) -> None:
        """Send bytes, at the pace at which the client takes them. Returns early where it leaves."""
        for begin in range(0, len(data), WRITE_SIZE):
            self.write(data[begin : begin + WRITE_SIZE] if len(data) > WRITE_SIZE else data)
            await self.drain()

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written, or has left."""
        while self._drained is not None:
            # Shielded, since others may wait for it.
            await asyncio.shield(self._drained)

    def take(self, most: int) -> bytes:
        """Take bytes that have come."""
        data = bytes(self.unread[:most])
        del self.unread[:most]
        if self.reading_paused and len(self.unread) <= MAX_UNREAD and not self.closing:
            self.reading_paused = False
            self._transport.resume_reading()
        return data

    def wait_idle(self) -> None:
        """Wait for the next request, for as long as an idle connection is kept."""
        if self.core.closing_idle:
            self.end()
        else:
            self.deadline = self.core.time() + self.core.timeouts.idle

    def wait_head(self) -> None:
        """Wait for the rest of a head, from now on if it has just begun."""
        if not self._searched:
            self.deadline = self.core.time() + self.core.timeouts.head
        self._searched = len(self.unread)

    def head_has_come(self) -> None:
        self._searched = 0
        self.deadline = math.inf

    def find_head(self) -> int:
        """Return the length of the head in `unread`, or 0 where its end has not come."""
        while self.unread.startswith(b"\r\n"):
            # RFC 9112 section 2.2: empty lines before a request are skipped.
            del self.unread[:2]
            self._searched = 0
        found = self.unread.find(END_OF_HEAD, max(0, self._searched - 3))
        return 0 if found < 0 else found + len(END_OF_HEAD)

    def answered(self, *, close: bool, unread_body: int) -> None:
        """Go on after a plain request, of whose body `unread_body` bytes were not taken."""
        self._exchange = None
        self.wants_body = False
        arrived = unread_body <= len(self.unread)
        if close or not arrived:
            self.end()
            return
        if unread_body:
            self.take(unread_body)
        self.wait_idle()
        if self.unread and not self.closing:
            self._advance()

    def end(self) -> None:
        """Close, after what was written, and once the client has had time to read it.

        RFC 9112 section 9.6: closed while the client still sends, the answer would be lost.
        """
        if self.closing:
            return
        if self.ended_by_client:
            self.close()
            return
        self._lingering = 0
        self.unread.clear()
        self.wants_body = True
        self._limit_closing()
        if self.reading_paused:
            self.reading_paused = False
            self._transport.resume_reading()
        self._transport.write_eof()

    def close(self) -> None:
        """Close what is idle, or what lingers."""
        if not self.lost:
            self._transport.close()
            self._limit_closing()

    def _limit_closing(self) -> None:
        timeouts = self.core.timeouts
        to_write = self._transport.get_write_buffer_size()
        self.deadline = self.core.time() + (timeouts.response if to_write else timeouts.linger)

    def abort(self) -> None:
        """End the connection, and leave what the client has not read."""
        self._transport.abort()

    def reset(self) -> None:
        """End the connection so that the client sees an error, and no end: what it got is not all."""
        # Without time to linger, close() sends a RST instead of a FIN (RFC 9293 section 3.10.4).
        linger = struct.pack("ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    # What the sweep and the shutdown call

    @property
    def busy(self) -> bool:
        """Whether a request or a WebSocket is being handled."""
        return self._exchange is not None or (self._fallback is not None and self._fallback.busy)

    @property
    def in_head(self) -> bool:
        """Whether the head of a request has begun to come, and no more than that."""
        return bool(self.unread) and not self.busy and not self.closing

    @property
    def unsent(self) -> int:
        """Bytes that were written and that the client has not made room for."""
        return 0 if self.lost else self._transport.get_write_buffer_size()

    def refuse(self) -> None:
        """Answer a request whose head has not come in time, since the service ends."""
        self.write(refusal(503, ((b"retry-after", b"1"),), self.core.date()))
        self.core.on_unreadable(503)
        self.end()

    def sweep(self, now: float) -> None:
        """End what has come to its deadline."""
        if self.writing_deadline <= now or (self.deadline <= now and self.closing):
            self.abort()
        elif self.deadline <= now:
            self.close()
        elif self._fallback is not None:
            self._fallback.sweep(now)

    def cancel(self) -> None:
        """Cancel what is being handled: there is no more time for it."""
        if self._exchange is not None:
            self._exchange.task.cancel()
        if self._fallback is not None:
            self._fallback.cancel()

    def say_goodbye(self) -> None:
        """Close a WebSocket, which would not end by itself."""
        if self._fallback is not None:
            self._fallback.go_away()

    # The plain path

    def _advance(self) -> None:
        """Read the next head, if it is there."""
        if not self.core.plain:
            self._hand_over()
            return
        length = self.find_head()
        if not length:
            if cannot_become_good(self.unread):
                self._hand_over()
            elif self.unread:
                self.wait_head()
            return
        if self._drained is not None:
            # The client has yet to read the answers to what it has asked before.
            return
        raw = self.take(length)
        head = plain.read(raw)
        if head is None:
            self.unread[:0] = raw
            self._hand_over()
            return
        self.head_has_come()
        self._exchange = Exchange(self, head)
        if self.ended_by_client:
            self.core.loop.call_soon(self._client_left)

    def _hand_over(self) -> None:
        """Leave this connection, with all that was not taken, to Hypercorn's."""
        self._fallback = Fallback(self)
        self._fallback.wake()

    def _client_left(self) -> None:
        if self._exchange is not None:
            self._exchange.client_left()
        if self._fallback is not None:
            self._fallback.client_left()


def _address(name: Any) -> tuple[str, int] | None:
    return (name[0], name[1]) if isinstance(name, tuple) else None
