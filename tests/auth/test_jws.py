from __future__ import annotations

import json
import time

import pytest

from service.auth import InvalidToken, KeySet, UnknownKey, verify_jws

from ..signing import Signer, b64, ec_key, jwks, rsa_key

SIGNER = Signer(rsa_key())
KEYS = KeySet.from_jwks(jwks(SIGNER))
PAYLOAD = b'{"sub":"auth0|1"}'


def resigned(header: bytes, payload: str = b64(PAYLOAD)) -> str:
    signing_input = f"{b64(header)}.{payload}"
    return f"{signing_input}.{b64(SIGNER.signature(signing_input.encode()))}"


def test_returns_the_payload_of_a_good_signature() -> None:
    assert verify_jws(SIGNER.sign(PAYLOAD), KEYS) == PAYLOAD


def test_an_empty_payload_is_a_jws_too() -> None:
    assert verify_jws(SIGNER.sign(b""), KEYS) == b""


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512"])
def test_verifies_each_curve_with_its_own_algorithm(alg: str) -> None:
    signer = Signer(ec_key(alg), alg=alg)
    assert verify_jws(signer.sign(PAYLOAD), KeySet.from_jwks(jwks(signer), algorithms=(alg,))) == PAYLOAD


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512"])
def test_a_key_without_alg_verifies_what_is_allowed(alg: str) -> None:
    signer = Signer(rsa_key(), alg=alg)
    bare = {name: value for name, value in signer.jwk.items() if name != "alg"}
    keys = KeySet.from_jwks({"keys": [bare]}, algorithms=("RS256", "RS384"))
    if alg == "RS512":
        with pytest.raises(InvalidToken):
            verify_jws(signer.sign(PAYLOAD), keys)
    else:
        assert verify_jws(signer.sign(PAYLOAD), keys) == PAYLOAD


@pytest.mark.parametrize(
    "typ", ["JWT", "jwt", "JwT", "at+jwt", "AT+JWT", "application/jwt", "Application/AT+JWT", None]
)
def test_the_types_of_access_tokens_are_taken_in_any_case(typ: str | None) -> None:
    assert verify_jws(SIGNER.sign(PAYLOAD, {"typ": typ}), KEYS) == PAYLOAD


@pytest.mark.parametrize(
    "typ",
    ["", "JWS", "logout+jwt", "dpop+jwt", "secevent+jwt", "id_token", "at+jwt ", "text/jwt", "application/application/jwt",
     "ﾊjwt", "at+ʝwt", "JWT\u0000", 1, True, ["JWT"], {"a": 1}],
)  # fmt: skip
def test_other_types_are_other_tokens(typ: object) -> None:
    with pytest.raises(InvalidToken):
        verify_jws(SIGNER.sign(PAYLOAD, {"typ": typ}), KEYS)


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"b64": True},
        {"alg": None},
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "NONE"},
        {"alg": "nOnE"},
        {"alg": ""},
        {"alg": "RS25"},
        {"alg": "RS2566"},
        {"alg": "rs256"},
        {"alg": "RS384"},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": "HS256"},
        {"alg": "ES256"},
        {"alg": ["RS256"]},
        {"alg": {"RS256": 1}},
        {"alg": 256},
        {"alg": True},
        {"kid": None},
        {"kid": ""},
        {"kid": "current\u0000"},
        {"kid": "Current"},
        {"kid": "../../current"},
        {"kid": "' OR 1=1 --"},
        {"kid": "http://127.0.0.1:9/jwks.json"},
        {"kid": ["current"]},
        {"kid": {"kid": "current"}},
        {"kid": 1},
        {"kid": True},
    ],
    ids=str,
)
def test_headers_that_choose_what_they_must_not(header: dict[str, object]) -> None:
    with pytest.raises(InvalidToken):
        verify_jws(SIGNER.sign(PAYLOAD, header), KEYS)


def test_nothing_that_a_header_says_about_where_keys_are_is_followed() -> None:
    thief = Signer(rsa_key("thief"), kid="thief")
    for brought in (
        {"jwk": thief.jwk},
        {"jku": "http://127.0.0.1:9/"},
        {"x5u": "http://127.0.0.1:9/"},
        {"x5c": ["AA=="]},
    ):
        with pytest.raises(UnknownKey):
            verify_jws(thief.sign(PAYLOAD, brought), KEYS)
        # On a good token, it is ignored.
        assert verify_jws(SIGNER.sign(PAYLOAD, brought), KEYS) == PAYLOAD


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"null",
        b"[]",
        b'"RS256"',
        b'\xef\xbb\xbf{"alg":"RS256","kid":"current"}',
        b'{"alg":"none","alg":"RS256","kid":"current"}',
        b'{"alg":"RS256","kid":"other","k\\u0069d":"current"}',
        b'{"alg":"RS256","kid":"current","x":NaN}',
        b'{"alg":"RS256","kid":"current","x":1e999}',
        b'{"alg":"RS256","kid":"current","x":"\\ud800"}',
        b'{"alg":"RS256","kid":"current","x":"\xff"}',
        b'{"alg":"RS256","kid":"current","x":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"alg":"RS256","kid":"current"}{}',
    ],
    ids=lambda header: repr(header[:40]),
)
def test_headers_that_are_not_one_strict_json_object(header: bytes) -> None:
    with pytest.raises(InvalidToken):
        verify_jws(resigned(header), KEYS)


