"""The log of a real `serve`: whole, in order, to its end, and never in the way of an answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..processes import CLEAN, ROOT, Service, free_port, service

# Lines with ids of 64 characters have some 290 bytes. As many as a pipe takes, and these and the bound together.
FILLING, TOO_MANY = 400, 4200


class Api:
    """A running service, whose log is read when the test reads it."""

    def __init__(self, service: Service, port: int, metrics_port: int, log: int) -> None:
        self.process = service.process
        self.address = f"http://127.0.0.1:{port}"
        self._port = port
        self._metrics = f"http://127.0.0.1:{metrics_port}/metrics"
        self._log = log
        self._text = b""

    async def call(self, count: int, first: int = 0, connections: int = 1) -> None:
        """Send requests whose ids are numbers from `first` on, and read all answers."""
        each = count // connections
        await asyncio.gather(*(self._pipeline(each, first + each * number) for number in range(connections)))

    async def _pipeline(self, count: int, first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for start in range(first, first + count, 50):
            numbers = range(start, min(start + 50, first + count))
            head = "GET /api/public HTTP/1.1\r\nHost: a\r\nX-Request-ID: {:064}\r\n\r\n"
            writer.write("".join(head.format(number) for number in numbers).encode())
            for _ in numbers:
                answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
                assert answer.startswith(b"HTTP/1.1 200")
                length = re.search(rb"(?i)\r\ncontent-length: (\d+)", answer)
                assert length
                await reader.readexactly(int(length[1]))
        writer.close()

    async def get(self, path: str) -> int:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            return (await http.get(f"{self.address}{path}")).status_code

    async def until_dropped(self, lines: int) -> None:
        """Wait until the metric tells of so many lines: it is brought up to date twice a second."""
        async with asyncio.timeout(30):
            while await self.dropped() < lines:
                await asyncio.sleep(0.05)
        assert await self.dropped() == lines

    async def dropped(self) -> float:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            text = (await http.get(self._metrics)).text
        found = re.search(r"^log_lines_dropped_total (\S+)$", text, re.MULTILINE)
        assert found
        return float(found[1])

    async def read_until(self, text: str) -> None:
        async with asyncio.timeout(60):
            while text.encode() not in self._text:
                self.read()
                await asyncio.sleep(0.01)

    def read(self) -> None:
        """Read what is there."""
        while select.select([self._log], [], [], 0)[0] and (more := os.read(self._log, 65536)):
            self._text += more

    async def ended(self) -> int:
        return await asyncio.to_thread(self.process.wait, 30)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What was read. Fails on half a line."""
        assert self._text.endswith(b"\n")
        return [json.loads(line) for line in self._text.splitlines()]

    @property
    def events(self) -> list[str]:
        return [line["event"] for line in self.lines if line["event"] != "request"]

    @property
    def requests(self) -> list[int]:
        return [int(line["request_id"]) for line in self.lines if line["event"] == "request"]

    def close_log(self) -> None:
        if self._log >= 0:
            os.close(self._log)
        self._log = -1


@contextlib.asynccontextmanager
async def serving(directory: Path, **environment: str) -> AsyncIterator[Api]:
    port, metrics_port = free_port(), free_port()
    own = {
        "PORT": str(port), "METRICS_PORT": str(metrics_port), "HOST": "127.0.0.1", "SHUTDOWN_DELAY": "0",
        "SHUTDOWN_GRACE": "2", "AUTH0_DOMAIN": "http://127.0.0.1:1/", "AUTH0_AUDIENCE": "https://api.example.com",
        # What the log says of keys that cannot be had is said once, and then at every change.
        "JWKS_COOLDOWN": "60",
    }  # fmt: skip
    log, theirs = os.pipe()
    with service("serve", directory=directory, stderr=theirs, **{**own, **environment}) as process:
        os.close(theirs)
        api = Api(process, port, metrics_port, log)
        try:
            for _ in range(int(environment.get("WORKERS", "1"))):
                await api.read_until("cannot be had")
            yield api
        finally:
            api.close_log()


async def test_a_reader_that_stalls_holds_up_nobody_and_is_told_what_it_missed(tmp_path: Path) -> None:
    async with serving(tmp_path) as api:
        await api.call(TOO_MANY, connections=5)
        assert await api.get("/healthz") == 200
        await api.read_until("log lines were dropped")
        await api.call(10, first=TOO_MANY)
        await api.read_until(f"{TOO_MANY + 9:064}")
        kept = [number for number in api.requests if number < TOO_MANY]
        assert len(kept) < TOO_MANY
        assert len(set(kept)) == len(kept)
        assert api.requests[len(kept) :] == list(range(TOO_MANY, TOO_MANY + 10))
        (told,) = [line for line in api.lines if line["event"].startswith("log lines were dropped")]
        assert (told["lines"], told["level"]) == (TOO_MANY - len(kept), "warning")
        # Exactly where they are missing.
        assert api.lines.index(told) == len(api.lines) - 11
        await api.until_dropped(told["lines"])
        api.process.send_signal(signal.SIGTERM)
        assert await api.ended() == 0


