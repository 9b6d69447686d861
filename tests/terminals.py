"""Commands in a terminal of their own, as a person sees them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from .processes import CLEAN, ROOT


class Terminal:
    """A command whose input and output are a terminal, with what it has shown so far."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self._process = process
        self._descriptor = descriptor
        self.shown = ""

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Return once `text` was shown."""
        ends = time.monotonic() + seconds
        while text not in self.shown:
            assert self._read(ends), f"{text!r} was not shown:\n{self.shown}"

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def close(self, seconds: float = 30) -> int:
        """Read to the end, and return the exit status."""
        ends = time.monotonic() + seconds
        while self._read(ends):
            pass
        return self._process.wait(seconds)

    def _read(self, ends: float) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], max(0, ends - time.monotonic()))
        data = b""
        if ready:
            # Linux tells the end of a terminal as an error.
            with contextlib.suppress(OSError):
                data = os.read(self._descriptor, 65536)
        self.shown += data.decode().replace("\r\n", "\n")
        return bool(data)


@contextlib.contextmanager
def terminal(*arguments: str, directory: Path, **environment: str) -> Iterator[Terminal]:
    """Run `python -m service …` in a terminal, and end it whatever happens."""
    outside, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "service", *arguments],
        cwd=directory,
        env={**CLEAN, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "80", **environment},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        # The session's own terminal, so that Ctrl-C typed there is a signal.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(inside)
    try:
        yield Terminal(process, outside)
    finally:
        process.kill()
        process.wait()
        os.close(outside)
