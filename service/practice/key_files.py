"""Keys in PEM files, and as JWKs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from jose import jwk

from ..auth import ALGORITHMS, KeySet
from .errors import Unusable
from .signing import encode

if TYPE_CHECKING:
    from collections.abc import Callable

_RSA_BITS = 2048
_RSA_ALGORITHMS = ("RS256", "RS384", "RS512")
# RFC 7518 section 3.4: each ECDSA algorithm has its one curve.
_CURVES: dict[str, Callable[[], ec.EllipticCurve]] = {
    "ES256": ec.SECP256R1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}
_CURVE_NAMES = {curve().name: algorithm for algorithm, curve in _CURVES.items()}
# RFC 7638 section 3.2.
_THUMBPRINT_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair, or its public half alone."""

    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None
    algorithms: tuple[str, ...]

    @property
    def kid(self) -> str:
        """The thumbprint of RFC 7638: the same for whoever computes it, and no other key has it."""
        members = self.jwk()
        required = {name: members[name] for name in _THUMBPRINT_MEMBERS[members["kty"]]}
        return encode(hashlib.sha256(json.dumps(required, separators=(",", ":")).encode("ascii")).digest())

    def jwk(self, **members: str) -> dict[str, Any]:
        """Return the public half as a JWK (RFC 7517 section 4), without `alg` and `kid` unless they are given."""
        numbers = jwk.construct(self.public_pem(), self.algorithms[0]).to_dict()
        return {**{name: value for name, value in numbers.items() if name != "alg"}, "use": "sig", **members}

    def sign(self, signing_input: bytes, algorithm: str) -> bytes:
        """See `service.practice.signing.Signer`. Raises Unusable for a public key."""
        return jwk.construct(self.private_pem(), algorithm).sign(signing_input)

    def public_pem(self) -> bytes:
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def private_pem(self) -> bytes:
        """Return the private half, not encrypted. Raises Unusable without one."""
        if self.private is None:
            raise Unusable("this is a public key")
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def new_key(algorithm: str = "RS256") -> Key:
    """Make a key pair for one of `service.auth.ALGORITHMS`."""
    if algorithm in _CURVES:
        return _key(ec.generate_private_key(_CURVES[algorithm]()))
    return _key(rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS))


def read_pem(data: bytes) -> Key:
    """Read a private key, a public key or a certificate. Raises Unusable, also for a key that the service would not
    take."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in data:
            loaded: object = x509.load_pem_x509_certificate(data).public_key()
        elif b"PRIVATE KEY-----" in data:
            loaded = load_pem_private_key(data, password=None)
        else:
            loaded = load_pem_public_key(data)
    except TypeError:
        raise Unusable("the key is encrypted, and this tool asks for no password (openssl pkey -in … -out …)") from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unusable("not a key in PEM form, which begins with -----BEGIN") from None
    return _key(loaded)


def _key(loaded: object) -> Key:
    private = loaded if isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None
    public = private.public_key() if private is not None else loaded
    if isinstance(public, rsa.RSAPublicKey):
        key = Key(public, private, _RSA_ALGORITHMS)
    elif isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in _CURVE_NAMES:
        key = Key(public, private, (_CURVE_NAMES[public.curve.name],))
    else:
        raise Unusable("the key is neither RSA nor on one of the curves P-256, P-384 and P-521")
    (member,) = KeySet.from_jwks({"keys": [key.jwk(kid="any")]}, ALGORITHMS).members
    if member.problem is not None:
        raise Unusable(f"the key must not be used: {member.problem}")
    return key
