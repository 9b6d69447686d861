"""Serve the routes of `routes` in a process of its own, on a free port, which it prints."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from service import server
from service.app import create_app
from service.workers import fork_workers

from ..processes import CLEAN, ROOT
from ..tenant import Tenant, settings
from .routes import blueprint


class Process:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.port = int(process.stdout.readline())

    @property
    def peak(self) -> int:
        """The most memory that it has ever had, in bytes."""
        return self._memory("VmHWM")

    @property
    def resident(self) -> int:
        """The memory that it has now, in bytes."""
        return self._memory("VmRSS")

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def _memory(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0]) * 1024

    async def ended(self, seconds: float) -> int:
        """Wait for its end, and return its exit status."""
        return await asyncio.to_thread(self.process.wait, seconds)


@contextlib.contextmanager
def process(
    workers: int = 1, plain: bool = True, delay: float = 0, grace: float = 0, keys: bool = True
) -> Iterator[Process]:
    """`keys` says that the issuer answers; else each fetch hangs."""
    arguments = map(str, (workers, int(plain), delay, grace, int(keys)))
    command = [sys.executable, "-m", "tests.server.process", *arguments]
    # With its workers in a session of their own, so that all of them are ended.
    running = subprocess.Popen(command, cwd=ROOT, env=CLEAN, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield Process(running)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


def main() -> int:
    workers, plain, delay, grace, keys = (float(argument) for argument in sys.argv[1:])
    listener = server.listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    shutdown = server.ShutdownTimeouts(delay, grace)

    async def serve(stop: asyncio.Event) -> None:
        tenant = Tenant()
        if not keys:
            tenant.gate = asyncio.Event()
        app = create_app(settings(jwks_timeout=60), transport=tenant.transport)
        app.register_blueprint(blueprint)
        await server.serve(app, listener, stop, shutdown=shutdown, plain=bool(plain))

    def work(_: int) -> int:
        return 0 if server.run(serve, wait_for_threads=False) else 1

    if workers == 1:
        return work(0)
    return fork_workers(int(workers), work, 60, listener.close)


if __name__ == "__main__":
    os._exit(main())
