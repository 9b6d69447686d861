"""Serve the routes of `routes` in a process of its own, on a free port, which it prints."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from service import server
from service.app import create_app

from ..processes import CLEAN, ROOT
from ..tenant import Tenant, settings
from .routes import blueprint


class Process:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.pid = process.pid
        self.port = int(process.stdout.readline())

    @property
    def peak(self) -> int:
        """The most memory that it has ever had, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@contextlib.contextmanager
def process() -> Iterator[Process]:
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.server.process"], cwd=ROOT, env=CLEAN, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Process(running)
    finally:
        running.kill()
        running.communicate()


async def main(stop: asyncio.Event) -> None:
    app = create_app(settings(), transport=Tenant().transport)
    app.register_blueprint(blueprint)
    listener = server.listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    await server.serve(app, listener, stop)


if __name__ == "__main__":
    server.run(main)
