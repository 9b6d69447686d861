"""A rolling update, played with real processes behind a real HAProxy that follows `/readyz` as a load balancer does."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from service.issuer import LocalIssuer, local_issuer

from ..processes import Service, free_port, service, until_ready
from ..tools import need

# As a Deployment with maxSurge 1 and maxUnavailable 0 has them.
INSTANCES = 3

HAPROXY = """
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  # What a load balancer does not do, so that nothing that fails is hidden.
  retries 0
frontend callers
  bind 127.0.0.1:{port}
  default_backend service
backend service
  balance roundrobin
  http-reuse always
  option httpchk GET /readyz
  http-check expect status 200
  default-server check inter 200ms rise 1 fall 2
{servers}
"""


@dataclass
class Load:
    """Callers that never pause, and what they were answered."""

    address: str
    token: str
    answers: Counter[object] = field(default_factory=Counter)

    @contextlib.asynccontextmanager
    async def running(self, callers: int = 12) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=callers, max_keepalive_connections=callers)
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(limits=limits, headers=headers, trust_env=False, timeout=20) as http:
            tasks = [asyncio.create_task(self._call(http)) for _ in range(callers)]
            yield
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _call(self, http: httpx.AsyncClient) -> None:
        while True:
            try:
                response = await http.get(f"{self.address}/api/private-scoped")
                self.answers[response.status_code] += 1
            except httpx.HTTPError as error:
                self.answers[repr(error)] += 1
            await asyncio.sleep(0.01)


@contextlib.contextmanager
def balanced(directory: Path, ports: list[int]) -> Iterator[str]:
    port = free_port()
    servers = "\n".join(f"  server slot{number} 127.0.0.1:{one}" for number, one in enumerate(ports))
    path = directory / "haproxy.cfg"
    path.write_text(HAPROXY.format(port=port, servers=servers))
    process = subprocess.Popen([need("haproxy"), "-db", "-q", "-f", str(path)])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


class Rollout:
    """Instances in slots, of which one is free for the next."""

    def __init__(self, stack: contextlib.ExitStack, directory: Path, issuer: LocalIssuer) -> None:
        self.ports = [free_port() for _ in range(INSTANCES + 1)]
        self._free = self.ports.copy()
        self._running: list[tuple[int, Service]] = []
        self._stack = stack
        self._directory = directory
        self._issuer = issuer

    def start(self) -> str:
        port = self._free.pop(0)
        settings = {
            "AUTH0_DOMAIN": self._issuer.address,
            "AUTH0_AUDIENCE": self._issuer.audience,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "METRICS_PORT": "0",
            "LOG_LEVEL": "warning",
            "JWKS_COOLDOWN": "0.2",
            # Longer than it takes to be noticed, as in the overlays.
            "SHUTDOWN_DELAY": "1.5",
            "SHUTDOWN_GRACE": "5",
        }
        process = self._stack.enter_context(service("serve", directory=self._directory, **settings))
        self._running.append((port, process))
        return f"http://127.0.0.1:{port}"

    async def replace_one(self) -> None:
        """Let the oldest leave, once its successor is ready."""
        await asyncio.to_thread(until_ready, self.start())
        # The load balancer has noticed by then.
        await asyncio.sleep(0.5)
        port, process = self._running.pop(0)
        assert await asyncio.to_thread(process.stop, signal.SIGTERM) == 0
        assert "Traceback" not in process.output
        self._free.append(port)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return tmp_path


@contextlib.asynccontextmanager
async def rollout(directory: Path) -> AsyncIterator[tuple[Rollout, Load, LocalIssuer]]:
    async with local_issuer() as issuer:
        with contextlib.ExitStack() as stack:
            update = Rollout(stack, directory / "empty", issuer)
            for _ in range(INSTANCES):
                await asyncio.to_thread(until_ready, update.start())
            address = stack.enter_context(balanced(directory, update.ports))
            load = Load(address, issuer.token(scope="read:messages"))
            await asyncio.to_thread(until_ready, address)
            # HAProxy takes every server for good until it has looked: also the slot that is free.
            await asyncio.sleep(1)
            async with load.running():
                await asyncio.sleep(0.5)
                yield update, load, issuer
                await asyncio.sleep(0.5)


async def test_all_instances_are_replaced_without_one_failed_request(directory: Path) -> None:
    async with rollout(directory) as (update, load, _):
        for _ in range(INSTANCES):
            await update.replace_one()
    assert set(load.answers) == {200}, load.answers
    assert load.answers[200] > 500


async def test_while_the_issuer_is_down_an_update_waits_and_nobody_is_refused(directory: Path) -> None:
    async with rollout(directory) as (update, load, issuer), httpx.AsyncClient(trust_env=False) as http:
        await update.replace_one()
        await http.post(f"{issuer.address}local/faults", json={"status": 503})
        replacing = asyncio.create_task(update.replace_one())
        await asyncio.sleep(3)
        # A new one without keys is not sent callers, so no old one leaves for it.
        assert not replacing.done()
        answered = load.answers[200]
        await asyncio.sleep(0.5)
        assert load.answers[200] > answered
        await http.post(f"{issuer.address}local/faults", json={})
        await replacing
        await update.replace_one()
    assert set(load.answers) == {200}, load.answers
