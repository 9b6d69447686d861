"""Writes log lines to a stream that other processes may share, and never waits for its reader.

The thread that logs writes by itself, without blocking. A thread of its own that blocks instead would wait after each
write for the interpreter's lock, up to 5 ms while the event loop is busy, and fall behind when there is most to write.

    write ──► lines, at most 1 MiB ──► whole lines, up to 4 KiB at a time ──► pipe, terminal, socket or file
      └─► dropped and counted, from the moment that the bound is reached until what was kept has been written
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from .log_outlet import outlet

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

BOUND = 1024 * 1024
"""Bytes that are kept while the reader stalls: some 3,000 lines."""

GATHERING_SECONDS = 0.05
"""Longest time for which lines are gathered before they are written."""

# Seconds between two tries while the stream is full. A reader that keeps up empties a pipe within the first.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05


class LogWriter:
    """A text stream for `logging` and structlog. `write` gathers whole lines, `flush` writes what can be written now.

    `on_resumed` is told how many lines in a row were dropped, once there is room again. `dropped` counts all of them.
    """

    def __init__(self, stream: TextIO, on_resumed: Callable[[int], None], bound: int = BOUND) -> None:
        self.dropped = 0
        self._on_resumed = on_resumed
        self._outlet = outlet(stream.fileno())
        self._encoding = stream.encoding
        self._bound = bound
        # Reentrant, since a destructor can log at any moment, and does so in the thread that is in here.
        self._lock = threading.RLock()
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._dropping = False
        self._untold = 0
        self._writing = False
        self._failing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathering = False
        self._gathered = 0
        self._due = 0.0
        self._retrying = False
        self._pause = _SHORTEST_PAUSE

    def isatty(self) -> bool:
        return os.isatty(self._outlet.fileno())

    def write(self, text: str) -> int:
        """Take whole lines. Where no event loop runs in this thread, they are written at the next `flush`."""
        data = text.encode(self._encoding, "backslashreplace")
        with self._lock:
            if self._dropping or (self._lines and self._size + len(data) > self._bound):
                self._dropping = True
                self._drop(1)
            else:
                self._lines.append(data)
                self._size += len(data)
                if not self._gathering and not self._retrying:
                    self._gather()
        return len(text)

    def flush(self) -> None:
        """Write what can be written without waiting."""
        resumed = 0
        with self._lock:
            if self._writing:
                return
            self._writing, self._gathering = True, False
            try:
                wrote = self._write_out()
            finally:
                self._writing = False
            if self._lines:
                self._retry_later()
            else:
                self._dropping = False
                if wrote:
                    resumed, self._untold = self._untold, 0
        if resumed:
            # Outside the lock, since it logs.
            self._on_resumed(resumed)

    def finish(self, seconds: float) -> None:
        """Write everything, and wait for the reader for at most so long: the process is about to end."""
        ends = time.monotonic() + seconds
        room = select.poll()
        room.register(self._outlet.fileno(), select.POLLOUT)
        self.flush()
        while self._lines and not self._failing and (left := ends - time.monotonic()) > 0:
            room.poll(left * 1000)
            self.flush()

    def close(self) -> None:
        """Let go of the stream. What is not written is lost."""
        self._outlet.close()

    def _gather(self) -> None:
        with contextlib.suppress(RuntimeError):
            # Raises where none runs in this thread.
            self._loop = asyncio.get_running_loop()
            self._gathering, self._gathered = True, 0
            self._due = self._loop.time() + GATHERING_SECONDS
            self._loop.call_soon(self._turned, self._loop)

    def _turned(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write, once a whole turn of the event loop has brought no further line, or it has been long enough."""
        if len(self._lines) > self._gathered and loop.time() < self._due:
            self._gathered = len(self._lines)
            loop.call_soon(self._turned, loop)
        else:
            self.flush()

    def _retry_later(self) -> None:
        if self._loop is not None and not self._retrying:
            # Raises where it is closed. What is left is written at the next `flush`.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._loop.call_later, self._pause, self._retry)
                self._retrying = True

    def _retry(self) -> None:
        before = self._size
        self._retrying, self._pause = False, min(self._pause * 2, _LONGEST_PAUSE)
        self.flush()
        if self._size < before:
            self._pause = _SHORTEST_PAUSE

    def _write_out(self) -> bool:
        """Write until nothing is left, or there is no more room. Returns whether anything was written."""
        wrote = False
        while self._lines:
            lines = self._next_lines()
            data = b"".join(lines)
            try:
                written = self._outlet.write(data)
                self._failing = False
            except ConnectionError:
                # Nothing reads there any more. A named pipe can get another reader, which begins with a whole line.
                self._size -= len(data)
                self._drop(len(lines))
                continue
            except OSError as error:
                # No room: in the pipe, or on the disk.
                self._failing = not isinstance(error, BlockingIOError)
                self._lines.extendleft(reversed(lines))
                break
            wrote = True
            self._size -= written
            if written < len(data):
                self._lines.extendleft(reversed(data[written:].splitlines(keepends=True)))
        return wrote

    def _next_lines(self) -> list[bytes]:
        """Take off the next line, and those behind it that can be written with it."""
        lines = [self._lines.popleft()]
        size = len(lines[0])
        while self._lines and (size := size + len(self._lines[0])) <= self._outlet.whole:
            lines.append(self._lines.popleft())
        return lines

    def _drop(self, lines: int) -> None:
        self.dropped += lines
        self._untold += lines
