"""An issuer that is slow, down, lying or rotating, over real sockets, under a steady load of good tokens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from service.issuer import LocalIssuer, local_issuer

from ..processes import free_port, service
from ..signing import Signer, rsa_key
from .test_serve import Running, serving

# Small enough that a fault of a second meets several refreshes.
QUICK = {"JWKS_TTL": "0.3", "JWKS_COOLDOWN": "0.1", "JWKS_TIMEOUT": "0.4"}
CALLERS = 8


@dataclass
class Load:
    answers: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0


@contextlib.asynccontextmanager
async def load(api: Running, token: str) -> AsyncIterator[Load]:
    """Call with a good token, over and over, while the context lasts."""
    result, ended = Load(), False

    async def caller() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        while not ended:
            began = time.perf_counter()
            response = await api.http.get(f"{api.address}/api/private", headers=headers)
            result.slowest = max(result.slowest, time.perf_counter() - began)
            result.answers[response.status_code] += 1
            # A steady load, and not all that the machine can do: what else the test waits for needs the same cores.
            await asyncio.sleep(0.02)

    callers = [asyncio.create_task(caller()) for _ in range(CALLERS)]
    try:
        yield result
    finally:
        ended = True
        await asyncio.gather(*callers)


async def local(api: Running, path: str, body: object = None) -> None:
    (await api.http.post(f"{api.issuer.address}local/{path}", json=body)).raise_for_status()


ELSEWHERE = {"Location": "http://127.0.0.1:9/.well-known/jwks.json"}
FAULTS: dict[str, dict[str, object]] = {
    "slow": {"delay": 2.0},
    "down": {"status": 503},
    "garbage": {"body": "<html>we are sorry</html>"},
    "an empty set": {"body": '{"keys":[]}'},
    "a redirect": {"status": 302, "headers": ELSEWHERE},
    "5 MB": {"body": json.dumps({"keys": [], "padding": "a" * 5_000_000})},
    "compressed": {"headers": {"Content-Encoding": "gzip"}},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_fault_of_the_issuer_is_nobodys_problem(
    tmp_path: Path, fault: dict[str, object], capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    async with serving(tmp_path, **QUICK) as api:
        token = api.issuer.token()
        stranger = Signer(rsa_key("stranger"), "unknown").sign({"iss": api.issuer.address, "sub": "a", "exp": 9e9})
        assert (await api.get("/api/private", stranger)).status_code == 401
        async with load(api, token) as steady:
            await local(api, "faults", fault)
            before = api.issuer.keyring.asked
            await asyncio.to_thread(api.process.wait_for, "cannot be had")
            # Nobody can tell now whether the issuer has this key.
            assert (await api.get("/api/private", stranger)).status_code == 503
            while api.issuer.keyring.asked < before + 3:
                await asyncio.sleep(0.01)
            assert (await api.get("/readyz")).status_code == 200
            await local(api, "faults", {})
            await asyncio.to_thread(api.process.wait_for, "can be had again")
            async with asyncio.timeout(30):
                # The fetch for it may well take longer than JWKS_TIMEOUT, where a machine has much to do.
                while (await api.get("/api/private", stranger)).status_code != 401:
                    await asyncio.sleep(0.05)
    assert set(steady.answers) == {200}
    with capsys.disabled():
        print(f"\n  {request.node.callspec.id}: {steady.answers[200]} answers, slowest {steady.slowest * 1000:.0f} ms")


async def test_a_closed_port_is_nobodys_problem(tmp_path: Path) -> None:
    port, issuer_port = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    own = {"HOST": "127.0.0.1", "PORT": str(port), "SHUTDOWN_DELAY": "0", "METRICS_PORT": "0", **QUICK}
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        async with local_issuer(port=issuer_port) as issuer:
            token = issuer.token()
            own |= {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}
            stack = contextlib.ExitStack()
            process = stack.enter_context(service("serve", directory=tmp_path, **own))
            await asyncio.to_thread(process.wait_for, "the key set was loaded")
        with stack:
            api = Running(address, issuer, process, http)
            async with load(api, token) as steady:
                await asyncio.to_thread(process.wait_for, "cannot be had")
                await asyncio.sleep(0.3)
            assert set(steady.answers) == {200}
            # It comes back with other keys: the old ones end with the first fetch that succeeds.
            async with local_issuer(port=issuer_port) as reborn:
                await asyncio.to_thread(process.wait_for, "can be had again")
                assert (await api.get("/api/private", reborn.token())).status_code == 200
                assert (await api.get("/api/private", token)).status_code == 401


async def test_rotation_and_revocation_refuse_no_good_caller(tmp_path: Path) -> None:
    async with serving(tmp_path, **QUICK) as api:
        async with load(api, api.issuer.token()) as before:
            await local(api, "rotate")
            assert (await api.get("/api/private", api.issuer.token())).status_code == 200
            await local(api, "rotate")
            # A key that was published only just now: known to nobody yet, and honoured within the cooldown.
            ends = time.monotonic() + 30
            while (await api.get("/api/private", api.issuer.token())).status_code != 200:
                assert time.monotonic() < ends
        assert set(before.answers) == {200}
        async with load(api, api.issuer.token()) as after:
            await local(api, "revoke")
            await asyncio.sleep(0.5)
        assert set(after.answers) == {200}


async def test_500_first_callers_make_one_fetch(tmp_path: Path) -> None:
    async with serving_slowly(tmp_path) as (api, issuer):
        head = "GET /api/private HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n"
        request = head.format(issuer.token()).encode()

        async def call() -> int:
            # A pool of 500 connections would take longer for itself than the fetch does.
            reader, writer = await asyncio.open_connection("127.0.0.1", int(api.rpartition(":")[2]))
            writer.write(request)
            answer = await reader.read()
            writer.close()
            return int(answer.split(maxsplit=2)[1])

        async with asyncio.timeout(60):
            answers = await asyncio.gather(*(call() for _ in range(500)))
        assert Counter(answers) == {200: 500}
        assert issuer.keyring.asked == 1


async def test_a_client_that_goes_away_takes_the_first_fetch_from_nobody(tmp_path: Path) -> None:
    async with serving_slowly(tmp_path) as (api, issuer):
        headers = {"Authorization": f"Bearer {issuer.token()}"}
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            stays = asyncio.create_task(http.get(f"{api}/api/private", headers=headers))
            with pytest.raises(httpx.ReadTimeout):
                await http.get(f"{api}/api/private", headers=headers, timeout=0.2)
            assert (await stays).status_code == 200
        assert issuer.keyring.asked == 1


@contextlib.asynccontextmanager
async def serving_slowly(directory: Path) -> AsyncIterator[tuple[str, LocalIssuer]]:
    """An API whose first fetch is still under way."""
    port = free_port()
    async with local_issuer() as issuer, httpx.AsyncClient(trust_env=False) as http:
        await http.post(f"{issuer.address}local/faults", json={"delay": 3})
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience, "HOST": "127.0.0.1"}
        usual = {"PORT": str(port), "SHUTDOWN_DELAY": "0", "METRICS_PORT": "0"}
        with service("serve", directory=directory, **own, **usual) as process:
            await asyncio.to_thread(process.wait_for, "listening")
            while issuer.keyring.asked == 0:
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{port}", issuer


async def test_a_flood_of_random_kids_makes_one_fetch_a_cooldown_and_delays_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path, JWKS_COOLDOWN="1") as api:
        claims = {"iss": api.issuer.address, "sub": "a", "exp": 9e9}
        key = rsa_key("stranger")
        flood = [Signer(key, f"random-{number}").sign(claims) for number in range(1000)]
        began, before = time.monotonic(), api.issuer.keyring.asked
        async with load(api, api.issuer.token()) as steady:
            answers: Counter[int] = Counter()
            for start in range(0, len(flood), 50):
                batch = await asyncio.gather(*(api.get("/api/private", token) for token in flood[start : start + 50]))
                answers.update(answer.status_code for answer in batch)
        assert answers == {401: 1000}
        assert set(steady.answers) == {200}
        assert api.issuer.keyring.asked - before <= 1 + (time.monotonic() - began) / 1
