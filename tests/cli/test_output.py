"""Output that cannot be written, for every command: one line on standard error and exit status 1."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.issuer import local_issuer

from ..processes import CLEAN, ROOT, free_port
from ..signing import Signer, rsa_key

TOKEN = Signer(rsa_key()).sign({"sub": "a", "exp": 1, "name": "Zoë"})

PRINTING = [
    "check",
    "check --json",
    "token",
    "jwt lesson",
    f"jwt decode {TOKEN}",
    f"jwt decode --json {TOKEN}",
    "jwt encode --secret secret --claim sub=a",
    "jwt keys",
    "jwt keys --json",
    f"jwt verify {TOKEN}",
    "--help",
    "serve --help",
]


def shell(command: str, redirection: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell does, its streams redirected; standard input is empty."""
    line = f'exec "$PYTHON" -m service {command} {redirection}'
    own = {**CLEAN, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, **environment}
    return subprocess.run(
        ["sh", "-c", line], cwd=directory, env=own, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("command", PRINTING)
async def test_what_cannot_be_written_is_one_line(command: str, tmp_path: Path) -> None:
    async with local_issuer() as issuer:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}
        for redirection, unbuffered, reason in (
            (">/dev/full", "", "No space left on device"),
            (">/dev/full", "1", "No space left on device"),
            (">&-", "", "Bad file descriptor"),
        ):
            ended = await _aside(command, redirection, tmp_path, **own, PYTHONUNBUFFERED=unbuffered)
            notes, _, last = ended.stderr.rstrip("\n").rpartition("\n")
            assert (ended.returncode, last) == (1, f"The output cannot be written: {reason}.")
            # `encode` has its advice before.
            assert "Traceback" not in notes
            assert "encode" in command or not notes


async def _aside(command: str, redirection: str, directory: Path, **own: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(lambda: shell(command, redirection, directory, **own))


@pytest.mark.parametrize("command", ["check", "jwt lesson", f"jwt decode {TOKEN}", "jwt keys", f"jwt verify {TOKEN}"])
async def test_an_encoding_that_lacks_a_character_shows_its_number(command: str, tmp_path: Path) -> None:
    async with local_issuer() as issuer:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience}
        usual = await _aside(command, "", tmp_path, **own)
        ascii_alone = await _aside(command, "", tmp_path, **own, PYTHONIOENCODING="ascii")
    assert (ascii_alone.returncode, ascii_alone.stderr) == (usual.returncode, usual.stderr)
    assert ascii_alone.stdout.isascii()
    assert "Traceback" not in ascii_alone.stderr


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(("command", "status"), [("serve", 2), ("jwt encode", 2), ("nope", 2), ("token", 1)])
def test_where_nothing_can_be_said_the_status_says_it(
    command: str, status: int, redirection: str, tmp_path: Path
) -> None:
    # With `token` alone the settings are complete, and no issuer is there.
    own = {"AUTH0_DOMAIN": f"http://127.0.0.1:{free_port()}", "AUTH0_AUDIENCE": "a"} if command == "token" else {}
    ended = shell(command, redirection, tmp_path, **own)
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, "", "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(("command", "status"), [("nope", 2), ("jwt encode", 2), ("token", 1)])
def test_a_command_that_printed_nothing_needs_no_output(
    command: str, status: int, unbuffered: str, tmp_path: Path
) -> None:
    own = {"AUTH0_DOMAIN": f"http://127.0.0.1:{free_port()}", "AUTH0_AUDIENCE": "a"}
    ended = shell(command, ">/dev/full", tmp_path, **own, PYTHONUNBUFFERED=unbuffered)
    assert ended.returncode == status
    assert "cannot be written" not in ended.stderr


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_dev_ends_when_it_cannot_tell_its_addresses(redirection: str, tmp_path: Path) -> None:
    command = f"dev --port {free_port()} --issuer-port {free_port()}"
    ended = shell(command, redirection, tmp_path, LOG_LEVEL="error")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("The output cannot be written: ")
    assert "Traceback" not in ended.stderr


def test_a_descriptor_that_is_closed_is_no_other_files(tmp_path: Path) -> None:
    """Else what is printed would go where it does not belong."""
    code = (
        "import os\n"
        "from service.cli import output\n"
        "output.prepare()\n"
        "own = os.open('own', os.O_CREAT | os.O_WRONLY)\n"
        "assert own > 2\n"
        "os.write(own, os.readlink('/proc/self/fd/1').encode())\n"
    )
    own = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "CODE": code}
    subprocess.run(["sh", "-c", '"$PYTHON" -c "$CODE" <&- >&- 2>&-'], cwd=tmp_path, env=own, check=True, timeout=60)
    assert (tmp_path / "own").read_text() == "/dev/null"
