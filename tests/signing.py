"""Real keys, and tokens of any shape signed with them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
NAMES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


@cache
def rsa_key(name: str = "current", bits: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    """A key a name: made once, since making them is slow."""
    return rsa.generate_private_key(exponent, bits)


@cache
def ec_key(algorithm: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(CURVES[algorithm])


@dataclass(frozen=True)
class Signer:
    """A key with its kid and algorithm."""

    key: Any
    kid: str = "current"
    alg: str = "RS256"

    @property
    def jwk(self) -> dict[str, Any]:
        public = self.key.public_key().public_numbers()
        if isinstance(public, rsa.RSAPublicNumbers):
            parts = {"kty": "RSA", "n": number(public.n), "e": number(public.e)}
        else:
            size = (public.curve.key_size + 7) // 8
            parts = {"kty": "EC", "crv": NAMES[self.alg], "x": number(public.x, size), "y": number(public.y, size)}
        return {**parts, "kid": self.kid, "alg": self.alg, "use": "sig"}

    def signature(self, signing_input: bytes) -> bytes:
        algorithm = HASHES[self.alg[2:]]
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(signing_input, padding.PKCS1v15(), algorithm)
        r, s = decode_dss_signature(self.key.sign(signing_input, ec.ECDSA(algorithm)))
        size = (self.key.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def sign(self, payload: Any, header: Any = None) -> str:
        """Sign bytes, or anything else as JSON. `header` overrides members of the usual one, `None` takes one
        away; as bytes it is taken as it is."""
        if not isinstance(header, bytes):
            members = {"alg": self.alg, "typ": "JWT", "kid": self.kid, **(header or {})}
            header = json.dumps({name: value for name, value in members.items() if value is not None}).encode()
        if not isinstance(payload, bytes):
            payload = json.dumps(payload).encode()
        signing_input = f"{b64(header)}.{b64(payload)}"
        return f"{signing_input}.{b64(self.signature(signing_input.encode()))}"


def jwks(*signers: Signer) -> dict[str, Any]:
    return {"keys": [signer.jwk for signer in signers]}
