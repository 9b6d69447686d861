"""What strangers wrote never does more to a terminal than print, and never passes for a line of the tool's own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from service.cli.client_credentials import MAX_BODY, TokenRefused, get_token

from ..aws import examples
from ..aws.stand_in import StandIn
from ..processes import free_port, run, service
from ..signing import Signer, rsa_key
from .jwt_command import harmless
from .pipeline_command import built, pipeline

# A sequence that clears the screen, one by a C1 control, a forged line, marks that reverse the reading direction.
HOSTILE = "a\x1b[2J\x1b]0;title\x07\x9b31m\x7f\r\n  ok    forged\u202eb\u2066\u2028c"
KEY = Signer(rsa_key()).jwk


@contextlib.contextmanager
def issuer(**answers: Any) -> Iterator[str]:
    """An issuer that answers with just this: `keys`, `name` and `token` are JSON or bytes, `cache_control` a header."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = self.path.endswith("jwks.json")
            answer = answers.get("keys", {"keys": [KEY]}) if keys else {"issuer": answers.get("name", "")}
            self._send(200, answer)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send(answers.get("status", 200), answers["token"])

        def _send(self, status: int, answer: Any) -> None:
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if "cache_control" in answers:
                self.send_header("Cache-Control", answers["cache_control"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The test has its own say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def against(address: str, *arguments: str, directory: Path, **more: str) -> subprocess.CompletedProcess[str]:
    ended = run(*arguments, directory=directory, AUTH0_DOMAIN=address, AUTH0_AUDIENCE="api", JWKS_TIMEOUT="60", **more)
    for text in (ended.stdout, ended.stderr):
        assert harmless(text)
        assert "forged" not in {line.strip().removeprefix("ok").strip()[:6] for line in text.splitlines()}
        assert "Traceback" not in text
    return ended


def test_check_shows_names_of_keys_and_issuer_and_a_header(tmp_path: Path) -> None:
    keys = {"keys": [{**KEY, "kid": HOSTILE}, {**KEY, "kid": f"{HOSTILE}2", "alg": HOSTILE}]}
    with issuer(keys=keys, name=HOSTILE, cache_control="max-age=1\x1b[2J\x9b") as address:
        told = against(address, "check", directory=tmp_path)
        assert told.returncode == 1
        assert told.stdout.count("\\u001b[2J") == 4
        as_json = against(address, "check", "--json", directory=tmp_path)
    assert as_json.stdout.isascii()
    assert json.loads(as_json.stdout)["issuers"][0]["keys"][0]["kid"] == HOSTILE


@pytest.mark.parametrize("name", [["a", {"b": "\x1b"}], "\u0645\u202e"], ids=ascii)
def test_an_issuers_name_may_be_anything(name: object, tmp_path: Path) -> None:
    with issuer(name=name) as address:
        assert "it calls itself" in against(address, "check", directory=tmp_path).stdout


@pytest.mark.parametrize(
    "token",
    ["", " ", "a b", "a\n", HOSTILE, "a'; echo harm; '", "a\u00e9", "=", 7, None, ["a"], {"a": 1}],
    ids=ascii,
)
def test_what_is_no_token_is_a_refusal(token: object) -> None:
    with (
        issuer(token={"access_token": token, "token_type": "Bearer"}) as address,
        pytest.raises(TokenRefused) as refused,
    ):
        get_token(address, ("client", "secret"), "api")
    assert str(refused.value).isprintable()


def test_token_prints_nothing_that_is_no_token(tmp_path: Path) -> None:
    for token in ("", HOSTILE):
        with issuer(token={"access_token": token, "token_type": "Bearer"}) as address:
            ended = against(address, "token", directory=tmp_path)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
        assert "no token that can be sent" in ended.stderr


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "invalid_client", "error_description": HOSTILE},
        {"error": HOSTILE},
        {"error": {"a": HOSTILE}},
        b"",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"access_token": "a"' + b" " * MAX_BODY + b"}",
        b'{"access_token": "a", "access_token": "b"}',
        b'{"error": "\\ud800"}',
    ],
    ids=lambda answer: ascii(answer)[:30],
)
@pytest.mark.parametrize("status", [200, 401])
def test_a_refusal_is_one_harmless_line(answer: object, status: int) -> None:
    with issuer(token=answer, status=status) as address, pytest.raises(TokenRefused) as refused:
        get_token(address, ("client", "secret"), "api")
    assert str(refused.value).isprintable()
    assert f"({status})" in str(refused.value)


def test_token_tells_a_refusal_on_one_line(tmp_path: Path) -> None:
    with issuer(token={"error": "invalid_client", "error_description": HOSTILE}, status=401) as address:
        ended = against(address, "token", directory=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)


def test_dev_puts_nothing_into_a_line_to_paste_that_is_no_token(tmp_path: Path) -> None:
    with issuer(token={"access_token": "a' ; touch harm ; '\x1b[2J"}) as address:
        own = {"AUTH0_DOMAIN": address, "AUTH0_AUDIENCE": "api"}
        with service("dev", "--port", str(free_port()), directory=tmp_path, **own) as dev:
            assert "no token that can be sent" in dev.wait_for("  No token ")
            dev.wait_for("Ctrl-C")
            assert dev.stop() == 0
    assert "touch harm" not in dev.output
    assert "curl" not in dev.output


def test_what_was_typed_is_harmless_in_an_error_too(tmp_path: Path) -> None:
    for arguments in (
        ("token", HOSTILE),
        ("dev", "--port", HOSTILE),
        ("jwt", "verify", "--key", HOSTILE, "x"),
        ("jwt", "verify", "--issuer", HOSTILE, "x"),
        ("jwt", "keys", "--jwks", f"http://{HOSTILE}"),
        ("jwt", "encode", "--secret", "s", "--claim", HOSTILE),
        ("jwt", "keys", "--new", f"/nowhere/{HOSTILE}"),
        ("pipeline", "status", "--region", "eu\x1b[2J\n  ok    forged", "--profile", HOSTILE),
    ):
        ended = run(*arguments, directory=tmp_path)
        assert ended.returncode in (1, 2)
        assert harmless(ended.stderr)
        assert "  ok    forged" not in ended.stderr.splitlines()
        assert "Traceback" not in ended.stderr


def test_the_list_of_wrong_settings_is_harmless(tmp_path: Path) -> None:
    for command in ("serve", "check", "dev"):
        ended = run(command, directory=tmp_path, AUTH0_DOMAIN=HOSTILE, AUTH0_ALGORITHMS=HOSTILE, LOG_LEVEL=HOSTILE)
        assert ended.returncode == 2
        assert harmless(ended.stderr)
        assert all(line.startswith(("These settings", "  AUTH0_", "  LOG_")) for line in ended.stderr.splitlines())


@pytest.mark.parametrize("command", [("status",), ("logs",), ("logs", "--follow"), ("rollback",)])
def test_what_aws_repeats(command: tuple[str, ...], cloud: StandIn) -> None:
    failed = {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": HOSTILE}]}
    build = examples.build(7, buildStatus="FAILED", phases=[failed], initiator=HOSTILE, sourceVersion=HOSTILE)
    built(cloud, build, then=[build])
    cloud.on("logs:GetLogEvents", examples.log("1", HOSTILE), examples.log("1"))
    cloud.on("ecr:DescribeImages", {"imageDetails": []})
    ended = pipeline(cloud, *command)
    for text in (ended.out, ended.err):
        assert harmless(text)
    # A log has lines of its own.
    assert command[0] == "logs" or "  ok    forged" not in ended.out.splitlines()
    assert "  ok    forged" not in ended.err.splitlines()
