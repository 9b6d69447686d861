"""Writing to a descriptor without blocking, and without changing how it works for others that share it.

O_NONBLOCK belongs to the open file description, which standard error shares with every process that inherited it.
So a pipe or a terminal is opened once more, through /proc, and a socket is asked for each message not to wait.
"""

from __future__ import annotations

import os
import select
import socket
import stat
from typing import Protocol

# In one write to a file, which takes everything or is full. A pipe takes up to PIPE_BUF bytes whole or not at all, and
# never mixes them with those of another process (POSIX, write).
_FILE_CHUNK = 64 * 1024


class Outlet(Protocol):
    """What takes bytes. `whole` says how many of them it takes at once, or not at all."""

    whole: int

    def write(self, data: bytes) -> int:
        """Write what can be written now, and return how much that was. Raises BlockingIOError and other OSErrors."""

    def fileno(self) -> int: ...

    def close(self) -> None:
        """Close what was opened beside the descriptor."""


def outlet(descriptor: int) -> Outlet:
    """Make what writes to a descriptor, by what kind of file that is."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return File(descriptor)
    if stat.S_ISSOCK(mode):
        return Socket(descriptor)
    try:
        # Not for a regular file: that would be a second position in it.
        return Reopened(descriptor)
    except OSError:
        # No /proc, or not permitted: the log's pipe can belong to another user.
        return Polled(descriptor)


class File:
    """A regular file, where a write does not wait for a reader."""

    whole = _FILE_CHUNK

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> int:
        return os.write(self._descriptor, data)

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        """The descriptor is another's."""


class Reopened(File):
    """A pipe or a device with an open file description of this process's own."""

    whole = select.PIPE_BUF

    def __init__(self, descriptor: int) -> None:
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
        super().__init__(os.open(f"/proc/self/fd/{descriptor}", flags))

    def close(self) -> None:
        os.close(self._descriptor)


class Polled(File):
    """A pipe that says whether it has room. Between the answer and the write another process may take it."""

    whole = select.PIPE_BUF

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, data: bytes) -> int:
        if not self._poll.poll(0):
            raise BlockingIOError
        # With room for PIPE_BUF bytes, more of them would wait.
        return super().write(data[: self.whole])


class Socket:
    """A socket, such as the journal's."""

    whole = select.PIPE_BUF

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))

    def write(self, data: bytes) -> int:
        return self._socket.send(data, socket.MSG_DONTWAIT)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()
