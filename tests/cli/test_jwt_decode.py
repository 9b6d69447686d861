from __future__ import annotations

import json
import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..processes import run
from ..signing import b64
from ..tenant import Tenant
from ..terminals import terminal
from .jwt_command import harmless, jwt

TENANT = Tenant()
TOKEN = TENANT.token()
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\r✓ signature\x7f\u200b"


def unsigned(header: object, payload: object) -> str:
    return ".".join([b64(json.dumps(header).encode()), b64(json.dumps(payload).encode()), ""])


def test_shows_what_a_token_says_and_that_it_is_not_verified(tmp_path: Path) -> None:
    now = int(time.time())
    token = TENANT.token(exp=now + 7380, iat=now - 60)
    ended = run("jwt", "decode", directory=tmp_path, stdin=f"Authorization: Bearer {token}\n", TZ="Asia/Kolkata")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("NOT VERIFIED")
    # Whole, and without colours: this is a pipe.
    assert f"\n{token}\n" in ended.stdout
    assert "\x1b" not in ended.stdout
    for told in (
        '"alg": "RS256"',
        '"sub": "auth0|somebody"',
        "who issued the token",
        "256 bytes",
        "+05:30, expires in 2 hours",
    ):
        assert told in ended.stdout
    assert "would refuse" not in ended.stdout


def test_json_is_the_contracts_and_nothing_else(tmp_path: Path) -> None:
    ended = run("jwt", "decode", "--json", "-", directory=tmp_path, stdin=f"{TOKEN}\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == {
        "header": {"alg": "RS256", "typ": "JWT", "kid": "current"},
        "payload": TENANT.claims(),
        "signature": TOKEN.rpartition(".")[2],
    }


@pytest.mark.parametrize(
    ("payload", "value"), [(b"text", "text"), (b"\xff", "_w"), (b"[1]", [1]), (b'{"a":NaN}', '{"a":NaN}'), (b"", "")]
)
def test_json_of_a_payload_that_is_none_is_a_text(payload: bytes, value: object) -> None:
    ended = jwt("decode", "--json", TENANT.current.sign(payload))
    assert ended.status == 0
    assert json.loads(ended.out)["payload"] == value


@pytest.mark.parametrize(
    ("token", "refusal"),
    [
        (unsigned({"alg": "none"}, {"sub": "a"}), "no signature"),
        (TENANT.token({"kid": None}), "no key"),
        (TENANT.token({"typ": "secevent+jwt"}), "another kind"),
        (TENANT.token(exp=None), "no exp"),
        (TENANT.current.sign(b'{"sub":"a","sub":"b"}'), "stands twice"),
        (f"{TOKEN}=", "base64url"),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_what_the_api_would_refuse_is_told_and_shown(token: str, refusal: str) -> None:
    ended = jwt("decode", token)
    assert (ended.status, ended.err) == (0, "")
    assert "The API would refuse it: " in ended.out
    assert refusal in ended.out
    assert "PAYLOAD" in ended.out


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("K4v7oWq2yJ0nQ3cTz8bRm1sXe5uLf6ha", "as the audience"),
        (TOKEN.rpartition(".")[0], "2 parts"),
        (f"{TOKEN[:10]} {TOKEN[10:]}", "not base64url"),
        (" ", "no token"),
        ("Bearer ", "no token"),
    ],
    ids=lambda value: value[:4],
)
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_what_cannot_be_decoded_is_one_line(more: tuple[str, ...], token: str, told: str) -> None:
    ended = jwt("decode", *more, "--", token)
    assert (ended.status, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert told in ended.err


def test_of_an_encrypted_token_the_header_is_shown() -> None:
    token = f"{b64(json.dumps({'alg': 'dir', 'enc': 'A256GCM'}).encode())}..AAAA.AAAA.AAAA"
    ended = jwt("decode", token)
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "A256GCM" in ended.out
    assert "as the audience" in ended.err
    assert jwt("decode", "--json", token).out == ""


@pytest.mark.parametrize(
    ("stdin", "status"),
    [("", 1), ("\udcff\udc80.\udcff.\0", 1), ("A" * 2_000_000, 2)],
    ids=["nothing", "bytes", "much"],
)
def test_what_is_no_token_on_standard_input_is_one_line(tmp_path: Path, stdin: str, status: int) -> None:
    ended = run("jwt", "decode", directory=tmp_path, stdin=stdin)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (status, "", 1)


def test_nothing_in_a_token_reaches_the_terminal_raw() -> None:
    token = unsigned({"alg": HOSTILE, "kid": HOSTILE, HOSTILE: 1}, {"iss": HOSTILE, "exp": HOSTILE, "x": "\ud800"})
    for hostile in (token, f"{token}{HOSTILE}", f"{b64(b'{}')}.{b64(HOSTILE.encode())}.", f"{b64(HOSTILE.encode())}.."):
        for ended in (jwt("decode", hostile), jwt("decode", "--json", hostile)):
            assert harmless(ended.out)
            assert harmless(ended.err)


PART = st.one_of(
    st.binary(max_size=40).map(b64),
    st.text(string.ascii_letters + "-_=+/", max_size=9),
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "iss", "exp", "aud", "x", HOSTILE]),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters())),
            lambda inner: st.lists(inner, max_size=2),
            max_leaves=4,
        ),
    ).map(lambda members: b64(json.dumps(members).encode())),
)


@settings(max_examples=150, deadline=None)  # the first run imports the command
@given(st.one_of(st.lists(PART, max_size=6).map(".".join), st.tuples(PART, PART, st.text()).map(".".join), st.text()))
def test_no_token_breaks_it(token: str) -> None:
    for more in ((), ("--json",)):
        ended = jwt("decode", *more, "--", token)
        assert ended.status in (0, 1)
        assert harmless(ended.out)
        assert harmless(ended.err)
        assert ended.err.count("\n") == ended.status
        if more and ended.status == 0:
            assert json.loads(ended.out).keys() == {"header", "payload", "signature"}


def test_a_terminal_gets_three_colours(tmp_path: Path) -> None:
    header, payload, signature = TOKEN.split(".")
    with terminal("jwt", "decode", TOKEN, directory=tmp_path) as shown:
        assert shown.close() == 0
    # Whole, although the terminal is narrower: what is copied from it is the token.
    assert f"\x1b[31m{header}\x1b[0m.\x1b[35m{payload}\x1b[0m.\x1b[36m{signature}\x1b[0m\n" in shown.shown
    with terminal("jwt", "decode", TOKEN, directory=tmp_path, NO_COLOR="1") as shown:
        assert shown.close() == 0
    assert f"\n{TOKEN}\n" in shown.shown
    assert "\x1b[3" not in shown.shown


def test_a_person_without_a_token_is_asked_for_one(tmp_path: Path) -> None:
    with terminal("jwt", "decode", directory=tmp_path) as shown:
        shown.wait_for("Paste a token")
        shown.type(f"  Bearer {TOKEN}\n")
        assert shown.close() == 0
    assert "auth0|somebody" in shown.shown
