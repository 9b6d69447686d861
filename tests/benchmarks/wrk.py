"""One measurement with wrk: one thread, 64 connections, on its own core."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .process import Broken, cpu_seconds, pinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .process import Running
    from .tokens import TokenFile

CONNECTIONS = 64
_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Measurement:
    """`rate` in requests per second, latencies in milliseconds, `errors` by wrk's kinds where there were any.

    `cpu` is what the server spent on one request, in microseconds of its core; `share` is how much of the core it had.
    """

    requests: int
    rate: float
    p50: float
    p99: float
    cpu: float
    share: float
    errors: dict[str, int]


def measure(server: Running, path: str, tokens: TokenFile | None, seconds: int, core: int) -> Measurement:
    """Load a server for some seconds. Raises Broken when wrk itself fails, not for errors in the answers."""
    arguments = [] if tokens is None else [str(tokens.path), str(tokens.position)]
    result = run_wrk(server, path, _SCRIPT, arguments, seconds, core)
    if tokens is not None:
        # Those in flight at the end were sent too.
        tokens.advance(result.requests + 2 * CONNECTIONS)
    return result


def run_wrk(server: Running, path: str, script: Path, arguments: Sequence[str], seconds: int, core: int) -> Measurement:
    """Load a server with what a script of wrk sends, for some seconds. Raises Broken when wrk itself fails."""
    # Longer than any answer may take: a timeout is to be an error of the server, not of a busy machine.
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)]
    command = pinned(core, ["wrk", *options, f"http://127.0.0.1:{server.port}{path}", "--", *arguments])
    spent = cpu_seconds(server.pid)
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    spent = cpu_seconds(server.pid) - spent
    result = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if done.returncode != 0 or result is None:
        raise Broken(f"wrk failed with status {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    numbers = json.loads(result.removeprefix("RESULT "))
    return Measurement(
        requests=numbers["requests"],
        rate=numbers["requests"] / numbers["microseconds"] * 1e6,
        p50=numbers["p50"] / 1e3,
        p99=numbers["p99"] / 1e3,
        cpu=spent / max(numbers["requests"], 1) * 1e6,
        share=spent / numbers["microseconds"] * 1e6,
        errors={kind: count for kind, count in numbers["errors"].items() if count},
    )
