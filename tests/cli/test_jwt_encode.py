from __future__ import annotations

import contextlib
import io
import json
import time
from pathlib import Path

import jwt as pyjwt
import pytest

from service.cli import main
from service.practice.key_files import Key, new_key

from ..processes import run
from .jwt_command import jwt

KEYS = {name: new_key(name) for name in ("RS256", "ES256", "ES384", "ES512")}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, key in KEYS.items():
        (tmp_path / f"{name}.pem").write_bytes(key.private_pem())
        (tmp_path / f"{name}.pub.pem").write_bytes(key.public_pem())
    return tmp_path


def decoded(token: str, key: Key | str, algorithm: str) -> dict:
    verifying = key if isinstance(key, str) else key.public_pem()
    return pyjwt.decode(
        token.strip(), verifying, algorithms=[algorithm], options={"verify_aud": False, "verify_exp": False}
    )


def test_prints_a_token_and_nothing_else(directory: Path) -> None:
    (directory / "claims.json").write_text('{"sub": "somebody else", "roles": ["a"]}')
    before = int(time.time())
    ended = run(
        *("jwt", "encode", "--key", "RS256.pem", "--payload", "claims.json", "--exp", "30m"),
        *(
            "--claim",
            "iss=https://me.example/",
            "--claim",
            "sub=123",
            "--claim",
            'aud=["a", "b"]',
            "--claim",
            "admin=true",
        ),
        directory=directory,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("\n") == 1
    claims = decoded(ended.stdout, KEYS["RS256"], "RS256")
    assert before <= claims["iat"] <= time.time()
    assert claims == {
        "iss": "https://me.example/",
        "sub": "123",
        "aud": ["a", "b"],
        "admin": True,
        "roles": ["a"],
        "iat": claims["iat"],
        "exp": claims["iat"] + 1800,
    }
    kid = KEYS["RS256"].kid
    assert pyjwt.get_unverified_header(ended.stdout.strip()) == {"alg": "RS256", "typ": "JWT", "kid": kid}


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_algorithm_is_the_keys(algorithm: str) -> None:
    ended = jwt("encode", "--key", f"{algorithm}.pem", "--claim", "sub=a", "--exp=1h")
    assert (ended.status, ended.err) == (0, "")
    assert decoded(ended.out, KEYS[algorithm], algorithm)["sub"] == "a"


def test_an_rsa_key_signs_with_what_is_asked_for() -> None:
    ended = jwt("encode", "--key", "RS256.pem", "--alg", "RS512", "--claim", "sub=a", "--exp=1h")
    assert decoded(ended.out, KEYS["RS256"], "RS512")["sub"] == "a"


def test_a_secret_is_labelled() -> None:
    secret = "a practice secret that is long enough"
    ended = jwt("encode", "--secret", secret, "--claim", "sub=a", "--exp", "5m")
    assert ended.status == 0
    assert decoded(ended.out, secret, "HS256")["sub"] == "a"
    assert "for practice" in ended.err
    assert "too short" not in ended.err
    assert secret not in ended.err
    assert "too short" in jwt("encode", "--secret", secret, "--alg", "HS512", "--claim", "sub=a", "--exp", "5m").err


def test_the_header_can_be_changed() -> None:
    common = ("encode", "--key", "ES256.pem", "--claim", "sub=a", "--exp", "5m")
    ended = jwt(*common, "--kid", "mine", "--header", "typ=at+jwt", "--header", "n=1")
    assert pyjwt.get_unverified_header(ended.out.strip()) == {"alg": "ES256", "typ": "at+jwt", "kid": "mine", "n": 1}
    ended = jwt(*common, "--header", "kid=12")
    assert pyjwt.get_unverified_header(ended.out.strip())["kid"] == "12"


@pytest.mark.parametrize("end", [("--exp=-5m",), ("--exp", "-300")], ids=" ".join)
def test_an_expired_token_can_be_made(end: tuple[str, ...]) -> None:
    claims = decoded(jwt("encode", "--key", "RS256.pem", *end, "--claim", "sub=a").out, KEYS["RS256"], "RS256")
    assert claims["exp"] == claims["iat"] - 300


def test_that_a_minus_with_a_unit_needs_the_equals_sign_stands_in_the_help() -> None:
    with pytest.raises(SystemExit) as refused:
        jwt("encode", "--key", "RS256.pem", "--exp", "-5m", "--claim", "sub=a")
    assert refused.value.code == 2
    with pytest.raises(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:
        main(["jwt", "encode", "--help"])
    assert "--exp=-5m, which needs the =," in " ".join(shown.getvalue().split())


@pytest.mark.parametrize(
    ("claims", "told"),
    [((), "sub"), (("--claim", "sub=a"), "no exp"), (("--claim", "sub=a", "--claim", "exp=soon"), "exp")],
)
def test_a_token_that_the_api_would_refuse_is_made_and_told(claims: tuple[str, ...], told: str) -> None:
    ended = jwt("encode", "--key", "RS256.pem", *claims)
    assert ended.status == 0
    assert ended.out.startswith("eyJ")
    assert ended.err.startswith("The API would refuse")
    assert told in ended.err


def test_a_payload_comes_from_standard_input_too(directory: Path) -> None:
    ended = run("jwt", "encode", "--key", "RS256.pem", "--payload", "-", directory=directory, stdin='{"sub": "é"}')
    assert decoded(ended.stdout, KEYS["RS256"], "RS256") == {"sub": "é"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "keys --new"),
        (("--key", "absent.pem"), "absent.pem: No such file"),
        (("--key", "."), "Is a directory"),
        (("--key", "RS256.pub.pem"), "public key"),
        (("--key", "claims.json"), "not a key in PEM form"),
        (("--key", "ES256.pem", "--alg", "RS256"), "RS256 does not fit"),
        (("--key", "RS256.pem", "--alg", "HS256"), "HS256 does not fit"),
        (("--key", "RS256.pem", "--alg", "none"), "none does not fit"),
        (("--secret", "hunter2hunter2", "--alg", "RS256"), "does not fit this secret"),
        (("--secret", ""), "empty"),
        (("--key", "RS256.pem", "--header", "alg=none"), "--alg"),
        (("--key", "RS256.pem", "--header", "kid=a", "--kid", "b"), "--kid"),
        (("--key", "RS256.pem", "--claim", "x"), "name=value"),
        (("--key", "RS256.pem", "--claim", "x=NaN"), "NaN"),
        (("--key", "RS256.pem", "--claim", "x=1", "--claim", "x=2"), "given twice"),
        (("--key", "RS256.pem", "--claim", "x=\udcff"), "not UTF-8"),
        (("--key", "RS256.pem", "--exp", "soon"), "30m"),
        (("--key", "RS256.pem", "--exp", "5m", "--claim", "exp=1"), "--exp"),
        (("--key", "RS256.pem", "--payload", "absent.json"), "absent.json: No such file"),
        (("--key", "RS256.pem", "--payload", "list.json"), "not a JSON object"),
        (("--key", "RS256.pem", "--payload", "twice.json"), "stands twice"),
        (("--key", "RS256.pem", "--payload", "nan.json"), "NaN"),
    ],
    ids=lambda value: " ".join(value)[:40].encode("ascii", "replace").decode() if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_one_line_and_exits_2(directory: Path, arguments: tuple[str, ...], told: str) -> None:
    (directory / "claims.json").write_text("{}")
    (directory / "list.json").write_text("[1]")
    (directory / "twice.json").write_text('{"a": 1, "a": 2}')
    (directory / "nan.json").write_text('{"a": NaN}')
    ended = jwt("encode", *arguments)
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert told in ended.err
    assert "hunter2" not in ended.err


def test_a_key_and_a_secret_exclude_each_other() -> None:
    err = io.StringIO()
    with pytest.raises(SystemExit) as ended, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", err)
        jwt("encode", "--key", "RS256.pem", "--secret", "s")
    assert ended.value.code == 2


def test_a_decoded_token_can_be_encoded_again(directory: Path) -> None:
    claims = {"sub": "a", "exp": 4102444800, "nested": {"é": [1, None]}}
    (directory / "claims.json").write_text(json.dumps(claims))
    token = jwt("encode", "--key", "RS256.pem", "--payload", "claims.json").out.strip()
    assert json.loads(jwt("decode", "--json", token).out)["payload"] == claims
