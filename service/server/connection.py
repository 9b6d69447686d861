"""One client's connection, from accept to close."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from . import plain
from .ending import Ending
from .exchange import Exchange
from .fallback import Fallback
from .limits import HALF_CLOSED_SECONDS, WRITE_SIZE
from .response import refusal
from .screening import cannot_become_good

if TYPE_CHECKING:
    import asyncio

    from .core import Core


class Connection(Ending):
    """Owns the socket, and which of the two paths is on it. `waiting_since` is the moment, by the loop's clock, at
    which it began to wait for a request."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._leaving: asyncio.TimerHandle | None = None
        self.waiting_since = 0.0
        self.client: tuple[str, int] | None = None
        self.local: tuple[str, int] | None = None
        self._exchange: Exchange | None = None
        self._fallback: Fallback | None = None

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.set_write_buffer_limits(high=WRITE_SIZE)
        self.client = _address(transport.get_extra_info("peername"))
        self.local = _address(transport.get_extra_info("sockname"))
        self.waiting_since = self.core.time()
        self.deadline = self.waiting_since + self.core.timeouts.idle
        self.core.opened(self)

    def buffer_updated(self, nbytes: int) -> None:
        if self._lingering >= 0:
            self._discard(nbytes)
            return
        self.keep(nbytes)
        if self._fallback is not None:
            self._fallback.wake()
        elif self._exchange is None:
            self._advance()
        else:
            self._exchange.wake()
        self.hold_back()

    def eof_received(self) -> bool:
        self.ended_by_client = True
        if self._lingering >= 0 or (self._exchange is None and self._fallback is None):
            return False
        # Not at once: some clients say so behind their request, and wait for the answer. Most have left.
        self._leaving = self.core.loop.call_later(HALF_CLOSED_SECONDS, self._has_left)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self._leaving is not None:
            self._leaving.cancel()
        self.resume_writing()
        self._client_left()
        if self._fallback is not None:
            self._fallback.close()
        self.deadline = math.inf
        self.core.closed(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._exchange is None and self._fallback is None and self.unread and not self.closing:
            self._advance()

    # What the two paths call

    def wait_idle(self) -> None:
        """Wait for the next request, for as long as an idle connection is kept."""
        if self.core.closing_idle or self.core.full or (self.ended_by_client and not self.unread):
            self.end()
            return
        self.waiting_since = self.core.time()
        self.deadline = self.waiting_since + self.core.timeouts.idle

    def wait_head(self) -> None:
        """Wait for the rest of a head, from now on if it has just begun."""
        if not self._searched:
            self.deadline = self.core.time() + self.core.timeouts.head
        super().wait_head()

    def head_has_come(self) -> None:
        super().head_has_come()
        self.deadline = math.inf

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

    # What the sweep and the shutdown call

    @property
    def busy(self) -> bool:
        """Whether a request or a WebSocket is being handled."""
        return self._exchange is not None or (self._fallback is not None and self._fallback.busy)

    @property
    def in_head(self) -> bool:
        """Whether the head of a request has begun to come, and no more than that."""
        return bool(self.unread) and not self.busy and not self.closing

    def refuse(self) -> None:
        """Answer a request whose head has not come in time, since the service ends."""
        self.write(refusal(503, ((b"retry-after", b"1"),), self.core.date()))
        self.core.on_unreadable(503)
        self.end()

    def sweep(self, now: float) -> None:
        """End what has come to its deadline."""
        if self.writing_deadline <= now:
            self.abort()
        elif self.deadline <= now:
            # What has not read its answer by now will not.
            if self.closing or self._transport.get_write_buffer_size():
                self.abort()
            else:
                self.close()
        elif self.reading_paused and self.busy and self.was_reset():
            self.abort()
        elif self._fallback is not None:
            self._fallback.sweep(now)

    def cancel(self) -> None:
        """Cancel what is being handled: there is no more time for it."""
        # Not at once: a task that is cancelled before its first step would not even answer.
        self.core.loop.call_soon(self._cancel)

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

    def _hand_over(self) -> None:
        """Leave this connection, with all that was not taken, to Hypercorn's."""
        self._fallback = Fallback(self)
        self._fallback.wake()

    def _cancel(self) -> None:
        if self._exchange is not None:
            self._exchange.task.cancel()
        if self._fallback is not None:
            self._fallback.cancel()

    def _has_left(self) -> None:
        if self.busy:
            # From here on there is nobody to answer, also for the app that asks.
            self.lost = True
            self.abort()
        else:
            self.close()

    def _client_left(self) -> None:
        if self._exchange is not None:
            self._exchange.client_left()
        if self._fallback is not None:
            self._fallback.client_left()


def _address(name: Any) -> tuple[str, int] | None:
    return (name[0], name[1]) if isinstance(name, tuple) else None
