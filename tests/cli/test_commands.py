"""The commands as a newcomer runs them: real processes, in an empty directory."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.auth import KeySet, strict_json, verify_jws
from service.issuer import LocalIssuer, local_issuer

from ..processes import ROOT, free_port, run, service
from ..tools import need


def verify(token: str, issuer: LocalIssuer) -> dict[str, Any]:
    """Return the claims of a token that the issuer's keys verify."""
    payload = verify_jws(token, KeySet.from_jwks(issuer.keyring.public_set()))
    return strict_json.loads_object(payload)


def test_dev_prints_a_line_that_works_when_pasted_and_ends_quietly(tmp_path: Path) -> None:
    need("curl")
    port, issuer_port = free_port(), free_port()
    options = ("--port", str(port), "--issuer-port", str(issuer_port), "--token-lifetime", "90")
    with service("dev", *options, directory=tmp_path) as dev:
        line = dev.wait_for("curl ").partition("Try")[2].strip()
        pasted = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
        assert "Hello from a private endpoint" in pasted.stdout
        assert f"http://127.0.0.1:{port}" in dev.output
        assert f"http://127.0.0.1:{issuer_port}/" in dev.output
        token = run(
            "token",
            directory=tmp_path,
            AUTH0_DOMAIN=f"http://127.0.0.1:{issuer_port}",
            AUTH0_AUDIENCE="http://127.0.0.1:8100",
        )
        assert token.returncode == 0
        assert token.stdout.count("\n") == 1
        me = httpx.get(
            f"http://127.0.0.1:{port}/api/me",
            headers={"Authorization": f"Bearer {token.stdout.strip()}"},
            trust_env=False,
        )
        assert me.json()["sub"] == "dev-m2m@clients"
        assert me.json()["claims"]["exp"] - me.json()["claims"]["iat"] == 90
        began = time.monotonic()
        assert dev.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 10
    assert "Traceback" not in dev.output
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)


def test_a_change_reloads_the_api_and_tokens_live_on(tmp_path: Path) -> None:
    copy = tmp_path / "clone"
    subprocess.run(["cp", "-r", str(ROOT / "service"), str(tmp_path / "service")], check=True)
    copy.mkdir()
    port, issuer_port = free_port(), free_port()
    with service(
        "dev", "--port", str(port), "--issuer-port", str(issuer_port), directory=copy, PYTHONPATH=str(tmp_path)
    ) as dev:
        token = dev.wait_for("  Token ").split()[1]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=20) as http:
            assert http.get("/orders").status_code == 404
            (tmp_path / "service" / "routes" / "orders.py").write_text(
                "from quart import Blueprint\n"
                "from service.web import current_token\n"
                'blueprint = Blueprint("orders", __name__)\n'
                '@blueprint.get("/orders")\n'
                "async def orders():\n"
                "    return {'caller': current_token().subject}\n"
            )
            dev.wait_for("Reloading")
            ends = time.monotonic() + 60
            while http.get("/orders").status_code == 404:
                assert time.monotonic() < ends
            assert http.get("/orders").json() == {"caller": "dev-m2m@clients"}
            assert httpx.get(f"http://127.0.0.1:{port}/orders", trust_env=False).status_code == 401
            # A mistake is told, and the next change mends it.
            (tmp_path / "service" / "routes" / "orders.py").write_text("def broken(\n")
            dev.wait_for("The API ended with status 1")
            (tmp_path / "service" / "routes" / "orders.py").unlink()
            assert http.get("/api/private").status_code == 200
        assert dev.stop(signal.SIGINT) == 0
    assert "SyntaxError" in dev.output


