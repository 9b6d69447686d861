"""Settings from AWS Secrets Manager: real boto3, over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from .aws_server import REGION, client, environment
from .processes import CLEAN, ROOT, free_port, run

GOOD = {"AUTH0_DOMAIN": "tenant.test", "AUTH0_AUDIENCE": "from-the-secret", "LOG_SUBJECT_KEY": "s3cret-of-the-log-1"}


def put(address: str, value: str | bytes, name: str = "settings") -> str:
    """Make a secret, and return its ARN."""
    kind = {"SecretString": value} if isinstance(value, str) else {"SecretBinary": value}
    secrets: Any = client("secretsmanager", address)
    return str(secrets.create_secret(Name=name, **kind)["ARN"])


def token(directory: Path, address: str, secret: str = "settings", **more: str) -> tuple[int, list[str]]:
    """Run a command that needs settings, and return its status and what it says. It would print a token."""
    ended = run("token", directory=directory, **{**environment(address, directory), "AWS_SECRET_ID": secret, **more})
    assert "Traceback" not in ended.stderr
    assert "s3cret" not in ended.stderr
    return ended.returncode, ended.stderr.splitlines()


def problem(directory: Path, address: str, secret: str = "settings", **more: str) -> str:
    status, lines = token(directory, address, secret, **more)
    assert (status, lines[0], len(lines)) == (2, "These settings are wrong or missing:", 2), lines
    assert lines[1].startswith("  AWS_SECRET_ID: ")
    return lines[1]


def test_the_settings_come_from_the_secret_by_name_and_by_arn(aws: str, tmp_path: Path) -> None:
    arn = put(aws, json.dumps(GOOD))
    for secret in ("settings", arn):
        # It has everything but a client to get a token with, which is another matter.
        status, lines = token(tmp_path, aws, secret)
        assert status == 2
        assert "AUTH0_M2M_CLIENT_ID" in lines[1]
    # The region is the ARN's, wherever this runs.
    assert token(tmp_path, aws, arn, AWS_DEFAULT_REGION="us-east-1")[1] == lines


def test_the_environment_wins_over_the_file_and_the_file_over_the_secret(aws: str, tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    put(aws, json.dumps({**GOOD, "AUTH0_DOMAIN": "secret.test", "AUTH0_M2M_CLIENT_SECRET": "s3cret-of-a-machine"}))
    (tmp_path / ".env").write_text("AUTH0_DOMAIN=file.test\nAUTH0_M2M_CLIENT_ID=from-the-file\n")
    own = {"AUTH0_DOMAIN": nobody}
    status, lines = token(tmp_path, aws, **own)
    assert (status, lines) == (1, [f"No token: nothing answers at {nobody}/"])
    check = run("check", directory=tmp_path, **{**environment(aws, tmp_path), "AWS_SECRET_ID": "settings", **own})
    assert "from-the-secret" in check.stdout


def test_the_file_can_name_the_secret(aws: str, tmp_path: Path) -> None:
    put(aws, json.dumps(GOOD))
    (tmp_path / ".env").write_text("AWS_SECRET_ID=settings\n")
    ended = run("token", directory=tmp_path, **environment(aws, tmp_path))
    assert "AUTH0_M2M_CLIENT_ID" in ended.stderr
    assert "AUTH0_AUDIENCE" not in ended.stderr


def test_a_secret_that_is_not_there_is_one_line(aws: str, tmp_path: Path) -> None:
    assert problem(tmp_path, aws).endswith(f"there is no such secret in {REGION}")


NESTED = '{"s3cret": ' + "[" * 30_000 + "]" * 30_000 + "}"


@pytest.mark.parametrize(
    "value",
    ["s3cret {not json", '["s3cret"]', '"s3cret"', "null", NESTED, b"s3cret \xff"],
    ids=lambda value: repr(value[:20]),
)
def test_what_is_no_json_object_is_one_line(aws: str, tmp_path: Path, value: str | bytes) -> None:
    put(aws, value)
    assert "not one JSON object of settings" in problem(tmp_path, aws)


def test_an_unknown_name_is_told_and_a_wrong_value_is_not_shown(aws: str, tmp_path: Path) -> None:
    put(aws, json.dumps({**GOOD, "AUTH0_AUDIANCE": "s3cret-1"}))
    assert "no setting is called AUTH0_AUDIANCE" in problem(tmp_path, aws)
    put(aws, json.dumps({**GOOD, "A\n\x1b[2J": "s3cret-1"}), "forged")
    assert "no setting is called A\\n\\u001b[2J, which" in problem(tmp_path, aws, "forged")
    put(aws, json.dumps({**GOOD, "JWKS_TTL": "s3cret-2", "PORT": {"s3cret": 1}}), "wrong")
    status, lines = token(tmp_path, aws, "wrong")
    assert status == 2
    assert [line.partition(":")[0].strip() for line in lines[1:]] == ["JWKS_TTL", "PORT"]


class _Denies(BaseHTTPRequestHandler):
    """Answers as Secrets Manager does to a role that may not read it."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"__type": self.server.code, "Message": "User: arn:aws:sts::1:x is not authorized"})  # type: ignore[attr-defined]
        self.send_response(400)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "secretsmanager:GetSecretValue"),
        ("DecryptionFailure", "kms:Decrypt"),
        ("InvalidRequestException", "about to be deleted"),
        ("UnrecognizedClientException", "AWS refuses: UnrecognizedClientException"),
    ],
)
def test_a_refusal_of_aws_says_what_is_lacking(tmp_path: Path, code: str, said: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Denies) as server:
        server.code = code  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        assert said in problem(tmp_path, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def test_without_credentials_region_or_answer_it_is_one_line_too(aws: str, tmp_path: Path) -> None:
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    assert "credentials" in problem(tmp_path, aws, **nothing)
    assert "Invalid endpoint" in problem(tmp_path, "not an address")
    unplaced = environment(aws, tmp_path)
    del unplaced["AWS_ENDPOINT_URL"], unplaced["AWS_DEFAULT_REGION"]
    ended = run("token", directory=tmp_path, **unplaced, AWS_SECRET_ID="settings")
    assert "AWS_SECRET_ID: You must specify a region" in ended.stderr
    nobody = f"http://127.0.0.1:{free_port()}"
    assert f'"{nobody}/"' in problem(tmp_path, nobody)


def profile(directory: Path, *lines: str) -> dict[str, str]:
    """Write a configuration of AWS that has the credentials, and return what names it."""
    path = directory / "config"
    path.write_text("\n".join(["[default]", *lines, ""]))
    return {"AWS_CONFIG_FILE": str(path), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


def test_a_profile_that_is_not_there_and_a_configuration_that_is_none_are_one_line(aws: str, tmp_path: Path) -> None:
    assert "profile (nobody)" in problem(tmp_path, aws, AWS_PROFILE="nobody")
    (tmp_path / "broken").write_text("s3cret\n")
    assert f"config file: {tmp_path / 'broken'}" in problem(tmp_path, aws, AWS_CONFIG_FILE=str(tmp_path / "broken"))


@pytest.mark.parametrize(
    ("process", "said"),
    [
        ("/no/such", "settings for AWS cannot be used: looking for credentials ends in FileNotFoundError (/no/such)"),
        ("echo s3cret", "settings for AWS cannot be used: looking for credentials ends in JSONDecodeError"),
        ("echo null", "settings for AWS cannot be used: looking for credentials ends in AttributeError"),
        ("sh -c 'echo s3cret >&2; exit 1'", "the credentials cannot be had from custom-process"),
    ],
)
def test_a_program_that_gives_no_credentials_is_one_line(aws: str, tmp_path: Path, process: str, said: str) -> None:
    put(aws, json.dumps(GOOD))
    assert problem(tmp_path, aws, **profile(tmp_path, f"credential_process = {process}")).endswith(said)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("mfa_serial = arn:aws:iam::123456789012:mfa/me", "source_profile = base", "[profile base]", "aws_access_key_id = a",
          "aws_secret_access_key = b"), "asks for an MFA code, and there is no terminal"),
        (("web_identity_token_file = /no/such",), "ends in FileNotFoundError (/no/such)"),
    ],
)  # fmt: skip
def test_a_role_that_cannot_be_taken_is_one_line(aws: str, tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    role = profile(tmp_path, "role_arn = arn:aws:iam::123456789012:role/r", *lines)
    assert said in problem(tmp_path, aws, **role)


def test_a_token_file_of_the_environment_that_is_not_there_is_one_line(aws: str, tmp_path: Path) -> None:
    role = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    empty = tmp_path / "empty"
    empty.touch()
    assert "(/no/such)" in problem(tmp_path, aws, **role, AWS_WEB_IDENTITY_TOKEN_FILE="/no/such")
    assert "WebIdentityToken" in problem(tmp_path, aws, **role, AWS_WEB_IDENTITY_TOKEN_FILE=str(empty))


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": ""}, {"AWS_REGION": f" '{REGION}' ", "AWS_DEFAULT_REGION": "no region"},
        {"AWS_PROFILE": ""}, {"AWS_PROFILE": " "}, {"AWS_DEFAULT_PROFILE": "", "AWS_PROFILE": '"default"'},
    ],
)  # fmt: skip
def test_the_usual_region_counts_and_a_blank_profile_is_none(
    aws: str, tmp_path: Path, variables: dict[str, str]
) -> None:
    put(aws, json.dumps(GOOD))
    own = profile(tmp_path, "aws_access_key_id = testing", "aws_secret_access_key = testing")
    _, lines = token(tmp_path, aws, **own, **variables)
    assert "AUTH0_M2M_CLIENT_ID" in lines[1]


