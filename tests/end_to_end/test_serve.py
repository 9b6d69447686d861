"""`serve` as a real process, with a real issuer, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from service.issuer import LocalIssuer, local_issuer

from ..processes import Service, free_port, service, until_ready


@dataclass
class Running:
    address: str
    issuer: LocalIssuer
    process: Service
    http: httpx.AsyncClient

    async def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return await self.http.get(f"{self.address}{path}", headers=headers)


@contextlib.asynccontextmanager
async def serving(directory: Path, **environment: str) -> AsyncIterator[Running]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    usual = {"PORT": str(port), "HOST": "127.0.0.1", "SHUTDOWN_DELAY": "0", "SHUTDOWN_GRACE": "2", "METRICS_PORT": "0"}
    async with local_issuer() as issuer, httpx.AsyncClient(trust_env=False, timeout=10) as http:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}
        with service("serve", directory=directory, **{**usual, **own, **environment}) as process:
            await asyncio.to_thread(until_ready, address)
            yield Running(address, issuer, process, http)


async def test_the_contract_over_the_wire(tmp_path: Path) -> None:
    async with serving(tmp_path) as api:
        token = api.issuer.token(scope="read:messages")
        assert (await api.get("/api/public")).status_code == 200
        refused = await api.get("/api/private")
        assert (refused.status_code, refused.json()["code"]) == (401, "authorization_header_missing")
        for path in ("/api/private", "/api/private-scoped", "/api/me", "/api/token"):
            assert (await api.get(path, token)).status_code == 200
        assert (await api.get("/api/private-scoped", api.issuer.token())).status_code == 403
        expired = await api.get("/api/private", api.issuer.token(exp=1))
        assert (expired.status_code, expired.json()["code"]) == (401, "token_expired")
        assert (await api.get("/nope")).status_code == 401
        assert (await api.get("/nope", token)).status_code == 404
        head = await api.http.head(f"{api.address}/api/private", headers={"Authorization": f"Bearer {token}"})
        assert (head.status_code, head.content) == (200, b"")
        assert "server" not in head.headers
        assert api.process.stop() == 0
    assert "Traceback" not in api.process.output
    for line in api.process.lines:
        assert json.loads(line)["event"]
        assert "eyJ" not in line


async def test_rotation_and_revocation_of_the_issuers_keys(tmp_path: Path) -> None:
    async with serving(tmp_path, JWKS_COOLDOWN="0.05", JWKS_TTL="0.2") as api:
        local = f"{api.issuer.address}local"
        old = api.issuer.token()
        assert (await api.get("/api/private", old)).status_code == 200
        await api.http.post(f"{local}/rotate")
        new = api.issuer.token()
        assert (await api.get("/api/private", new)).status_code == 200
        assert (await api.get("/api/private", old)).status_code == 200
        await api.http.post(f"{local}/revoke")
        ends = time.monotonic() + 30
        while (await api.get("/api/private", old)).status_code == 200:
            assert time.monotonic() < ends
        assert (await api.get("/api/private", old)).json()["code"] == "invalid_token"
        assert (await api.get("/api/private", new)).status_code == 200


async def test_starts_without_its_issuer_and_is_ready_once_it_is_there(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with local_issuer() as issuer, httpx.AsyncClient(trust_env=False) as http:
        await http.post(f"{issuer.address}local/faults", json={"status": 503})
        with service(
            "serve", directory=tmp_path, AUTH0_DOMAIN=issuer.address, AUTH0_AUDIENCE=issuer.audience, HOST="127.0.0.1",
            PORT=str(port), JWKS_COOLDOWN="0.1", SHUTDOWN_DELAY="0", METRICS_PORT="0",
        ) as process:  # fmt: skip
            await asyncio.to_thread(process.wait_for, "cannot be had")
            assert (await http.get(f"{address}/healthz")).status_code == 200
            assert (await http.get(f"{address}/readyz")).status_code == 503
            answer = await http.get(f"{address}/api/private", headers={"Authorization": f"Bearer {issuer.token()}"})
            assert (answer.status_code, answer.json()["code"]) == (503, "key_source_unavailable")
            await http.post(f"{issuer.address}local/faults", json={})
            await asyncio.to_thread(until_ready, address)
            assert process.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_draining_fails_readiness_first_and_exits_0(tmp_path: Path, number: int) -> None:
    async with serving(tmp_path, SHUTDOWN_DELAY="3") as api:
        api.process.process.send_signal(number)
        ends = time.monotonic() + 30
        while (await api.get("/readyz")).status_code == 200:
            assert time.monotonic() < ends
        # The listener goes on for the delay, and callers are told to go elsewhere next.
        answer = await api.get("/api/public")
        assert (answer.status_code, answer.headers["Connection"]) == (200, "close")
        assert await asyncio.to_thread(api.process.process.wait, 30) == 0
    assert "Traceback" not in api.process.output


async def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path, SHUTDOWN_DELAY="60") as api:
        api.process.process.send_signal(signal.SIGTERM)
        while (await api.get("/readyz")).status_code == 200:
            pass
        api.process.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(api.process.process.wait, 30) == 1


async def test_several_workers_serve_one_port_and_stop_together(tmp_path: Path) -> None:
    async with serving(tmp_path, WORKERS="2") as api:
        token = api.issuer.token()
        answers = await asyncio.gather(*(api.get("/api/private", token) for _ in range(40)))
        assert {answer.status_code for answer in answers} == {200}
        assert len([line for line in api.process.lines if "listening" in line]) == 2
        assert await asyncio.to_thread(api.process.stop) == 0
    assert "Traceback" not in api.process.output


async def test_idle_connections_do_not_hold_up_the_end(tmp_path: Path) -> None:
    async with serving(tmp_path, SHUTDOWN_GRACE="60") as api:
        _, idle = await asyncio.open_connection("127.0.0.1", int(api.address.rsplit(":", 1)[1]))
        began = time.monotonic()
        assert await asyncio.to_thread(api.process.stop) == 0
        assert time.monotonic() - began < 20
        idle.close()


def test_wrong_settings_are_all_told_at_once(tmp_path: Path) -> None:
    from ..processes import run

    secret = "s3cret-value"
    ended = run(
        "serve", directory=tmp_path, AUTH0_DOMAIN="http://tenant.us.auth0.com", AUTH0_ALGORITHMS="HS256",
        AUTH0_M2M_CLIENT_SECRET=secret, JWKS_TTL=secret, PORT="0",
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stdout == ""
    for name in ("AUTH0_DOMAIN", "AUTH0_AUDIENCE", "AUTH0_ALGORITHMS", "JWKS_TTL", "PORT"):
        assert f"  {name}: " in ended.stderr
    assert secret not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".test", ".", "é" * 300])
def test_a_host_that_is_none_is_named(tmp_path: Path, host: str) -> None:
    from ..processes import run

    own = {"AUTH0_DOMAIN": "t.test", "AUTH0_AUDIENCE": "a", "HOST": host, "PORT": str(free_port())}
    ended = run("serve", directory=tmp_path, METRICS_PORT="0", **own)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended.stderr
    assert "HOST" in ended.stderr


async def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    from ..processes import run

    async with serving(tmp_path) as api:
        port = api.address.rsplit(":", 1)[1]
        ended = await asyncio.to_thread(
            lambda: run(
                "serve", directory=tmp_path, AUTH0_DOMAIN="t.test", AUTH0_AUDIENCE="a", HOST="127.0.0.1", PORT=port
            )
        )
        assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
        assert "in use" in ended.stderr


async def metrics(port: int, http: httpx.AsyncClient) -> str:
    return (await http.get(f"http://127.0.0.1:{port}/metrics")).text


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_metrics_stand_on_their_own_port_and_add_up_over_workers(tmp_path: Path, workers: str) -> None:
    port = free_port()
    async with serving(tmp_path, WORKERS=workers, METRICS_PORT=str(port)) as api:
        token = api.issuer.token()
        # Each on a connection of its own, so that more than one worker is met.
        for _ in range(30):
            async with httpx.AsyncClient(trust_env=False) as http:
                answer = await http.get(f"{api.address}/api/private", headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code == 200
        text = await metrics(port, api.http)
        assert 'http_requests_total{method="GET",route="/api/private",status="200"} 30.0' in text
        assert f'jwks_fetches_total{{issuer="{api.issuer.address}",outcome="success"}} {workers}.0' in text
        for name in (
            "http_request_duration_seconds_bucket", "jwks_age_seconds", "jwks_state", "token_cache_entries",
            "token_cache_lookups_total", "event_loop_delay_seconds_bucket", "log_lines_dropped_total",
        ):  # fmt: skip
            assert f"\n{name}" in text
        assert "eyJ" not in text
        assert await asyncio.to_thread(api.process.stop) == 0
    assert "Traceback" not in api.process.output


async def test_a_metrics_port_that_is_taken_ends_the_start(tmp_path: Path) -> None:
    from ..processes import run

    async with serving(tmp_path) as api:
        taken = api.address.rsplit(":", 1)[1]
        own = {"AUTH0_DOMAIN": "t.test", "AUTH0_AUDIENCE": "a", "HOST": "127.0.0.1", "METRICS_PORT": taken}
        ended = await asyncio.to_thread(lambda: run("serve", directory=tmp_path, PORT=str(free_port()), **own))
        assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
        assert "in use" in ended.stderr


async def test_what_is_no_request_is_logged_and_counted(tmp_path: Path) -> None:
    port = free_port()
    async with serving(tmp_path, METRICS_PORT=str(port)) as api:
        assert "Connection" not in (await api.get("/api/public")).headers
        for unreadable in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(api.address.rsplit(":", 1)[1]))
            writer.write(unreadable)
            assert (await reader.read()).startswith(b"HTTP/1.1 400")
            writer.close()
        assert 'http_requests_total{method="other",route="unmatched",status="400"} 2.0' in await metrics(port, api.http)
        assert await asyncio.to_thread(api.process.stop) == 0
    lines = [json.loads(line) for line in api.process.lines]
    told = [line for line in lines if line["event"] == "request" and line["status"] == 400]
    assert [(line["method"], line["route"], line["request_id"]) for line in told] == [(None, None, "")] * 2


async def test_a_signal_before_anything_is_served_is_an_end_like_any_other(tmp_path: Path) -> None:
    own = {"AUTH0_DOMAIN": "t.test", "AUTH0_AUDIENCE": "a", "PORT": str(free_port()), "METRICS_PORT": "0"}
    # What is imported is printed meanwhile, so that the signal comes in the middle of it.
    with service("serve", directory=tmp_path, PYTHONPROFILEIMPORTTIME="1", **own) as process:
        await asyncio.to_thread(process.wait_for, "argparse")
        assert await asyncio.to_thread(process.stop) == 0
    assert "listening" not in process.output


async def test_it_ends_while_a_collector_of_traces_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        collector = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with serving(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector) as api:
            assert (await api.get("/api/public")).status_code == 200
            # The exporter's own patience is ten seconds for each of its tries.
            assert await asyncio.to_thread(api.process.stop, signal.SIGTERM, 8) == 0
            assert "the last traces were not sent" in api.process.output


async def test_it_ends_while_its_keys_are_being_fetched(tmp_path: Path) -> None:
    port = free_port()
    async with local_issuer() as issuer, httpx.AsyncClient(trust_env=False, timeout=20) as http:
        await http.post(f"{issuer.address}local/faults", json={"delay": 3600})
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience, "HOST": "127.0.0.1"}
        times = {"SHUTDOWN_DELAY": "0", "SHUTDOWN_GRACE": "1", "METRICS_PORT": "0", "JWKS_TIMEOUT": "60"}
        with service("serve", directory=tmp_path, PORT=str(port), **own, **times) as process:
            await asyncio.to_thread(process.wait_for, "listening")
            bearer = {"Authorization": f"Bearer {issuer.token()}"}
            waiting = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/api/private", headers=bearer))
            while issuer.keyring.asked == 0:
                await asyncio.sleep(0.02)
            began = time.monotonic()
            assert await asyncio.to_thread(process.stop) == 0
            assert time.monotonic() - began < 20
            answer = await waiting
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "Traceback" not in process.output
