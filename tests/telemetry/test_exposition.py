"""The metrics' own port, over real connections."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from service.telemetry.exposition import MAX_CONNECTIONS, MetricsPort

from ..end_to_end.test_serve import serving
from ..processes import ROOT, free_port

LIMIT = 4


@contextlib.asynccontextmanager
async def metrics_port(patience: float = 30, registry: CollectorRegistry | None = None) -> AsyncIterator[int]:
    if registry is None:
        registry = CollectorRegistry()
        Counter("things_total", "Things.", registry=registry).inc()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(MetricsPort(listener, registry, LIMIT, patience).run())
        try:
            yield listener.getsockname()[1]
        finally:
            running.cancel()
            await asyncio.wait({running})


async def ask(port: int, method: str = "GET", target: str = "/metrics", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        return await http.request(method, f"http://127.0.0.1:{port}{target}", headers=headers)


async def send(port: int, data: bytes) -> bytes:
    """Send bytes, and return all that comes until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("target", ["/metrics", "/", "/metrics?x=1"])
async def test_get_has_the_metrics_and_head_their_length(target: str) -> None:
    async with metrics_port() as port:
        got, head = await ask(port, target=target), await ask(port, "HEAD", target)
    assert (got.status_code, head.status_code) == (200, 200)
    assert "things_total 1.0" in got.text
    assert got.headers["Content-Type"].startswith("text/plain; version=")
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(got.content)))


async def test_openmetrics_is_answered_where_it_is_asked_for() -> None:
    # As Prometheus 3 asks.
    accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3"
    async with metrics_port() as port:
        got = await ask(port, Accept=accept)
        strange = await ask(port, Accept="application/openmetrics-text;version=x.y;escaping=z")
    assert got.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert got.text.endswith("# EOF\n")
    assert (strange.status_code, strange.headers["Content-Type"]) == (200, got.headers["Content-Type"])


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("POST", "/metrics", 405), ("OPTIONS", "/", 405), ("GET", "/favicon.ico", 404)],
)
async def test_nothing_else_is_there(method: str, target: str, status: int) -> None:
    async with metrics_port() as port:
        answer = await ask(port, method, target)
    assert answer.status_code == status
    assert answer.headers.get("Allow") == ("GET, HEAD" if status == 405 else None)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000, b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", b"400"),
    ],
    ids=["nonsense", "target", "no Host", "long", "TLS"],
)
async def test_what_is_no_request_is_refused(data: bytes, status: bytes) -> None:
    async with metrics_port() as port:
        assert (await send(port, data)).split(b" ")[1] == status
        assert (await ask(port)).status_code == 200


async def test_a_body_that_nobody_reads_does_not_cost_the_answer() -> None:
    async with metrics_port() as port:
        body = b"a" * 300_000
        request = b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        assert b" 405 " in await send(port, request)


@pytest.mark.parametrize("sent", [b"", b"GET /metrics HTTP/1.1\r\nHost:"], ids=["nothing", "half"])
async def test_a_slow_client_is_closed(sent: bytes) -> None:
    async with metrics_port(patience=0.3) as port:
        began = time.monotonic()
        assert await send(port, sent) == b""
        assert 0.2 < time.monotonic() - began < 5


async def test_a_client_that_sends_drop_by_drop_is_closed_too() -> None:
    async with metrics_port(patience=0.5) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\nX: ")
        closed = asyncio.create_task(reader.read())
        async with asyncio.timeout(30):
            while not closed.done():
                writer.write(b"a")
                await asyncio.wait({closed}, timeout=0.02)
        writer.close()


async def test_the_oldest_makes_room_for_the_newest() -> None:
    async with metrics_port() as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(LIMIT * 5)]
        assert (await ask(port)).status_code == 200
        async with asyncio.timeout(30):
            # The first to come, and no more of them than is needed.
            for reader, _ in silent[: LIMIT * 4]:
                assert await reader.read() == b""
        assert not any(reader.at_eof() for reader, _ in silent[-LIMIT + 1 :])
        for _, writer in silent:
            writer.close()


async def test_a_metric_that_fails_is_an_answer_and_a_line(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def collect(self) -> list[object]:
            return [None]

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Broken())  # type: ignore[arg-type]
    async with metrics_port(registry=registry) as port:
        assert (await ask(port)).status_code == 500
    assert "the metrics cannot be put together" in caplog.text


def reset(port: int, data: bytes) -> None:
    """Open a connection, send bytes and reset it."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def held(pid: int) -> tuple[int, int]:
    """How many files a process has open, and how many threads it has."""
    process = Path(f"/proc/{pid}")
    return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))


async def test_resets_and_a_flood_leave_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    async with serving(tmp_path, METRICS_PORT=str(port)) as api:
        pid = api.process.process.pid
        files, threads = held(pid)
        for data in (b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n") * 20:
            reset(port, data)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        flood = [await asyncio.open_connection("127.0.0.1", port) for _ in range(600)]
        try:
            answer = await ask(port)
            assert "http_requests_total" in answer.text
            files_then, threads_then = held(pid)
            # MAX_CONNECTIONS, and those of the API itself; one thread may look for a name meanwhile.
            assert files_then - files < MAX_CONNECTIONS + 8
            assert threads_then - threads <= 1
        finally:
            for _, writer in flood:
                writer.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert (await api.get("/healthz")).status_code == 200
        assert await asyncio.to_thread(api.process.stop) == 0
    assert "Traceback" not in api.process.output
    assert [line for line in api.process.lines if not line.startswith("{")] == []


def test_it_answers_while_the_process_does_something_else() -> None:
    code = (
        "import socket, sys\n"
        "from service.telemetry import exposition\n"
        "from service.telemetry.metrics import Metrics\n"
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        "exposition.serve(listener, Metrics().registry)\n"
        "print(listener.getsockname()[1], flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=-1, stdout=-1, stderr=-1, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert "http_requests_total" in httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    finally:
        # Its standard input ends, and with it the process.
        _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (0, "")
