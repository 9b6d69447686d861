"""What stands between a client and the app: the tail, bursts, idle connections, bodies, streams, WebSockets.

    uv run -m tests.benchmarks.connection [--against CHECKOUT]

`--against` measures another checkout of the service in turns with this one, and gives the ratios. It needs two cores
and wrk, and takes about a minute for each checkout.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect

from . import checks, machine
from .idle import idle_connections
from .issuer import running_issuer
from .process import Broken, Running, cpu_seconds, running_server
from .servers import ROOT, our_launch
from .tokens import sign_tokens
from .wrk import CONNECTIONS, run_wrk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .issuer import Issuer
    from .wrk import Measurement

_SCRIPT = Path(__file__).with_name("connection.lua")
_EXTRA = Path(__file__).parent / "apps" / "extra_routes.py"
_SECONDS = 3
_ROUNDS = 3
_IDLE = 1000
_MESSAGES = 3000
_SOCKETS = 8


class Bench:
    """One running service, and a good token for it."""

    def __init__(self, running: Running, token: str, core: int) -> None:
        self._running = running
        self._token = token
        self._core = core

    def rate(self, path: str = "/api/private", method: str = "GET", size: int = 0, how: str = "keep") -> float:
        """Requests per second, with 64 connections."""
        return self._load(path, method, size, how).rate

    def tail(self) -> float:
        """The 99th percentile of latencies at 70 % of the peak, in milliseconds."""
        pause = CONNECTIONS / (0.7 * self.rate()) * 1000
        return self._load("/api/private", "GET", 0, "keep", pause).p99

    def burst(self) -> float:
        """The slowest first answer of 64 connections that are opened at once, in milliseconds."""
        return asyncio.run(self._burst()) * 1000

    def socket_cost(self) -> float:
        """CPU time for a WebSocket message that is sent back, in microseconds, at about 1,000 a second."""
        before = cpu_seconds(self._running.pid)
        asyncio.run(self._echo())
        return (cpu_seconds(self._running.pid) - before) / _MESSAGES * 1e6

    def idle_memory(self) -> float:
        """Memory for 1,000 idle connections, in MB."""
        before = _resident(self._running.pid)
        with idle_connections(self._running.port, "/api/private", self._token, _IDLE):
            return _resident(self._running.pid) - before

    def _load(self, path: str, method: str, size: int, how: str, pause: float = 0) -> Measurement:
        arguments = [self._token, method, str(size), how, f"{pause:.0f}"]
        result = run_wrk(self._running, path, _SCRIPT, arguments, _SECONDS, self._core)
        if result.errors and how == "keep":
            raise Broken(f"{method} {path}: {result.errors}")
        return result

    async def _burst(self) -> float:
        request = f"GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self._token}\r\n\r\n".encode()

        async def first() -> float:
            began = time.perf_counter()
            reader, writer = await asyncio.open_connection("127.0.0.1", self._running.port)
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")
            ended = time.perf_counter() - began
            writer.close()
            return ended

        return max(await asyncio.gather(*(first() for _ in range(CONNECTIONS))))

    async def _echo(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}

        async def talk() -> None:
            url = f"ws://127.0.0.1:{self._running.port}/extra/echo"
            async with connect(url, additional_headers=headers, proxy=None, compression=None) as socket:
                for _ in range(_MESSAGES // _SOCKETS):
                    await socket.send("a" * 100)
                    await socket.recv()
                    await asyncio.sleep(_SOCKETS / 1000)

        await asyncio.gather(*(talk() for _ in range(_SOCKETS)))


MEASURES: dict[str, tuple[str, Callable[[Bench], float], bool]] = {
    # Unit, measure, and whether more is better.
    "warm": ("requests/s", Bench.rate, True),
    # Early: what the others have freed would hold it.
    "1,000 idle connections": ("MB", Bench.idle_memory, False),
    "p99 at 70 % of the peak": ("ms", Bench.tail, False),
    "slowest first of 64 new connections": ("ms", Bench.burst, False),
    "POST of 1 KB of JSON": ("requests/s", lambda one: one.rate("/extra/json", "POST", 1024), True),
    "a stream of 1 MB": ("streams/s", lambda one: one.rate("/extra/stream"), True),
    "a new connection for each request": ("requests/s", lambda one: one.rate(how="close"), True),
    "a WebSocket message": ("CPU µs", Bench.socket_cost, False),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.connection", description=__doc__)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout of the service")
    checkouts = [ROOT, *filter(None, [parser.parse_args().against])]
    try:
        machine.require_programs()
        machine.allow_open_files()
        with tempfile.TemporaryDirectory(prefix="connection-run-") as directory:
            _run(checkouts, machine.choose_cores(), Path(directory))
    except (machine.Unmet, Broken) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, machine.Unmet) else 1
    return 0


def _run(checkouts: list[Path], cores: machine.Cores, directory: Path) -> None:
    with contextlib.ExitStack() as stack:
        issuer = stack.enter_context(running_issuer(directory))
        token = sign_tokens(issuer, directory / "tokens", 1, "connection").first()
        os.sched_setaffinity(0, {cores.client})
        benches = [
            Bench(stack.enter_context(_running(name, checkout, issuer, token, cores, directory)), token, cores.client)
            for name, checkout in zip(("this", "other"), checkouts, strict=False)
        ]
        for name, (unit, measure, more_is_better) in MEASURES.items():
            rounds = [[measure(bench) for bench in benches] for _ in range(_ROUNDS)]
            values = [median(column) for column in zip(*rounds, strict=True)]
            ratio = ""
            if len(values) == 2:
                better = values[0] / values[1] if more_is_better else values[1] / values[0]
                ratio = f", {better:.2f} times as good as the other's {values[1]:,.1f}"
            sys.stdout.write(f"{name}: {values[0]:,.1f} {unit}{ratio}\n")
    os.sched_setaffinity(0, {cores.server, cores.client})
    _compare_workers(checkouts[0], cores, directory)


def _compare_workers(checkout: Path, cores: machine.Cores, directory: Path) -> None:
    """One worker and two, on both cores, with the client on the same machine."""
    rates = []
    for count in (1, 2):
        with contextlib.ExitStack() as stack:
            issuer = stack.enter_context(running_issuer(directory))
            token = sign_tokens(issuer, directory / "tokens", 1, "workers").first()
            name = f"{count} workers"
            running = _running(name, checkout, issuer, token, cores, directory, pin=False, WORKERS=str(count))
            bench = Bench(stack.enter_context(running), token, cores.client)
            rates.append(median(bench.rate() for _ in range(_ROUNDS)))
    sys.stdout.write(f"two workers on two cores, with the client: {rates[1] / rates[0]:.2f} times one\n")


@contextlib.contextmanager
def _running(
    name: str,
    checkout: Path,
    issuer: Issuer,
    token: str,
    cores: machine.Cores,
    directory: Path,
    *,
    pin: bool = True,
    **settings: str,
) -> Iterator[Running]:
    """Run a copy of a checkout's service, with a few more routes."""
    copy = directory / name
    shutil.copytree(checkout / "service", copy / "service", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(_EXTRA, copy / "service" / "routes" / "extra.py")
    launch = our_launch(issuer, copy, **settings)
    core = cores.server if pin else f"{min(cores.server, cores.client)},{max(cores.server, cores.client)}"
    with running_server(name, launch.command, launch.variables, launch.port, core, directory) as running:
        checks.message_of(launch.port, "/api/private", token)
        yield running


def _resident(pid: int) -> float:
    """The memory of a process, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
