"""The end of a connection: what was written is flushed, the client has time to read it, and nothing waits for ever."""

from __future__ import annotations

import math
import socket
import struct
from typing import TYPE_CHECKING

from .flow import Flow
from .limits import LINGER_BYTES, LONGEST_LINGER

if TYPE_CHECKING:
    from .core import Core


class Ending(Flow):
    """`deadline` is the moment, by the loop's clock, at which the connection is ended for what the client does not do;
    `ended_by_client` says that the client has said that it sends no more."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.deadline = math.inf
        self.ended_by_client = False
        # Bytes that were discarded since the last answer, below zero before it, and the moment at which none is read.
        self._lingering = -1
        self._lingers_until = math.inf

    @property
    def closing(self) -> bool:
        return self._lingering >= 0 or super().closing

    def write(self, data: bytes | memoryview) -> None:
        """Send bytes, without waiting for the client to take them. Nothing is sent after the last answer."""
        if self._lingering < 0:
            super().write(data)

    @property
    def unsent(self) -> int:
        """Bytes that were written and that the client has not made room for."""
        return 0 if self.lost else self._transport.get_write_buffer_size()

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
        self._lingers_until = self.core.time() + LONGEST_LINGER
        self.unread.clear()
        self.wants_body = True
        self._limit_closing()
        if self.reading_paused:
            self.reading_paused = False
            self._transport.resume_reading()
        self._transport.write_eof()

    def _discard(self, nbytes: int) -> None:
        """Go on waiting for a client that still sends what was refused, and would not read the answer before."""
        self._lingering += nbytes
        if self._lingering > LINGER_BYTES:
            self.abort()
        else:
            waits_until = self.core.time() + self.core.timeouts.linger
            self.deadline = max(self.deadline, min(waits_until, self._lingers_until))

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
