"""A service with few descriptors (`ulimit -n`), as a real process with uvloop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..processes import free_port
from ..signing import Signer, rsa_key
from .test_serve import Running, metrics, serving

LIMIT = 256
CROWD = 300
TICKS = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def descriptors(most: int) -> Iterator[None]:
    """Let a process that is started meanwhile have this many. This one may need as many itself."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextlib.asynccontextmanager
async def serving_with_few(directory: Path, **environment: str) -> AsyncIterator[Running]:
    limited = descriptors(LIMIT)
    limited.__enter__()
    try:
        async with serving(directory, **environment) as api:
            limited.__exit__(None, None, None)
            yield api
    finally:
        limited.__exit__(None, None, None)


async def connect(api: Running, stack: contextlib.AsyncExitStack) -> tuple[Any, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.address.rsplit(":", 1)[1]))
    stack.callback(writer.transport.abort)
    return reader, writer


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def full_count(text: str) -> float:
    return float(text.partition("\nconnections_full_total ")[2].partition("\n")[0])


@pytest.mark.parametrize("plain_path", ["on", "off"])
async def test_silent_connections_deny_nobody_the_service(tmp_path: Path, plain_path: str) -> None:
    port = free_port()
    async with (
        serving_with_few(tmp_path, METRICS_PORT=str(port), PLAIN_PATH=plain_path) as api,
        contextlib.AsyncExitStack() as stack,
    ):
        before = full_count(await metrics(port, api.http))
        silent = [await connect(api, stack) for _ in range(CROWD)]
        token = api.issuer.token()
        for _ in range(20):
            async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
                answer = await http.get(f"{api.address}/api/private", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200
        # The oldest were closed, the newest were not.
        assert await silent[0][0].read() == b""
        assert not silent[-1][0].at_eof()
        assert (before, full_count(await metrics(port, api.http)) > 0) == (0, True)
        assert await asyncio.to_thread(api.process.stop) == 0
    assert len([line for line in api.process.lines if "descriptors" in line]) == 1
    assert "Traceback" not in api.process.output


async def test_with_all_in_use_nothing_spins_and_those_who_wait_are_served_in_the_end(tmp_path: Path) -> None:
    port = free_port()
    times = {"JWKS_COOLDOWN": "0.1", "JWKS_TIMEOUT": "3", "METRICS_PORT": str(port)}
    async with serving_with_few(tmp_path, **times) as api, contextlib.AsyncExitStack() as stack:
        stranger = Signer(rsa_key("stranger"), "unknown").sign({"iss": api.issuer.address, "sub": "a", "exp": 9e9})
        await api.http.post(f"{api.issuer.address}local/faults", json={"delay": 3600})
        asked = api.issuer.keyring.asked
        request = f"GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {stranger}\r\n\r\n".encode()
        waiting = []
        for _ in range(CROWD):
            reader, writer = await connect(api, stack)
            writer.write(request)
            waiting.append((reader, writer))
        while api.issuer.keyring.asked == asked:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(api.process.wait_for, "descriptors")
        await asyncio.sleep(0.3)
        before = cpu_seconds(api.process.process.pid)
        await asyncio.sleep(1)
        assert cpu_seconds(api.process.process.pid) - before < 0.2
        async with asyncio.timeout(60):
            for reader, writer in waiting:
                assert (await reader.readline()).startswith((b"HTTP/1.1 503", b"HTTP/1.1 401"))
                writer.close()
        await api.http.post(f"{api.issuer.address}local/faults", json={})
        assert (await api.get("/api/public")).status_code == 200
        assert full_count(await metrics(port, api.http)) > 0
        assert await asyncio.to_thread(api.process.stop) == 0
    assert len([line for line in api.process.lines if "descriptors" in line]) == 1
    assert "Traceback" not in api.process.output
