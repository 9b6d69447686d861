"""How a command ends when somebody goes away, or when a package is not there."""

from __future__ import annotations

import signal
import site
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ..processes import CLEAN, ROOT, service
from ..signing import Signer, rsa_key
from ..terminals import terminal

TOKEN = Signer(rsa_key()).sign({"sub": "a", "exp": 1})
LOCAL = ("authlib", "joserfc", "rich", "watchfiles")


def run_with(packages: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with no packages but those of a directory."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "service", *arguments],
        cwd=packages.parent,
        env={**CLEAN, "PYTHONPATH": f"{ROOT}:{packages}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def packages_without(directory: Path, *names: str) -> Path:
    packages = directory / "packages"
    packages.mkdir()
    for path in Path(site.getsitepackages()[0]).iterdir():
        if path.name not in names:
            (packages / path.name).symlink_to(path)
    return packages


def test_a_package_that_production_leaves_out_is_named(tmp_path: Path) -> None:
    packages = packages_without(tmp_path, *LOCAL)
    for command, package in (("jwt decode x", "rich"), ("dev", "watchfiles")):
        ended = run_with(packages, *command.split())
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
        assert f"`{command.split()[0]}` needs the package {package}" in ended.stderr
    # What production has is enough for everything else.
    ended = run_with(packages, "serve")
    assert ended.returncode == 2
    assert "AUTH0_DOMAIN" in ended.stderr


def test_any_other_package_that_is_missing_is_a_defect(tmp_path: Path) -> None:
    ended = run_with(packages_without(tmp_path, "markdown_it", "pygments", "h11"), "jwt", "decode", "x")
    assert ended.returncode == 1
    assert "ModuleNotFoundError: No module named 'h11'" in ended.stderr


@pytest.mark.parametrize("arguments", [("jwt", "decode", "--json", TOKEN), ("jwt", "lesson")])
def test_a_reader_who_goes_away_is_no_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "service", *arguments],
        cwd=tmp_path,
        env={**CLEAN, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 141


def test_ctrl_c_is_no_error(tmp_path: Path) -> None:
    with terminal("jwt", "verify", "--secret", "s", "--any-issuer", directory=tmp_path) as shown:
        shown.wait_for("Paste a token")
        shown.type("\x03")
        assert shown.close() == 130
    assert "Traceback" not in shown.shown


def test_ctrl_c_ends_a_command_that_waits_for_an_issuer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with service("jwt", "keys", "--issuer", address, directory=tmp_path) as command:
            connection, _ = silent.accept()
            with connection:
                assert command.stop(signal.SIGINT) == 130
        assert command.output == ""


def test_ctrl_c_while_it_still_loads_is_no_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        arguments = ("jwt", "keys", "--issuer", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        # What is imported is printed meanwhile, so that the signal comes in the middle of it.
        with service(*arguments, directory=tmp_path, PYTHONPROFILEIMPORTTIME="1") as command:
            command.wait_for("argparse")
            assert command.stop(signal.SIGINT) in (-signal.SIGINT, 130)
        assert "Traceback" not in command.output
