"""A run: all the servers started and checked, then measured in turns, and stopped again, come what may."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import checks, process
from .idle import idle_connections
from .issuer import running_issuer
from .machine import Cores, Unmet
from .report import Results
from .servers import OURS
from .tokens import REPEATED, TokenFile, sign_tokens
from .wrk import measure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .issuer import Issuer
    from .rows import Row
    from .servers import Server
    from .wrk import Measurement

WARM_UP = 2
"""Seconds of load before the first round: Node compiles what it has seen often, the service fills its cache."""

LEAD_IN = 1
"""Seconds of load before each measurement: after a pause a server starts slowly, Node above all."""

SETTLE = 0.5
"""Seconds between two measurements, in which a server closes the connections of the last one."""


@dataclass(frozen=True)
class Options:
    rounds: int
    seconds: int
    different_tokens: int


def run(rows: Sequence[Row], options: Options, cores: Cores, directory: Path) -> Results:
    """Measure the rows in alternating rounds. Raises Broken for a server that does not work as it should."""
    results = Results()
    with contextlib.ExitStack() as stack:
        issuer = stack.enter_context(running_issuer(directory))
        say(f"signing {options.different_tokens:,} tokens")
        warm = sign_tokens(issuer, directory / "warm.tokens", REPEATED, "warm")
        cold = sign_tokens(issuer, directory / "cold.tokens", options.different_tokens, "cold")
        # Not before the signing, which takes every core.
        os.sched_setaffinity(0, {cores.client})

        bench = _Bench(cores, directory, issuer, warm, cold)
        bench.start(stack, [row.server for row in rows], results)
        rows = [row for row in rows if row.server in bench.running]
        for row in rows:
            bench.check(row)
        for server in dict.fromkeys(row.server for row in rows):
            say(f"warming up {server.name}")
            measure(bench.running[server], "/api/private", warm, WARM_UP, cores.client)
        for number in range(1, options.rounds + 1):
            for row in rows:
                result = bench.measure(row, options.seconds)
                results.rounds.setdefault(row, []).append(result)
                say(f"round {number} of {options.rounds}: {row.name} {result.rate:,.0f}/s {result.errors or ''}")
    return results


class _Bench:
    """The running servers, and the tokens that they get."""

    def __init__(self, cores: Cores, directory: Path, issuer: Issuer, warm: TokenFile, cold: TokenFile) -> None:
        self.running: dict[Server, process.Running] = {}
        self._cores = cores
        self._directory = directory
        self._issuer = issuer
        self._warm = warm
        self._cold = cold
        # Each server goes through the tokens by itself, so that none meets one again that it may remember.
        self._cold_of: dict[Server, TokenFile] = {}
        self._token = warm.first()
        self._message = ""

    def start(self, stack: contextlib.ExitStack, servers: Sequence[Server], results: Results) -> None:
        """Start each server once; the service first, even if it is not asked for: what it answers, all answer."""
        for server in dict.fromkeys([OURS, *servers]):
            say(f"starting {server.name}")
            try:
                launch = server.launch(self._issuer, self._message)
            except Unmet as error:
                say(f"skipping {server.name}: {error}")
                results.skipped[server.name] = str(error)
                continue
            context = process.running_server(
                server.name, launch.command, launch.variables, launch.port, self._cores.server, self._directory
            )
            self.running[server] = running = stack.enter_context(context)
            if server is OURS:
                self._message = checks.message_of(launch.port, "/api/private", self._token)
            self._cold_of[server] = dataclasses.replace(self._cold)
            if "python" in launch.command[0]:
                results.event_loops[server.name] = process.event_loop(running.pid)

    def check(self, row: Row) -> None:
        port = self.running[row.server].port
        try:
            if row.path == "/api/public":
                checks.message_of(port, row.path, None)
                return
            checks.check_body(port, row.path, self._token, self._message)
            if row.server.without_token != 200:
                checks.check_refusals(port, row.path, self._token, row.server.without_token)
        except process.Broken as error:
            raise process.Broken(f"{row.server.name}: {error}") from None

    def measure(self, row: Row, seconds: int) -> Measurement:
        server = self.running[row.server]
        tokens = {"none": None, "warm": self._warm, "cold": self._cold_of[row.server]}[row.tokens]
        idle = idle_connections(server.port, row.path, self._token, row.idle) if row.idle else contextlib.nullcontext()
        with idle:
            lead_in = measure(server, row.path, tokens, LEAD_IN, self._cores.client)
            result = measure(server, row.path, tokens, seconds, self._cores.client)
        if lead_in.errors:
            raise process.Broken(f"{row.name}: errors before the measurement: {lead_in.errors}")
        time.sleep(SETTLE)
        return result


def say(text: str) -> None:
    """Tell how far the run is, apart from its results."""
    sys.stderr.write(f"{text}\n")
