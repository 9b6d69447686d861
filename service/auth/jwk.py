"""One JSON Web Key (RFC 7517 section 4): whether it may verify an access token, and with what algorithm."""

from __future__ import annotations

import re
from typing import Any, Protocol

from jose import jwk
from jose.exceptions import JOSEError

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
"""All that can be allowed: the asymmetric ones of RFC 7518 section 3.1 that python-jose knows."""

MIN_RSA_BITS = 2048  # RFC 7518 section 3.3
MAX_RSA_BITS = 8192  # Beyond, one verification takes the event loop too long.
MIN_RSA_EXPONENT = 65537  # NIST SP 800-56B section 6.2: small exponents have been forged.
MAX_RSA_EXPONENT_BITS = 64  # OpenSSL's own limit for large keys.

# RFC 7518 section 3.4: each ECDSA algorithm has its one curve.
_CURVE_ALGORITHM = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512"})
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class VerifyingKey(Protocol):
    """python-jose's key object, as far as it is used."""

    def verify(self, msg: bytes, sig: bytes) -> bool: ...


class UnusableKey(ValueError):
    """A JWK that must not verify an access token; the message says why."""


class OtherPurpose(UnusableKey):
    """A JWK that its issuer does not sign with, so nothing is amiss."""


def usable_keys(entry: object, allowed: frozenset[str]) -> tuple[str, int, dict[str, VerifyingKey]]:
    """Return a JWK's kid, its size in bits and a key object for each algorithm that it may be used with.

    Raises UnusableKey.
    """
    if not isinstance(entry, dict):
        raise UnusableKey("not a JSON object")
    kid = entry.get("kid")
    if not isinstance(kid, str) or not kid:
        raise UnusableKey("it has no kid")
    # RFC 7517 sections 4.2 and 4.3: what the key is meant for.
    if entry.get("use", "sig") != "sig":
        raise OtherPurpose("its use is not sig")
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise OtherPurpose("its key_ops do not have verify")
    if "d" in entry:
        raise UnusableKey("it is a private key: whoever reads the set can sign with it")
    kind = entry.get("kty")
    if kind == "RSA":
        numbers, fitting = ("n", "e"), _RSA_ALGORITHMS
    elif kind == "EC":
        curve = entry.get("crv")
        numbers, fitting = ("x", "y"), frozenset({_CURVE_ALGORITHM.get(curve, "") if isinstance(curve, str) else ""})
    else:
        raise UnusableKey("its kty is neither RSA nor EC")
    # RFC 8725 section 3.1: a key that names its algorithm is used with no other.
    if "alg" in entry:
        fitting = fitting & {entry["alg"]} if isinstance(entry["alg"], str) else frozenset()
    fitting = fitting & allowed
    if not fitting:
        raise UnusableKey("no allowed algorithm fits it")
    if not all(isinstance(entry.get(name), str) and _BASE64URL.fullmatch(entry[name]) for name in numbers):
        raise UnusableKey(f"its {' and '.join(numbers)} are not base64url")
    public = {name: entry[name] for name in (*numbers, *(("crv",) if kind == "EC" else ()))} | {"kty": kind}
    keys = {algorithm: _construct(public, algorithm) for algorithm in sorted(fitting)}
    prepared = next(iter(keys.values())).prepared_key
    if kind == "RSA":
        _check_rsa(prepared.key_size, prepared.public_numbers())
    return kid, prepared.key_size, keys


def _construct(public: dict[str, Any], algorithm: str) -> Any:
    try:
        return jwk.construct(public, algorithm)
    except (JOSEError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise UnusableKey("it cannot be parsed") from error


def _check_rsa(bits: int, public: Any) -> None:
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise UnusableKey(f"its RSA modulus has {bits} bits, not {MIN_RSA_BITS} to {MAX_RSA_BITS}")
    if public.n % 2 == 0:
        raise UnusableKey("its RSA modulus is even, so it is no product of two primes")
    exponent = public.e
    if exponent < MIN_RSA_EXPONENT or exponent % 2 == 0 or exponent.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise UnusableKey(f"its RSA exponent is even, under {MIN_RSA_EXPONENT} or far too large")