def test_credentials_do_not_stand_in_an_error(aws: str, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert "credentials have a character" in problem(tmp_path, aws, **{name: "s3cret\nx"})
    told = problem(tmp_path, aws, HTTP_PROXY=f"http://user:s3cret@127.0.0.1:{free_port()}", NO_PROXY="other")
    assert told.endswith("the proxy cannot be reached (HTTPS_PROXY)")


def test_what_boto3_reads_is_told_by_name(aws: str, tmp_path: Path) -> None:
    wrong = {"HTTPS_PROXY": "http://proxy:port", "AWS_CA_BUNDLE": "/no/such", "SSLKEYLOGFILE": "/no/such/log"}
    status, lines = token(tmp_path, aws, AUTH0_AUDIENCE="a", **wrong)
    assert status == 2
    assert {line.strip().split(":")[0] for line in lines[1:]} == wrong.keys()


def test_a_program_may_give_the_credentials(aws: str, tmp_path: Path) -> None:
    put(aws, json.dumps(GOOD))
    (tmp_path / "given").write_text(json.dumps({"Version": 1, "AccessKeyId": "testing", "SecretAccessKey": "testing"}))
    _, lines = token(tmp_path, aws, **profile(tmp_path, f"credential_process = cat {tmp_path / 'given'}"))
    assert "AUTH0_M2M_CLIENT_ID" in lines[1]


def test_boto3_is_not_loaded_without_a_secret(tmp_path: Path) -> None:
    code = "import sys; from service.settings.sources import load; load(); print('boto3' in sys.modules)"
    own = {"PYTHONPATH": str(ROOT), "AUTH0_DOMAIN": "t.test", "AUTH0_AUDIENCE": "a"}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**CLEAN, **own}, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "False"
