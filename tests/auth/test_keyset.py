from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.auth import ALGORITHMS, InvalidToken, KeySet, UnknownKey, verify_jws

from ..signing import Signer, b64, ec_key, jwks, number, rsa_key

SIGNER = Signer(rsa_key())
JWK = SIGNER.jwk
EC = Signer(ec_key("ES256"), alg="ES256").jwk


def changed(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in {**JWK, **members}.items() if value is not None}


@pytest.mark.parametrize(
    "jwk",
    [
        changed(kid=None),
        changed(kid=1),
        changed(kid=""),
        changed(kid=["current"]),
        changed(use="enc"),
        changed(use=["sig"]),
        changed(use=1),
        changed(key_ops=["sign"]),
        changed(key_ops=[]),
        changed(key_ops="verify"),
        changed(alg="RS384"),
        changed(alg="ES256"),
        changed(alg="HS256"),
        changed(alg="none"),
        changed(alg=["RS256"]),
        changed(alg=""),
        changed(alg=10**5000),
        changed(alg=[10**5000]),
        changed(kty="EC", crv=10**5000),
        changed(kty="oct", k="AAAA"),
        changed(kty="OKP", crv="Ed25519", x="AAAA"),
        changed(kty=None),
        changed(kty=["RSA"]),
        changed(kty="EC"),
        changed(n=None),
        changed(e=None),
        changed(n=5),
        changed(e=65537),
        changed(n=""),
        changed(n="!!!"),
        changed(n=JWK["n"] + "=="),
        changed(e=number(1)),
        changed(e=number(3)),
        changed(e=number(17)),
        changed(e=number(65536)),
        changed(e=number(2**70 + 1)),
        changed(n=number(2**2047)),
        changed(n=JWK["n"][:171]),
        changed(d="AQAB"),
        None,
        "key",
        5,
        [],
        {},
    ],
)
def test_a_bad_key_is_left_out_and_spoils_no_other(jwk: object) -> None:
    good = Signer(rsa_key("next"), "good")
    keys = KeySet.from_jwks({"keys": [jwk, good.jwk]})
    assert keys.kids == {"good"}
    assert verify_jws(good.sign(b"{}"), keys) == b"{}"
    with pytest.raises(InvalidToken):
        verify_jws(SIGNER.sign(b"{}"), keys)
    problem = keys.members[0].problem
    assert problem
    assert keys.members[1].problem is None


@pytest.mark.parametrize("bits", [1024, 2040])
def test_short_rsa_keys_are_left_out(bits: int) -> None:
    signer = Signer(rsa_key("short", bits))
    assert len(KeySet.from_jwks(jwks(signer))) == 0


def test_a_small_exponent_is_left_out_though_it_signs() -> None:
    signer = Signer(rsa_key("three", exponent=3))
    with pytest.raises(UnknownKey):
        verify_jws(signer.sign(b"{}"), KeySet.from_jwks(jwks(signer)))


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512"])
@pytest.mark.parametrize("claimed", ["ES256", "ES384", "ES512"])
def test_each_curve_fits_one_algorithm(alg: str, claimed: str) -> None:
    jwk = {**Signer(ec_key(alg), alg=alg).jwk, "alg": claimed}
    assert len(KeySet.from_jwks({"keys": [jwk]}, algorithms=ALGORITHMS)) == (alg == claimed)


@pytest.mark.parametrize(
    "jwk",
    [
        {**EC, "x": EC["y"]},
        {**EC, "crv": "P-384"},
        {**EC, "crv": "secp256k1"},
        {**EC, "crv": ["P-256"]},
        {**EC, "y": None},
    ],
)
def test_a_point_that_is_not_on_its_curve_is_left_out(jwk: dict[str, Any]) -> None:
    assert len(KeySet.from_jwks({"keys": [jwk]}, algorithms=ALGORITHMS)) == 0


def test_members_tell_what_is_usable() -> None:
    member = KeySet.from_jwks({"keys": [changed(alg=None)]}, algorithms=("RS256", "RS512")).members[0]
    assert member == ("current", ("RS256", "RS512"), 2048, None, False)


@pytest.mark.parametrize("not_a_set", [{}, [], None, "keys", {"keys": {}}, {"keys": None}, {"keys": "x"}], ids=str)
def test_what_is_not_a_key_set_is_a_value_error(not_a_set: Any) -> None:
    with pytest.raises(ValueError, match="JWK Set"):
        KeySet.from_jwks(not_a_set)


def test_an_empty_set_is_a_set() -> None:
    assert len(KeySet.from_jwks({"keys": []})) == 0


@pytest.mark.parametrize("algorithms", [("HS256",), ("none",), (), ("RS256", "HS256"), ("PS256",)])
def test_only_asymmetric_algorithms_can_be_allowed(algorithms: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="RS256"):
        KeySet.from_jwks(jwks(SIGNER), algorithms=algorithms)


def test_one_string_is_not_a_collection_of_algorithms() -> None:
    with pytest.raises(TypeError):
        KeySet.from_jwks(jwks(SIGNER), algorithms="RS256")


def test_keys_that_share_a_kid_are_all_tried() -> None:
    one, two = Signer(rsa_key(), "same"), Signer(rsa_key("next"), "same")
    keys = KeySet.from_jwks(jwks(one, two))
    assert verify_jws(one.sign(b"1"), keys) == b"1"
    assert verify_jws(two.sign(b"2"), keys) == b"2"


def test_how_many_keys_are_tried_is_bounded() -> None:
    crowd = [Signer(rsa_key(), "same").jwk] * 50 + [Signer(rsa_key("next"), "same").jwk]
    (tried,) = KeySet.from_jwks({"keys": crowd})._keys.values()
    assert len(tried) == 4


@pytest.mark.parametrize("allowed", [("RS256",), ALGORITHMS])
def test_the_public_key_is_no_secret_in_any_encoding(allowed: tuple[str, ...]) -> None:
    """python-jose takes a public key in DER form as an HMAC secret (CVE-2026-85394): no HS algorithm gets here."""
    keys = KeySet.from_jwks(jwks(SIGNER), algorithms=allowed)
    public = SIGNER.key.public_key()
    secrets = [public.public_bytes(encoding, form) for encoding in (Encoding.PEM, Encoding.DER)
               for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)]  # fmt: skip
    secrets += [JWK["n"].encode(), str(JWK).encode(), b"", secrets[0].strip()]
    for alg, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
        for secret in secrets:
            head = b64(b'{"alg":"' + alg.encode() + b'","kid":"current"}') + "." + b64(b"{}")
            forged = f"{head}.{b64(hmac.new(secret, head.encode(), digest).digest())}"
            with pytest.raises(InvalidToken):
                verify_jws(forged, keys)


def test_rsa_and_ec_keys_do_not_answer_for_each_other() -> None:
    both = KeySet.from_jwks(jwks(SIGNER, Signer(ec_key("ES256"), "ec", "ES256")), algorithms=ALGORITHMS)
    with pytest.raises(InvalidToken):
        verify_jws(SIGNER.sign(b"{}", {"kid": "ec"}), both)
    with pytest.raises(InvalidToken):
        verify_jws(Signer(ec_key("ES256"), "ec", "ES256").sign(b"{}", {"kid": "current"}), both)
