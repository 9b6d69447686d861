"""The first `dev` installs what the pages load in the browser."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.cli.npm_assets import npm_ci
from service.pages.assets import LIBRARY

from ..processes import ROOT, Service, free_port, service
from ..tools import missing, need


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The package as it is before anything was installed."""
    shutil.copytree(ROOT / "service", tmp_path / "service", ignore=shutil.ignore_patterns("node_modules"))
    return tmp_path


@contextlib.contextmanager
def dev(clone: Path, **environment: str) -> Iterator[tuple[Service, str]]:
    (clone / "empty").mkdir(exist_ok=True)
    port = str(free_port())
    ports = ("--port", port, "--issuer-port", str(free_port()))
    with service("dev", *ports, directory=clone / "empty", PYTHONPATH=str(clone), **environment) as process:
        yield process, f"http://127.0.0.1:{port}"


def test_the_first_dev_installs_it_once(clone: Path) -> None:
    library = clone / "service" / LIBRARY.relative_to(ROOT / "service")
    with dev(clone) as (process, address):
        process.wait_for("Installing the pages' login library with npm, once.")
        line = process.wait_for("The login library ", seconds=120)
        if "could not" in line:
            missing(line)
        assert library.is_file()
        process.wait_for("Ctrl-C")
        served = httpx.get(f"{address}/assets/{library.name}", trust_env=False)
        assert served.content == library.read_bytes()
    with dev(clone) as (process, _):
        process.wait_for("Ctrl-C")
        assert "Installing" not in process.output


def test_those_that_start_at_once_install_once(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """npm begins with removing what is there, also what another npm puts there."""
    npm = clone / "programs" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\necho run >> {clone}/runs\nexec {need("npm")} "$@"\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:{os.environ['PATH']}")
    wanted = clone / "service" / LIBRARY.relative_to(ROOT / "service")

    async def together() -> list[str | None]:
        return await asyncio.gather(*(npm_ci(clone / "service" / "pages", wanted) for _ in range(4)))

    if problem := asyncio.run(together())[0]:
        missing(problem)
    assert wanted.is_file()
    assert (clone / "runs").read_text() == "run\n"


def test_offline_the_api_runs_and_says_what_is_missing(clone: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    with dev(clone, npm_config_registry=nobody) as (process, address):
        process.wait_for("The login library could not be installed: ", seconds=60)
        process.wait_for("Ctrl-C")
        assert httpx.get(f"{address}/api/public", trust_env=False).status_code == 200
        assert "the login library is not installed" in httpx.get(f"{address}/", trust_env=False).text
        assert process.stop(signal.SIGINT) == 0
    assert "Traceback" not in process.output


def test_ctrl_c_ends_an_installation_that_hangs(clone: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        registry = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with dev(clone, npm_config_registry=registry) as (process, _):
            process.wait_for("Ctrl-C")
            with silent.accept()[0]:
                began = time.monotonic()
                assert process.stop(signal.SIGINT) == 0
                assert time.monotonic() - began < 10
    assert "Traceback" not in process.output


def test_a_machine_without_npm_gets_it_from_pythons_packages(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = clone / "programs"
    programs.mkdir()
    folders = [Path(folder) for folder in reversed(os.environ["PATH"].split(os.pathsep)) if Path(folder).is_dir()]
    for name, path in {path.name: path for folder in folders for path in folder.iterdir()}.items():
        if name not in ("npm", "node", "nodejs"):
            (programs / name).symlink_to(path)
    monkeypatch.setenv("PATH", str(programs))
    assert shutil.which("npm") is None
    wanted = clone / "service" / LIBRARY.relative_to(ROOT / "service")
    if problem := asyncio.run(npm_ci(clone / "service" / "pages", wanted)):
        missing(problem)
    assert wanted.read_bytes()


def test_without_npm_and_uv_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert asyncio.run(npm_ci(tmp_path, tmp_path / "wanted")) == "neither npm nor uv is on the PATH"
