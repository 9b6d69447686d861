"""Installing the peers, each into a directory of its own that is kept for the next run."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .machine import Unmet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNTIL = "2026-11-20"
"""What the pinned packages depend on in turn is taken as it was on this day, so that each run installs the same."""

_COMPLETE = ".complete"


def python_with(packages: Sequence[str]) -> str:
    """Give the path of a Python, of this version, that has the packages. Raises Unmet."""
    uv = _program("uv", "see its documentation for how to install it")

    def install(directory: Path) -> None:
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(directory / "venv")], directory)
        target = ["--python", str(directory / "venv/bin/python"), "--exclude-newer", UNTIL]
        _run([uv, "pip", "install", "--quiet", *target, *packages], directory)

    return str(_installed([platform.python_version(), *packages], install) / "venv/bin/python")


def node_modules(packages: Sequence[str]) -> str:
    """Give the path of a node_modules directory with the packages. Raises Unmet."""
    _program("node", "sudo apt-get install nodejs npm")
    npm = _program("npm", "sudo apt-get install npm")

    def install(directory: Path) -> None:
        # None of them needs to run a script of its own to be installed.
        quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        _run([npm, "install", *quiet, "--prefix", str(directory), "--before", UNTIL, *packages], directory)

    return str(_installed(packages, install) / "node_modules")


def _program(name: str, how: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Unmet(f"{name} is missing. Install it: {how}")
    return path


def _installed(pins: Sequence[str], install: Callable[[Path], None]) -> Path:
    digest = hashlib.sha256("\n".join([UNTIL, *pins]).encode()).hexdigest()[:16]
    directory = _cache() / digest
    if not (directory / _COMPLETE).exists():
        # What an interrupted run left behind.
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        install(directory)
        (directory / _COMPLETE).touch()
    return directory


def _cache() -> Path:
    path = Path(tempfile.gettempdir()) / f"throughput-benchmark-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    # Others can write to the temp directory too, and what lies in here is going to be run.
    if path.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise Unmet(f"{path} belongs to somebody else or is writable by others: remove it")
    return path


def _run(command: Sequence[str], directory: Path) -> None:
    # Not in the project's directory, whose settings are for its own environment. VIRTUAL_ENV would be one more.
    variables = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(command, cwd=directory, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unmet(f"{' '.join(command[:3])} failed: {(done.stderr or done.stdout).strip()[-500:]}")
