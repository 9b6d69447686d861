"""Several workers: they end with the process that started them, however it ends, and leave nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.server import listen

from ..processes import ROOT, free_port
from .test_serve import Running, serving

PREFIX = "auth0-quart-service-metrics-"


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def folder_of(pid: int) -> Path:
    """Where a worker counts, by the files that it has mapped."""
    (folder,) = {Path(line.split()[-1]).parent for line in _maps(pid) if PREFIX in line and line.endswith(".db")}
    return folder


def _maps(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/maps").read_text().splitlines()


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended may wait for its parent to notice."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def until_ended(pids: list[int], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while any(runs(pid) for pid in pids):
            await asyncio.sleep(0.02)


@contextlib.contextmanager
def ended_in_any_case(pids: list[int]) -> Iterator[None]:
    try:
        yield
    finally:
        for pid in pids:
            if runs(pid):
                os.kill(pid, signal.SIGKILL)


def kill(api: Running) -> None:
    api.process.process.kill()
    api.process.process.wait()


async def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    metrics = free_port()
    async with serving(tmp_path, WORKERS="2", METRICS_PORT=str(metrics)) as api:
        pids = children(api.process.process.pid)
        assert len(pids) == 2
        folder = folder_of(pids[0])
        with ended_in_any_case(pids):
            kill(api)
            # The metrics port was the parent's alone.
            with pytest.raises(httpx.ConnectError):
                await api.http.get(f"http://127.0.0.1:{metrics}/metrics")
            await until_ended(pids, 30)
        assert not folder.exists()
        # Both ports can be taken again.
        for port in (metrics, int(api.address.rpartition(":")[2])):
            listen("127.0.0.1", port).close()
    assert len([line for line in api.process.lines if '"stopped"' in line]) == 2
    assert "Traceback" not in api.process.output


async def test_they_drain_as_after_a_signal(tmp_path: Path) -> None:
    async with serving(tmp_path, WORKERS="2", SHUTDOWN_DELAY="3") as api:
        pids = children(api.process.process.pid)
        with ended_in_any_case(pids):
            kill(api)
            ends = time.monotonic() + 30
            while (await api.get("/readyz")).status_code == 200:
                assert time.monotonic() < ends
            # The listener goes on for the delay.
            assert (await api.get("/api/public")).status_code == 200
            await until_ended(pids, 30)


async def test_a_drain_that_has_begun_is_not_cut_short_when_the_parent_is_killed(tmp_path: Path) -> None:
    async with serving(tmp_path, WORKERS="2", SHUTDOWN_DELAY="3") as api:
        pids = children(api.process.process.pid)
        with ended_in_any_case(pids):
            api.process.process.send_signal(signal.SIGTERM)
            while (await api.get("/readyz")).status_code == 200:
                pass
            kill(api)
            assert (await api.get("/api/public")).status_code == 200
            await until_ended(pids, 30)
    assert len([line for line in api.process.lines if '"stopped"' in line]) == 2


async def test_what_killed_workers_left_is_removed_by_the_next_start(tmp_path: Path) -> None:
    # With the delay, they are still draining when they are killed too.
    async with serving(tmp_path, WORKERS="2", SHUTDOWN_DELAY="60") as api:
        pids = children(api.process.process.pid)
        folder = folder_of(pids[0])
        kill(api)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        await until_ended(pids, 30)
        assert folder.exists()
    async with serving(tmp_path, WORKERS="2") as first:
        assert not folder.exists()
        used = folder_of(children(first.process.process.pid)[0])
        async with serving(tmp_path, WORKERS="2") as second:
            assert used.exists()
            assert await asyncio.to_thread(second.process.stop) == 0
        assert used.exists()
        assert await asyncio.to_thread(first.process.stop) == 0
    assert not used.exists()


async def test_a_worker_that_ends_takes_the_others_with_it(tmp_path: Path) -> None:
    async with serving(tmp_path, WORKERS="2") as api:
        pids = children(api.process.process.pid)
        folder = folder_of(pids[0])
        os.kill(pids[0], signal.SIGKILL)
        assert await asyncio.to_thread(api.process.process.wait, 30) == 1
        assert not runs(pids[1])
        assert not folder.exists()


STUCK = """
import os, signal, sys
from service.workers import fork_workers

def work(parent):
    signal.signal(signal.SIGTERM, lambda *_: None)
    # In one write, since the other worker writes into the same pipe.
    os.write(1, b"stuck\\n")
    while True:
        signal.pause()

sys.exit(fork_workers(2, work, PATIENCE))
"""


@contextlib.contextmanager
def stuck_workers(patience: float) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    code = STUCK.replace("PATIENCE", str(patience))
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=-1, stderr=-1, text=True)
    try:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["stuck\n"] * 2
        pids = children(process.pid)
        with ended_in_any_case(pids):
            yield process, pids
    finally:
        process.kill()
        process.communicate()


async def test_a_stuck_worker_ends_with_its_parent_too() -> None:
    with stuck_workers(0.5) as (process, pids):
        process.kill()
        await until_ended(pids, 30)


async def test_a_stuck_worker_is_killed_when_it_does_not_end() -> None:
    with stuck_workers(0.5) as (process, pids):
        process.terminate()
        assert await asyncio.to_thread(process.wait, 30) == 1
        assert not any(runs(pid) for pid in pids)


async def test_a_second_signal_ends_stuck_workers_at_once() -> None:
    with stuck_workers(3600) as (process, pids):
        # Two signals of one kind that come at once are one.
        async with asyncio.timeout(30):
            while process.poll() is None:
                process.terminate()
                await asyncio.sleep(0.05)
        assert process.returncode == 1
        assert not any(runs(pid) for pid in pids)


def test_a_worker_that_fails_ends_alone_and_says_why() -> None:
    code = (
        "import contextlib, sys\n"
        "from service.workers import fork_workers\n"
        "def work(parent):\n"
        "    raise RuntimeError('no luck')\n"
        "with contextlib.ExitStack() as stack:\n"
        "    stack.callback(print, 'the parent ends', flush=True)\n"
        "    sys.exit(fork_workers(2, work, 5))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout) == (1, "the parent ends\n")
    assert "no luck" in ended.stderr


async def test_a_stuck_api_does_not_outlive_dev(tmp_path: Path) -> None:
    """As `dev` starts it: a listener, and a pipe for standard input."""
    code = (
        "import os, signal, sys\n"
        "from service.workers import end_with_parent\n"
        "end_with_parent(sys.stdin.fileno(), 0.2)\n"
        "print('stuck', flush=True)\n"
        "while True: signal.pause()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=-1, stdout=-1, text=True)  # noqa: ASYNC220
    try:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "stuck\n"
        process.stdin.close()
        assert await asyncio.to_thread(process.wait, 30) == 1
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
