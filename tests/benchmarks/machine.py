"""What the benchmark needs of the machine it runs on, and what of it belongs beside the numbers."""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

OPEN_FILES = 4096
"""The idle connections take two descriptors each, one in this process and one in the server's."""


class Unmet(Exception):
    """Something is missing here; the message says what, and how to get it."""


@dataclass(frozen=True)
class Cores:
    """The core on which the server runs, and the one for everything else."""

    server: int
    client: int


def require_programs() -> None:
    """Raise Unmet unless the measuring programs are there."""
    if shutil.which("wrk") is None:
        raise Unmet("wrk is missing. Install it with:  sudo apt-get install wrk")
    if shutil.which("taskset") is None:
        raise Unmet("taskset is missing. Install it with:  sudo apt-get install util-linux")


def find_program(name: str) -> str | None:
    """Look for a program where everybody does, and where Debian puts daemons."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def choose_cores() -> Cores:
    """Take the last core for the server and, for wrk, one that shares no execution units with it."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise Unmet("Two CPU cores are needed: one for the server, one for wrk.")
    server = cores[-1]
    apart = [core for core in cores if core not in _siblings(server)]
    return Cores(server, (apart or cores)[0])


def _siblings(core: int) -> set[int]:
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    if not path.exists():
        return {core}
    siblings: set[int] = set()
    for part in path.read_text().strip().split(","):
        first, _, last = part.partition("-")
        siblings.update(range(int(first), int(last or first) + 1))
    return siblings


def allow_open_files() -> None:
    """Raise this process's limit, and so its children's. Raises Unmet where the hard limit is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        raise Unmet(f"{OPEN_FILES} open files are needed, the hard limit is {hard}. Raise it with:  ulimit -Hn")
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))


def processor() -> str:
    """Name the CPU."""
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def versions() -> dict[str, str]:
    """Say what ran: programs, and the packages that matter for speed."""
    result = {"python": platform.python_version()}
    for package in ("quart", "hypercorn", "h11", "uvloop", "python-jose", "cryptography"):
        try:
            result[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            result[package] = "not installed"
    for program, option in (("wrk", "-v"), ("node", "--version"), ("haproxy", "-v")):
        result[program] = _program_version(program, option)
    return result


def _program_version(program: str, option: str) -> str:
    path = find_program(program)
    if path is None:
        return "not installed"
    # wrk ends with status 1 after saying its version.
    answer = subprocess.run([path, option], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+\S*", answer.stdout + answer.stderr)
    return found.group(0) if found else "unknown"
