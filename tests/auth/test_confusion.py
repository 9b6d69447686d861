"""RS256 taken for HS256 (CVE-2024-33663, CVE-2026-85394): the public key, which anybody has, is nobody's secret here."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwt

from service.auth import ALGORITHMS, InvalidToken, KeySet, verify_jws

from ..signing import Signer, b64, jwks, rsa_key

SIGNER = Signer(rsa_key())
PAYLOAD = b64(b'{"sub":"anybody"}')
PUBLIC = SIGNER.key.public_key()
FORMS = {
    "PEM": PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "PKCS1 PEM": PUBLIC.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
    "DER": PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "PKCS1 DER": PUBLIC.public_bytes(Encoding.DER, PublicFormat.PKCS1),
    "JWK": json.dumps(SIGNER.jwk).encode(),
    "modulus": SIGNER.jwk["n"].encode(),
}


def forged(secret: bytes, algorithm: str = "HS256") -> str:
    header = {"alg": algorithm, "typ": "JWT", "kid": SIGNER.kid}
    signing_input = f"{b64(json.dumps(header).encode())}.{PAYLOAD}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{signing_input}.{b64(hmac.new(secret, signing_input.encode(), digest).digest())}"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", FORMS)
def test_a_public_key_in_any_form_is_nobodys_hmac_secret(form: str, algorithm: str) -> None:
    keys = KeySet.from_jwks(jwks(SIGNER), ALGORITHMS)
    with pytest.raises(InvalidToken):
        verify_jws(forged(FORMS[form], algorithm), keys)


def test_the_library_alone_would_take_it() -> None:
    # What this is about: with a release that is not open to it any more, the statement in deploy/ can go.
    assert jwt.decode(forged(FORMS["DER"]), FORMS["DER"], algorithms=["RS256", "HS256"]) == {"sub": "anybody"}


@pytest.mark.parametrize("name", ["HS256", "HS384", "HS512", "none", "dir"])
def test_no_key_set_is_made_for_another_kind_of_algorithm(name: str) -> None:
    with pytest.raises(ValueError, match="algorithms must be"):
        KeySet.from_jwks(jwks(SIGNER), (name,))
