from __future__ import annotations

from typing import Any

import jwt
import pytest

from service.auth import KeySet, verify_jws
from service.practice.errors import Unusable
from service.practice.key_files import Key, new_key
from service.practice.signing import HMAC_ALGORITHMS, Secret, VerifyingSecret, choose_algorithm, sign_token

CLAIMS: dict[str, Any] = {"sub": "Ada é 漢", "list": [1, 2.5, None, True], "exp": 4102444800}
KEYS = {name: new_key(name) for name in ("RS256", "ES256", "ES384", "ES512")}


def key_for(algorithm: str) -> Key:
    return KEYS["RS256" if algorithm.startswith("RS") else algorithm]


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_pyjwt_and_the_service_take_what_is_signed(algorithm: str) -> None:
    key = key_for(algorithm)
    token = sign_token({"typ": "JWT", "kid": "a"}, CLAIMS, key, algorithm)
    assert jwt.decode(token, key.public_pem(), algorithms=[algorithm]) == CLAIMS
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "typ": "JWT", "kid": "a"}
    verify_jws(token, KeySet.from_jwks({"keys": [key.jwk(kid="a")]}, (algorithm,)))


@pytest.mark.parametrize("algorithm", HMAC_ALGORITHMS)
def test_pyjwt_takes_what_a_secret_signs_and_the_other_way_round(algorithm: str) -> None:
    secret = b"s" * 64
    token = sign_token({}, CLAIMS, Secret(secret), algorithm)
    assert jwt.decode(token, secret, algorithms=[algorithm]) == CLAIMS
    signing_input, _, signature = jwt.encode(CLAIMS, secret, algorithm).rpartition(".")
    verifying = VerifyingSecret(Secret(secret), algorithm)
    assert verifying.verify(signing_input.encode(), jwt.utils.base64url_decode(signature))
    assert not verifying.verify(signing_input.encode() + b"x", jwt.utils.base64url_decode(signature))
    assert not verifying.verify(signing_input.encode(), b"")


def test_the_usual_algorithm_is_the_keys() -> None:
    assert [choose_algorithm(key, None) for key in KEYS.values()] == ["RS256", "ES256", "ES384", "ES512"]
    assert choose_algorithm(Secret(b"s"), None) == "HS256"


@pytest.mark.parametrize(
    ("signer", "wanted"),
    [(KEYS["RS256"], "HS256"), (KEYS["RS256"], "ES256"), (KEYS["ES512"], "ES256"), (Secret(b"s"), "RS256")],
    ids=["RSA as HS256", "RSA as ES256", "P-521 as ES256", "a secret as RS256"],
)
def test_an_algorithm_that_does_not_fit_is_told(signer: Any, wanted: str) -> None:
    with pytest.raises(Unusable, match=f"{wanted} does not fit"):
        choose_algorithm(signer, wanted)


@pytest.mark.parametrize(
    ("header", "claims"),
    [({}, {"x": float("nan")}), ({"x": float("inf")}, {}), ({}, {"x": "\ud800"}), ({"kid": "\udcff"}, {})],
    ids=ascii,
)
def test_what_no_token_may_hold_is_not_signed(header: dict, claims: dict) -> None:
    with pytest.raises(Unusable, match="cannot be used"):
        sign_token(header, claims, Secret(b"s"), "HS256")


def test_a_short_secret_is_told_without_telling_it() -> None:
    assert Secret(b"x" * 32).weakness("HS256") is None
    told = Secret(b"hunter2" * 4).weakness("HS256")
    assert told is not None
    assert "32 bytes" in told
    assert "hunter2" not in told
    with pytest.raises(Unusable):
        Secret(b"")


def test_a_key_in_the_place_of_a_secret_is_seen() -> None:
    assert Secret(KEYS["RS256"].public_pem()).is_key_text
    assert Secret(b'{"kty": "RSA"}').is_key_text
    assert Secret(b" ssh-rsa AAAA").is_key_text
    assert not Secret(b"a long secret that is text").is_key_text
