from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.practice.inspection import Undecodable, bare_token, form_refusal, take_apart

from ..signing import Signer, b64, rsa_key
from ..tenant import Tenant

TENANT = Tenant()
TOKEN = TENANT.token()


def unsigned(header: bytes, payload: bytes = b'{"sub":"a","exp":1}') -> str:
    return f"{b64(header)}.{b64(payload)}."


@pytest.mark.parametrize(
    "copied",
    [
        "{}", " {}\n", "\t{}\r\n\r\n", "Bearer {}", "bearer   {}\n", "Authorization: Bearer {}", "authorization:Bearer {}",
        "AUTHORIZATION : BEARER {}", '"{}"\n', "'{}'", "'Authorization: Bearer {}'", "\ufeff{}", "Authorization: {}",
    ],
)  # fmt: skip
def test_what_a_token_is_copied_with_is_taken_off(copied: str) -> None:
    assert bare_token(copied.format(TOKEN)) == TOKEN


def test_a_good_token() -> None:
    inspection = take_apart(TOKEN)
    assert inspection.segments == tuple(TOKEN.split("."))
    assert inspection.header.value == {"alg": "RS256", "typ": "JWT", "kid": "current"}
    assert inspection.payload.value == TENANT.claims()
    assert json.loads(inspection.payload.text) == TENANT.claims()
    assert inspection.signature is not None
    assert len(inspection.signature) == 256
    assert inspection.refusal is None


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        (b'{"alg":"none"}', "no signature"),
        (b'{"alg":"none","kid":"a","typ":"logout+jwt"}', "no signature"),
        (b'{"alg":"none","alg":"RS256"}', "no signature"),
        (b'{"alg":"none","x":"\\ud800"}', "no signature"),
    ],
)
def test_what_the_service_would_refuse_is_shown_all_the_same(header: bytes, refusal: str) -> None:
    inspection = take_apart(unsigned(header))
    assert isinstance(inspection.header.value, dict)
    assert inspection.signature == b""
    assert inspection.refusal is not None
    assert refusal in inspection.refusal


@pytest.mark.parametrize(
    ("header", "claims", "refusal"),
    [
        ({"kid": None}, {}, "no key"),
        ({"typ": "logout+jwt"}, {}, "another kind"),
        ({"crit": ["exp"]}, {}, "extension"),
        ({}, {"exp": None}, "no exp"),
        ({}, {"aud": 1}, "aud"),
        ({}, {"cnf": {}}, "cnf"),
    ],
    ids=str,
)
def test_the_refusal_is_the_cores(header: dict, claims: dict, refusal: str) -> None:
    assert refusal in (form_refusal(TENANT.token(header, **claims)) or "")


def test_what_has_two_readings_is_shown_as_it_stands() -> None:
    text = '{"alg":"RS256","kid":"a","kid":"b"}'
    header = take_apart(unsigned(text.encode())).header
    assert header.text == text
    assert header.members is None
    assert header.value == {"alg": "RS256", "kid": "b"}


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b"plain text", "plain text"),
        (b"", ""),
        (b"\xff\xfe", "__4"),
        (b"[1]", [1]),
        (b'{"a":NaN}', '{"a":NaN}'),
        (b'{"a":1e999}', '{"a":1e999}'),
        (b"9" * 5000, "9" * 5000),
        (b"[" * 5000, "[" * 5000),
        (b"[" * 500 + b"]" * 500, "[" * 500 + "]" * 500),
        (b'"\\ud800"', "\ud800"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_for_a_program_what_is_not_json_is_a_text(payload: bytes, value: object) -> None:
    assert take_apart(unsigned(b'{"alg":"none"}', payload)).payload.value == value


@pytest.mark.parametrize("spelling", ["{}=", "{}=="])
def test_other_spellings_are_read_and_told(spelling: str) -> None:
    header, payload, signature = TOKEN.split(".")
    inspection = take_apart(f"{header}.{spelling.format(payload)}.{signature}")
    assert inspection.payload.value == TENANT.claims()
    assert "base64url" in (inspection.refusal or "")


def test_a_signature_that_was_cut_off_hides_nothing_else() -> None:
    header, payload, signature = TOKEN.split(".")
    inspection = take_apart(f"{header}.{payload}.{signature[:-1]}")
    assert inspection.signature is None
    assert inspection.payload.value == TENANT.claims()


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("", "not a JWT"),
        ("K4v7oWq2yJ0nQ3cTz8bRm1sXe5uLf6ha", "as the audience"),
        (TOKEN.rpartition(".")[0], "2 parts"),
        (TOKEN.partition(".")[0], "1 part,"),
        (f"{TOKEN}.{TOKEN}", "6 parts"),
        ('{"payload":"AAAA","signatures":[]}', "JSON form"),
        ("a.b.c", "length"),
        ("é.b.c", "not base64url"),
        ("A\nA.b.c", "not base64url"),
        ("..", "not a JSON object"),
        (".".join([b64(b"[]"), "", ""]), "not a JSON object"),
        (TOKEN.replace(".", ".!", 1), "payload holds a character"),
    ],
    ids=lambda value: value[:20],
)
def test_what_cannot_be_decoded_is_named(token: str, told: str) -> None:
    with pytest.raises(Undecodable, match=told) as undecodable:
        take_apart(token)
    assert undecodable.value.header is None


@pytest.mark.parametrize(
    "header", [{"alg": "dir", "enc": "A256GCM", "iss": "https://tenant.us.auth0.com/"}, None], ids=str
)
def test_of_an_encrypted_token_the_header_is_read(header: dict | None) -> None:
    segment = b64(json.dumps(header).encode()) if header else "!"
    with pytest.raises(Undecodable, match=r"encrypted \(JWE\).*as the audience") as undecodable:
        take_apart(f"{segment}..AAAA.AAAA.AAAA")
    assert (undecodable.value.header.value if undecodable.value.header else None) == header


@given(st.lists(st.binary(max_size=60) | st.from_regex(rb'\{"[a-z"\\u]{0,9}', fullmatch=True), min_size=3, max_size=3))
def test_no_bytes_break_it(parts: list[bytes]) -> None:
    try:
        inspection = take_apart(".".join(b64(part) for part in parts))
    except Undecodable as error:
        assert "\n" not in str(error)
    else:
        json.dumps([inspection.header.value, inspection.payload.value], allow_nan=False)
        assert all(char.isprintable() or char == "\n" for char in inspection.header.text + inspection.payload.text)


def test_a_token_of_a_stranger_is_shown_too() -> None:
    stranger = Signer(rsa_key("stranger"), "x", "RS512")
    assert take_apart(stranger.sign({"sub": "a", "exp": 1})).refusal is None