async def test_ctrl_c_ends_what_is_still_streaming(tmp_path: Path) -> None:
    port = free_port()
    with service("dev", "--port", str(port), "--issuer-port", str(free_port()), directory=tmp_path) as dev:
        await asyncio.to_thread(dev.wait_for, "Ctrl-C")
        _, idle = await asyncio.open_connection("127.0.0.1", port)
        _, half = await asyncio.open_connection("127.0.0.1", port)
        half.write(b"POST /api/public HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
        await half.drain()
        began = time.monotonic()
        assert await asyncio.to_thread(dev.stop, signal.SIGINT) == 0
        assert time.monotonic() - began < 10
        idle.close()
        half.close()
    assert "Traceback" not in dev.output


def test_the_api_does_not_outlive_dev(tmp_path: Path) -> None:
    port = free_port()
    with service("dev", "--port", str(port), "--issuer-port", str(free_port()), directory=tmp_path) as dev:
        dev.wait_for("Ctrl-C")
        dev.process.kill()
        dev.process.wait()
        ends = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
            except httpx.TransportError:
                break
            assert time.monotonic() < ends


def test_token_without_an_issuer_is_one_line(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    for environment in ({"AUTH0_DOMAIN": nobody, "AUTH0_AUDIENCE": "a"},):
        ended = run("token", directory=tmp_path, **environment)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
        assert "nothing answers" in ended.stderr


async def test_token_asks_for_scope_and_audience(tmp_path: Path) -> None:
    async with local_issuer() as issuer:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}

        async def token(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
            return await asyncio.to_thread(lambda: run("token", *arguments, directory=tmp_path, **own, **more))

        assert (await token("--scope", "read:messages")).returncode == 0
        refused = await token("--audience", "other")
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
        assert issuer.audience in refused.stderr
        wrong = await token(AUTH0_M2M_CLIENT_ID="dev-m2m", AUTH0_M2M_CLIENT_SECRET="wr0ng-secret")
        assert wrong.returncode == 1
        assert "The client_secret is wrong." in wrong.stderr
        assert "wr0ng-secret" not in wrong.stderr


async def test_token_adds_an_organization_and_claims(tmp_path: Path) -> None:
    async with local_issuer() as issuer:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}

        async def token(*arguments: str) -> subprocess.CompletedProcess[str]:
            return await asyncio.to_thread(lambda: run("token", *arguments, directory=tmp_path, **own))

        given = ("https://example.com/auth_time=1.5", "plan=pro", 'groups=["a", "b"]', "odd=1e400", 'two=1, "b": 2')
        options = [part for one in given for part in ("--claim", one)]
        made = await token("--organization", "acme", "--scope", "read:messages", *options)
        assert made.returncode == 0, made.stderr
        claims = verify(made.stdout.strip(), issuer)
        assert (claims["sub"], claims["scope"]) == ("dev-m2m@clients", "read:messages")
        assert (claims["org_id"], claims["org_name"]) == ("org_acme", "acme")
        assert (claims["https://example.com/auth_time"], claims["plan"], claims["groups"]) == (1.5, "pro", ["a", "b"])
        assert (claims["odd"], claims["two"], "b" in claims) == ("1e400", '1, "b": 2', False)
        for arguments, words in (
            (("--claim", "sub=me"), "The claim sub is set by the issuer alone."),
            (("--organization", "org_none"), "organization is neither the id nor the name"),
        ):
            refused = await token(*arguments)
            assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
            assert words in refused.stderr


def test_a_tenants_token_gets_no_claims_from_here(tmp_path: Path) -> None:
    tenant = {"AUTH0_DOMAIN": "tenant.us.auth0.com", "AUTH0_AUDIENCE": "a"}
    machine = {"AUTH0_M2M_CLIENT_ID": "a", "AUTH0_M2M_CLIENT_SECRET": "b"}
    for more in ({}, machine):
        ended = run("token", "--claim", "a=b", directory=tmp_path, **tenant, **more)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
        assert "--claim works with the local issuer alone" in ended.stderr


def test_token_of_a_tenant_needs_a_client(tmp_path: Path) -> None:
    ended = run("token", directory=tmp_path, AUTH0_DOMAIN="tenant.us.auth0.com", AUTH0_AUDIENCE="a")
    assert ended.returncode == 2
    assert "AUTH0_M2M_CLIENT_ID" in ended.stderr
    assert "AUTH0_M2M_CLIENT_SECRET" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nope",),
        ("dev", "--port", "0"),
        ("dev", "--port", "x"),
        ("serve", "--nope"),
        ("token", "--scope"),
        ("token", "--claim", "a"),
        ("token", "--claim", "=a"),
    ],
)
def test_wrong_usage_exits_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments, directory=tmp_path)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "usage" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_dev_with_a_tenant_starts_no_issuer_of_its_own(tmp_path: Path) -> None:
    port, issuer_port = free_port(), free_port()
    async with local_issuer() as issuer:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}
        with service("dev", "--port", str(port), "--issuer-port", str(issuer_port), directory=tmp_path, **own) as dev:
            await asyncio.to_thread(dev.wait_for, "Ctrl-C")
            assert issuer.address in dev.output
            async with httpx.AsyncClient(trust_env=False) as http:
                with pytest.raises(httpx.ConnectError):
                    await http.get(f"http://127.0.0.1:{issuer_port}/")
            assert await asyncio.to_thread(dev.stop, signal.SIGINT) == 0


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        ({}, "AUTH0_M2M_CLIENT_ID: it is not set"),
        ({"AUTH0_M2M_CLIENT_ID": "a", "AUTH0_M2M_CLIENT_SECRET": "b"}, "nothing answers at https://nope.invalid/"),
    ],
    ids=["no client", "a client"],
)
def test_dev_with_a_wrong_domain_tells_the_pages_address_and_why_there_is_no_token(
    tmp_path: Path, client: dict[str, str], reason: str
) -> None:
    port = free_port()
    wrong = {"AUTH0_DOMAIN": "nope.invalid", "AUTH0_AUDIENCE": "a", **client}
    with service("dev", "--port", str(port), directory=tmp_path, **wrong) as dev:
        assert f"http://127.0.0.1:{port}/" in dev.wait_for("  Pages ")
        assert reason in dev.wait_for("  No token ")
        dev.wait_for("Ctrl-C")
        assert httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200
        assert dev.stop(signal.SIGINT) == 0


async def test_dev_prints_the_token_once_the_api_can_check_it(tmp_path: Path) -> None:
    async with local_issuer() as issuer, httpx.AsyncClient(base_url=issuer.address, trust_env=False) as http:
        await http.post("local/faults", json={"status": 503})
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience, "JWKS_COOLDOWN": "0.1"}
        with service("dev", "--port", str(free_port()), directory=tmp_path, **own) as dev:
            await asyncio.to_thread(dev.wait_for, "  Pages ")
            # Long enough to get a token in.
            await asyncio.sleep(0.5)
            assert "Token " not in dev.output
            await http.post("local/faults", json={})
            await asyncio.to_thread(dev.wait_for, "  Token ")
            assert await asyncio.to_thread(dev.stop, signal.SIGINT) == 0


def test_dev_tells_of_a_port_that_is_taken(tmp_path: Path) -> None:
    port = free_port()
    with service("dev", "--port", str(port), "--issuer-port", str(free_port()), directory=tmp_path) as dev:
        dev.wait_for("Ctrl-C")
        ended = run("dev", "--port", str(port), directory=tmp_path)
        assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
        dev.stop(signal.SIGINT)
