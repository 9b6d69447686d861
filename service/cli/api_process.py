"""The API as a child process of `dev`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING

from .output import note

if TYPE_CHECKING:
    import socket

_STOP_SECONDS = 1.5


class ApiProcess:
    """Starts and stops `serve` on a socket that is listening already."""

    def __init__(self, listener: socket.socket, environment: dict[str, str]) -> None:
        self._listener = listener
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        descriptor = self._listener.fileno()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "service", "serve", "--listener", str(descriptor)),
            env=self._environment,
            pass_fds=[descriptor],
            # The child's sign that this process has ended, see `parent` in `service.cli.serve`.
            stdin=asyncio.subprocess.PIPE,
            # A terminal's Ctrl-C reaches `dev` alone, which stops the API in its own way.
            start_new_session=True,
        )
        self._watch = asyncio.create_task(_report_end(self._process))

    async def stop(self) -> None:
        """End the process, and wait until it has."""
        if self._process is None or self._watch is None:
            return
        self._watch.cancel()
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


async def _report_end(process: asyncio.subprocess.Process) -> None:
    status = await process.wait()
    note(f"The API ended with status {status}, see above. It is started again at the next change.")