@pytest.mark.parametrize("signals", [1, 2])
async def test_a_reader_that_stalls_does_not_hold_up_the_end(tmp_path: Path, signals: int) -> None:
    async with serving(tmp_path, SHUTDOWN_DELAY="60" if signals == 2 else "0") as api:
        await api.call(FILLING, connections=5)
        began = time.monotonic()
        api.process.send_signal(signal.SIGTERM)
        if signals == 2:
            while await api.get("/readyz") != 503:
                await asyncio.sleep(0.01)
            api.process.send_signal(signal.SIGTERM)
        assert await api.ended() == signals - 1
        assert time.monotonic() - began < 30
        api.read()
        assert api.requests


async def test_nothing_is_lost_at_the_end(tmp_path: Path) -> None:
    async with serving(tmp_path) as api:
        await api.call(150)
        api.process.send_signal(signal.SIGTERM)
        assert await api.ended() == 0
        api.read()
        assert api.requests == list(range(150))
        assert api.events == ["listening", "the key set cannot be had", "draining", "stopped"]
        assert api.lines[-1]["event"] == "stopped"


async def test_nothing_is_lost_at_a_second_signal(tmp_path: Path) -> None:
    async with serving(tmp_path, SHUTDOWN_DELAY="60") as api:
        api.process.send_signal(signal.SIGTERM)
        await api.read_until("draining")
        # A connection for each: it is closed with the answer by now.
        await asyncio.gather(*(api.call(1, first=number) for number in range(40)))
        api.process.send_signal(signal.SIGTERM)
        assert await api.ended() == 1
        api.read()
        assert sorted(api.requests) == list(range(40))


_CRASH = """
import asyncio
from service import logs, server
from service.telemetry.request_log import RequestLog
from service.web.observing import RequestRecord

async def main(stop):
    log = RequestLog()
    for number in range(100):
        log.ended(RequestRecord("GET", "/api/public", 200, 0, 0.001, str(number), None, None, False, False))
        await asyncio.sleep(0)
    log.ended(RequestRecord("GET", "/api/public", 200, 0, 0.001, "100", None, None, False, False))
    raise ZeroDivisionError("a defect")

logs.configure("info", "json")
server.run(main)
"""


def test_nothing_is_lost_when_a_defect_ends_the_process() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _CRASH],
        env={**CLEAN, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 1
    lines = [json.loads(line) for line in ended.stderr.splitlines() if line.startswith("{")]
    assert [line["request_id"] for line in lines] == [str(number) for number in range(101)]
    assert "ZeroDivisionError: a defect" in ended.stderr


async def test_a_reader_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as api:
        api.close_log()
        await api.call(500, connections=5)
        await api.until_dropped(500)
        api.process.send_signal(signal.SIGTERM)
        assert await api.ended() == 0


async def test_lines_of_requests_and_of_events_are_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path, SHUTDOWN_DELAY="1") as api:
        await api.call(30)
        api.process.send_signal(signal.SIGTERM)
        while await api.get("/readyz") != 503:
            await asyncio.sleep(0.01)
        await api.call(1, first=30)
        assert await api.ended() == 0
        api.read()
        stamps = [line["timestamp"] for line in api.lines]
        assert stamps == sorted(stamps)
        events = [line["event"] for line in api.lines]
        assert events[-33:] == [*["request"] * 30, "draining", "request", "stopped"]


async def test_several_workers_write_whole_lines_into_one_pipe(tmp_path: Path) -> None:
    async with serving(tmp_path, WORKERS="2") as api:
        calling = asyncio.create_task(api.call(4000, connections=20))
        while not calling.done():
            # Slower than what is written, so that the pipe is full most of the time.
            api.read()
            await asyncio.sleep(0.02)
        await calling
        api.process.send_signal(signal.SIGTERM)
        assert await api.ended() == 0
        api.read()
        assert sorted(api.requests) == list(range(4000))


async def test_a_log_in_a_file_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    port = free_port()
    own = {"AUTH0_DOMAIN": "http://127.0.0.1:1/", "AUTH0_AUDIENCE": "https://a.example", "HOST": "127.0.0.1"}
    with (
        path.open("a") as log,
        service(
            "serve",
            directory=tmp_path,
            stderr=log.fileno(),
            PORT=str(port),
            METRICS_PORT="0",
            SHUTDOWN_DELAY="0",
            **own,
        ) as process,
    ):
        async with asyncio.timeout(20):
            while "cannot be had" not in path.read_text():
                await asyncio.sleep(0.05)
        assert await asyncio.to_thread(process.stop) == 0
    first, *lines = path.read_text().splitlines()
    assert first == "before"
    assert [json.loads(line)["event"] for line in lines][-2:] == ["draining", "stopped"]
