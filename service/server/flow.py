"""Both directions of a connection, each at the pace of its slower side."""

from __future__ import annotations

import asyncio
import math
import socket
from typing import TYPE_CHECKING, Any

from .limits import BODY_READ_SIZE, MAX_BEHIND, MAX_UNREAD, READ_SIZE, WRITE_SIZE

if TYPE_CHECKING:
    from .core import Core

# What libuv and asyncio read into: its bytes are copied before anything else is read, so one does for all.
_BUFFER = memoryview(bytearray(BODY_READ_SIZE))
_SMALL_BUFFER = _BUFFER[:READ_SIZE]

END_OF_HEAD = b"\r\n\r\n"

_RESET = 7  # TCP_CLOSE, as Linux numbers the states of a socket


class Flow(asyncio.BufferedProtocol):
    """Holds what has come and is not taken, and says when writing has to wait.

    `unread` is what the client has sent and neither path has taken: past MAX_UNREAD, or MAX_BEHIND while its request is
    handled, its socket is not read.
    `wants_body` says that the app waits for what comes next. `writing_deadline` is the moment, by the loop's clock, at
    which the client must have taken WRITE_SIZE of what was written; `lost` says that there is nobody to answer.
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        self.unread = bytearray()
        self.wants_body = False
        self.reading_paused = False
        self.lost = False
        self.writing_deadline = math.inf
        self._transport: Any = None
        self._most_unread = MAX_UNREAD
        self._searched = 0
        self._drained: asyncio.Future[None] | None = None

    @property
    def closing(self) -> bool:
        return self.lost or bool(self._transport.is_closing())

    # Reading

    def get_buffer(self, sizehint: int) -> memoryview:
        return _BUFFER if self.wants_body else _SMALL_BUFFER

    def keep(self, nbytes: int) -> None:
        """Keep what was read into the buffer, until it is taken."""
        self.unread += _BUFFER[:nbytes]

    def hold_back(self) -> None:
        """Stop reading, where more has come than is kept."""
        if len(self.unread) > self._most_unread and not self.reading_paused and not self.closing:
            self.reading_paused = True
            self._transport.pause_reading()

    def read_on(self) -> None:
        """Read again, where there is room for what comes."""
        if self.reading_paused and len(self.unread) <= self._most_unread and not self.closing:
            self.reading_paused = False
            self._transport.resume_reading()

    def wait_head(self) -> None:
        """Wait for the rest of a head, for which there must be room."""
        self._searched = len(self.unread)
        self._most_unread = MAX_UNREAD
        self.read_on()

    def head_has_come(self) -> None:
        self._searched = 0
        self._most_unread = MAX_BEHIND

    def take(self, most: int) -> bytes:
        """Take bytes that have come."""
        data = bytes(self.unread[:most])
        del self.unread[:most]
        self.read_on()
        return data

    def find_head(self) -> int:
        """Return the length of the head in `unread`, or 0 where its end has not come."""
        if self.unread.startswith(b"\r\n"):
            # RFC 9112 section 2.2: empty lines before a request are skipped.
            while self.unread.startswith(b"\r\n"):
                del self.unread[:2]
            self._searched = 0
            self.read_on()
        found = self.unread.find(END_OF_HEAD, max(0, self._searched - 3))
        return 0 if found < 0 else found + len(END_OF_HEAD)

    def was_reset(self) -> bool:
        """Ask the kernel whether the client has reset the connection: the loop does not tell while nothing is read."""
        if not hasattr(socket, "TCP_INFO"):
            return False
        state = self._transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        return bool(state[0] == _RESET)

    # Writing

    def pause_writing(self) -> None:
        self._drained = self.core.loop.create_future()
        self.writing_deadline = self.core.time() + self.core.timeouts.response

    def resume_writing(self) -> None:
        self.writing_deadline = math.inf
        if self._drained is not None:
            if not self._drained.done():
                self._drained.set_result(None)
            self._drained = None

    def hold_less(self, most: int) -> None:
        """Wait for the client once more than this many bytes were written that it has not taken."""
        self._transport.set_write_buffer_limits(high=most)

    @property
    def writing_paused(self) -> bool:
        """Whether the client has yet to take what was written."""
        return self._drained is not None

    def write(self, data: bytes | memoryview) -> None:
        """Send bytes, without waiting for the client to take them."""
        if not self.lost:
            self._transport.write(data)

    async def write_all(self, *parts: bytes) -> None:
        """Send bytes, at the pace at which the client takes them. Returns early where it leaves.

        Nothing of them is copied: what is large may be the same for many clients.
        """
        for part in parts:
            view = memoryview(part)
            for begin in range(0, len(view), WRITE_SIZE):
                if self.lost:
                    return
                self.write(view[begin : begin + WRITE_SIZE])
                await self.drain()

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written, or has left."""
        while self._drained is not None:
            # Shielded, since others may wait for it.
            await asyncio.shield(self._drained)
