"""Variables that libraries read by themselves, as the commands meet them: real processes."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx
import pytest

from service.issuer import local_issuer

from ..processes import free_port, run, service, until_ready

TENANT = {
    "AUTH0_DOMAIN": "tenant.invalid",
    "AUTH0_AUDIENCE": "a",
    "AUTH0_M2M_CLIENT_ID": "m",
    "AUTH0_M2M_CLIENT_SECRET": "s",
}

# Each ended in a traceback and exit status 1, or would have been ignored.
OF_HTTPX = {
    "NO_PROXY": "fd07:b51a:cc66:f0::/64",
    "https_proxy": "http://proxy:port",
    "ALL_PROXY": "socks5://user:s3cret@proxy",
    "SSL_CERT_FILE": "/no/such/file",
    "SSLKEYLOGFILE": "/no/such/log",
}
OF_TRACES = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100000",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "-1",
    "OTEL_EXPORTER_OTLP_HEADERS": "s3cret",
}
OF_METRICS = {"PROMETHEUS_MULTIPROC_DIR": "/no/such/directory"}


def told(*command: str, directory: Path, **environment: str) -> set[str]:
    """Run a command that is refused, and return the names of the variables that it complains of."""
    ended = run(*command, directory=directory, **environment)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert "s3cret" not in ended.stderr
    first, *lines = ended.stderr.splitlines()
    assert first == "These settings are wrong or missing:"
    return {line.strip().split(":")[0] for line in lines}


def test_serve_tells_all_at_once_beside_its_own_settings(tmp_path: Path) -> None:
    wrong = {**OF_HTTPX, **OF_TRACES, **OF_METRICS, "PORT": "0"}
    names = told("serve", directory=tmp_path, AUTH0_DOMAIN="tenant.invalid", **wrong)
    # The batch is compared with the queue only where each is a number by itself.
    missing = {"AUTH0_AUDIENCE", "PORT"} - wrong.keys()
    expected = (wrong.keys() | missing) - {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"}
    assert names == expected
    named = told(
        "serve",
        directory=tmp_path,
        **TENANT,
        **{**OF_TRACES, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "1", "OTEL_EXPORTER_OTLP_HEADERS": ""},
    )
    assert named == {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE"}


@pytest.mark.parametrize(
    "command",
    [("check",), ("token",), ("dev",), ("jwt", "keys"), ("jwt", "verify", "--any-audience", "x"),
     ("jwt", "keys", "--jwks", "HTTPS://127.0.0.1:9/"), ("jwt", "verify", "--any-audience", "--issuer", "t.invalid", "x")],
)  # fmt: skip
def test_commands_that_ask_a_tenant_tell_what_keeps_them_from_it(tmp_path: Path, command: tuple[str, ...]) -> None:
    # Neither traces nor metrics are any of their business; `dev` runs what makes traces.
    assert told(*command, directory=tmp_path, **TENANT, **OF_HTTPX, **OF_METRICS) == OF_HTTPX.keys()


def test_what_fetches_nothing_over_tls_is_not_stopped(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    everything = {**OF_HTTPX, **OF_TRACES, **OF_METRICS}
    for command in (("token",), ("check",), ("jwt", "keys", "--jwks", f"{nobody}/jwks.json")):
        ended = run(*command, directory=tmp_path, AUTH0_DOMAIN=nobody, AUTH0_AUDIENCE="a", **everything)
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        assert nobody in ended.stdout + ended.stderr
    ended = run(
        "jwt",
        "verify",
        "a.b.c",
        "--secret",
        "x" * 32,
        "--any-issuer",
        "--any-audience",
        directory=tmp_path,
        **everything,
    )
    assert ended.returncode == 1
    assert "not a JWT" in ended.stdout or "Refused" in ended.stdout


def test_dev_with_its_own_issuer_runs_whatever_they_say(tmp_path: Path) -> None:
    ports = ("--port", str(free_port()), "--issuer-port", str(free_port()))
    unused = {name: value for name, value in OF_TRACES.items() if name != "OTEL_EXPORTER_OTLP_ENDPOINT"}
    with service("dev", *ports, directory=tmp_path, **OF_HTTPX, **OF_METRICS, **unused) as dev:
        token = dev.wait_for("  Token ").split()[1]
        answer = httpx.get(
            f"http://127.0.0.1:{ports[1]}/api/private", headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        assert answer.status_code == 200
        assert dev.stop(signal.SIGINT) == 0
    assert "Traceback" not in dev.output


async def test_serve_with_an_issuer_on_this_machine_needs_neither_proxies_nor_certificates(tmp_path: Path) -> None:
    port = free_port()
    async with local_issuer() as issuer:
        own = {
            "AUTH0_DOMAIN": issuer.address,
            "AUTH0_AUDIENCE": issuer.audience,
            "HOST": "127.0.0.1",
            "METRICS_PORT": "0",
        }
        with service("serve", directory=tmp_path, PORT=str(port), SHUTDOWN_DELAY="0", **own, **OF_HTTPX) as process:
            await asyncio.to_thread(until_ready, f"http://127.0.0.1:{port}")
            assert await asyncio.to_thread(process.stop) == 0
    assert "Traceback" not in process.output
