"""Child processes on a core of their own, that end with the context they were started in."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

START_TIMEOUT = 30
STOP_TIMEOUT = 10

_given_ports: set[int] = set()


@dataclass(frozen=True)
class Running:
    """A server that listens on `port` of the loopback range."""

    pid: int
    port: int


class Broken(Exception):
    """A server does not do what it is here for; a number measured on it would mean nothing."""


def free_port() -> int:
    """Find a port of the loopback range on which nobody listens, another one at each call."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        if port not in _given_ports:
            _given_ports.add(port)
            return port


def environment(**variables: str) -> dict[str, str]:
    """Make an environment without what this shell happens to have: settings, proxies, other people's NODE_OPTIONS."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, **variables}


def pinned(core: int | str, command: Sequence[str]) -> list[str]:
    """The command, on one core, or on a list of them, from its very start: threads made later, as Node's, stay there too."""
    return ["taskset", "--cpu-list", str(core), *command]


@contextlib.contextmanager
def running_server(
    name: str, command: Sequence[str], variables: Mapping[str, str], port: int, core: int | str, directory: Path
) -> Iterator[Running]:
    """Run a server that listens on `port`, in `directory`, for as long as the context lasts. Raises Broken."""
    log = directory / f"{name}.log"
    with log.open("wb") as output:
        # In a session of its own, so that Ctrl-C reaches this process alone, which then stops the child.
        child = subprocess.Popen(
            pinned(core, command),
            cwd=directory,
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for_port(child, port)
        yield Running(child.pid, port)
    finally:
        ended = child.poll()
        _stop(child)
        if ended is not None:
            # Whatever else went wrong meanwhile, this is why.
            end = log.read_text(errors="replace")[-2000:].strip()
            raise Broken(f"{name}: it ended with status {ended}, before it was stopped\n{end}")


def _wait_for_port(child: subprocess.Popen[bytes], port: int) -> None:
    give_up = time.monotonic() + START_TIMEOUT
    while time.monotonic() < give_up:
        if child.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise Broken(f"{child.args!r}: nobody listens on its port")


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def cpu_seconds(pid: int) -> float:
    """The CPU time that a process has used so far, with all its threads."""
    with open(f"/proc/{pid}/stat") as stat:
        # The name, in parentheses, may contain anything; behind it, user and system time are the 12th and 13th.
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def event_loop(pid: int) -> str:
    """Say which loop a Python process runs on, by the libraries that are loaded into it."""
    with open(f"/proc/{pid}/maps") as maps:
        return "uvloop" if any("/uvloop/" in line for line in maps) else "asyncio"
