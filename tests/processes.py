"""Real processes of the project, on free ports, stopped by the process id that started them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent

# What this machine has set must not decide what a test sees.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("AUTH0_", "JWKS_", "SHUTDOWN_", "LOG_", "CORS_", "TOKEN_", "METRICS_", "AWS_"))
    and name
    not in ("API_IDENTIFIER", "PUBLIC_URL", "HOST", "PORT", "WORKERS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """A running command, with what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (process.stdout, process.stderr)
            if stream is not None
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Return the line that has `text`, once it was printed."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for line in list(self.lines):
                if text in line:
                    return line
            if self.process.poll() is not None and not any(reader.is_alive() for reader in self._readers):
                break
            threading.Event().wait(0.02)
        raise AssertionError(f"{text!r} was not printed:\n{self.output}")

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        return status

    def close(self) -> None:
        for reader in self._readers:
            reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@contextlib.contextmanager
def service(*arguments: str, directory: Path, stderr: int = subprocess.PIPE, **environment: str) -> Iterator[Service]:
    """Run `python -m service …` in `directory`, and end it whatever happens. `stderr` is a descriptor that the test
    reads by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service", *arguments],
        cwd=directory,
        env={**CLEAN, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=stderr,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    running = Service(process)
    try:
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        running.close()


def run(
    *arguments: str, directory: Path, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. `stdin` is what it reads there, by default nothing; what is not UTF-8 is a lone
    surrogate in it, as in what the command prints."""
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        cwd=directory,
        env={**CLEAN, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=60,
        check=False,
        input=stdin or "",
    )


def until_ready(address: str, seconds: float = 60) -> None:
    """Wait for `/readyz`."""
    ends = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{address}/readyz", trust_env=False).status_code == 200:
                return
        if time.monotonic() > ends:
            raise AssertionError(f"{address} did not become ready")
        threading.Event().wait(0.05)