def other_spellings(token: str) -> list[str]:
    header, payload, signature = token.split(".")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(signature[-1])
    near = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]
    return [
        f"{token}=", f"{token}==", f"{header}=.{payload}.{signature}", f"{header}.{payload}=.{signature}",
        f"{header}.{payload}.{signature[:-1]}{near}", f" {token}", f"{token} ", f"{token}\n", f"{token}\r\n", f"{token}\x00",
        f"{header}.{payload}.{signature[:9]}\n{signature[9:]}", f"{header}.{payload}.{signature[:9]}!{signature[9:]}",
        f"{header}.{payload}.{signature.replace('-', '+').replace('_', '/')}+/", f"{header}.{payload}.AAAA{signature}",
        f"{header}.{payload}.{signature}AAAA", f"{header}.{payload}.{signature}.", f".{token}", f"{token}.{signature}",
        f"{header}..{payload}.{signature}", f"{header}.{payload}", f"{header}.{payload}.", f"{header}.{payload}.{signature[:-4]}",
        f"{header}。{payload}。{signature}", token.replace(token[5], chr(ord(token[5]) + 0xFEE0), 1), f"\ufeff{token}",
    ]  # fmt: skip


@pytest.mark.parametrize("spelling", other_spellings(SIGNER.sign(PAYLOAD)), ids=range(25))
def test_a_good_token_has_no_other_spelling(spelling: str) -> None:
    with pytest.raises(InvalidToken):
        verify_jws(spelling, KEYS)


def test_an_rsa_signature_plus_the_modulus_is_another_number() -> None:
    token = SIGNER.sign(PAYLOAD)
    head, signature = token.rsplit(".", 1)
    size = SIGNER.key.key_size // 8
    value = int.from_bytes(SIGNER.signature(head.encode()), "big") + SIGNER.key.public_key().public_numbers().n
    for length in (size, size + 1):
        if value.bit_length() <= 8 * length:
            with pytest.raises(InvalidToken):
                verify_jws(f"{head}.{b64(value.to_bytes(length, 'big'))}", KEYS)
    assert signature


def test_an_ecdsa_signature_in_der_is_refused() -> None:
    signer = Signer(ec_key("ES256"), alg="ES256")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    head = signer.sign(PAYLOAD).rsplit(".", 1)[0]
    der = signer.key.sign(head.encode(), ec.ECDSA(hashes.SHA256()))
    keys = KeySet.from_jwks(jwks(signer), algorithms=("ES256",))
    for signature in (der, b"\0" * 64, b"\0" * 32 + b"\1" * 32, signer.signature(head.encode()) + b"\0"):
        with pytest.raises(InvalidToken):
            verify_jws(f"{head}.{b64(signature)}", keys)


@pytest.mark.parametrize("not_text", [None, b"a.b.c", 1, ["a.b.c"], {}], ids=str)
def test_only_text_can_be_a_token(not_text: object) -> None:
    with pytest.raises(InvalidToken):
        verify_jws(not_text, KEYS)  # type: ignore[arg-type]


def test_json_form_and_encrypted_tokens_are_named_as_such() -> None:
    header, payload, signature = SIGNER.sign(PAYLOAD).split(".")
    flattened = json.dumps({"protected": header, "payload": payload, "signature": signature})
    with pytest.raises(InvalidToken, match="JSON form"):
        verify_jws(flattened, KEYS)
    with pytest.raises(InvalidToken, match="JWE"):
        verify_jws(f"{header}.{payload}.{signature}.AAAA.AAAA", KEYS)


@pytest.mark.parametrize("token", ["K4v7oWq2yJ0nQ3cTz8bRm1sXe5uLf6ha", "eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA"])
def test_what_auth0_issues_without_an_audience_is_explained(token: str) -> None:
    with pytest.raises(InvalidToken, match="as the audience"):
        verify_jws(token, KEYS)


def test_the_size_limit_is_for_the_token_itself() -> None:
    filler = 8192 - len(SIGNER.sign(b'{"x":""}'))
    payload = b'{"x":"' + b"a" * (filler * 3 // 4) + b'"}'
    token = SIGNER.sign(payload)
    assert 8180 <= len(token) <= 8192
    assert verify_jws(token, KEYS) == payload
    with pytest.raises(InvalidToken, match="8192"):
        verify_jws(token + "A" * (8193 - len(token)), KEYS)


def test_a_known_header_is_not_taken_from_a_token_that_failed() -> None:
    keys = KeySet.from_jwks(jwks(SIGNER))
    header, payload, signature = SIGNER.sign(PAYLOAD).split(".")
    with pytest.raises(InvalidToken):
        verify_jws(f"{header}.{payload}.AAAA{signature[4:]}", keys)
    assert keys.known_headers.get(header.encode()) is None
    verify_jws(f"{header}.{payload}.{signature}", keys)
    assert keys.known_headers.get(header.encode()) == ("RS256", "current")


def test_many_different_headers_do_not_grow_what_is_remembered() -> None:
    keys = KeySet.from_jwks(jwks(SIGNER))
    for number in range(100):
        verify_jws(SIGNER.sign(PAYLOAD, {"n": number}), keys)
    assert len(keys.known_headers._headers) <= 64


def test_hostile_tokens_are_cheap() -> None:
    # A guard against something quadratic, far from what a busy machine could add; the numbers are in benchmarks/.
    hostile = [b64(b"[" * 40 + b'"\\' * 2980) + "..AA", b64(b'{"' * 3000) + ".AAAA.AAAA",
               "." * 8192, "A" * 8192, "A." * 4096, b64(b"[" * 6000) + ".AAAA.AAAA", b64(b'{"a":' * 1200) + ".AAAA.AAAA",
               b64(b'{"a":' + b"9" * 6000 + b"}") + ".AAAA.AAAA", b64(b'{"a":"' + b"\\" * 6000) + ".AAAA.AAAA"]  # fmt: skip
    began = time.process_time()
    for token in hostile:
        with pytest.raises(InvalidToken):
            verify_jws(token, KEYS)
    assert time.process_time() - began < 0.05 * len(hostile)
