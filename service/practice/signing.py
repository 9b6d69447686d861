"""Tokens, signed with a key or with a secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from jose.utils import base64url_encode

from ..auth import strict_json
from .errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Mapping

HMAC_ALGORITHMS = ("HS256", "HS384", "HS512")
_HASHES = dict(zip(HMAC_ALGORITHMS, ("sha256", "sha384", "sha512"), strict=True))


class Signer(Protocol):
    """Whatever signs: `service.practice.key_files.Key`, or a `Secret`."""

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What it can be used with, the usual one first."""

    @property
    def kid(self) -> str:
        """What a header names it by, unless somebody says otherwise."""

    def sign(self, signing_input: bytes, algorithm: str) -> bytes: ...


class Secret:
    """Bytes that whoever signs shares with whoever verifies (RFC 7518 section 3.2).

    The service never takes it: whoever can verify can also sign, and next to RSA keys it is how a public key becomes
    a secret.
    """

    algorithms = HMAC_ALGORITHMS
    # Not its thumbprint, from which a weak secret could be found (RFC 7638 section 7).
    kid = "practice"

    def __init__(self, secret: bytes) -> None:
        if not secret:
            raise Unusable("The secret is empty.")
        self._secret = secret

    @property
    def is_key_text(self) -> bool:
        """Whether it is, by the look of it, an RSA or EC key: its public half anybody may know."""
        text = self._secret.lstrip()
        return text.startswith((b"-----BEGIN", b"ssh-")) or (text.startswith(b"{") and b'"kty"' in text)

    def weakness(self, algorithm: str) -> str | None:
        """Why it is too weak for an algorithm, if it is."""
        wanted = hashlib.new(_HASHES[algorithm]).digest_size
        if len(self._secret) >= wanted:
            return None
        return f"The secret is too short: {algorithm} asks for {wanted} bytes (RFC 7518 section 3.2)."

    def sign(self, signing_input: bytes, algorithm: str) -> bytes:
        return hmac.digest(self._secret, signing_input, _HASHES[algorithm])


class VerifyingSecret(NamedTuple):
    """A secret with its algorithm, in the place of a public key: see `service.auth.jwk.VerifyingKey`."""

    secret: Secret
    algorithm: str

    def verify(self, msg: bytes, sig: bytes) -> bool:
        # In constant time: how long it takes must not tell how much of a signature was right.
        return hmac.compare_digest(self.secret.sign(msg, self.algorithm), sig)


def choose_algorithm(signer: Signer, wanted: str | None) -> str:
    """Return the algorithm to sign with. Raises Unusable where `wanted` does not fit."""
    if wanted is None:
        return signer.algorithms[0]
    if wanted not in signer.algorithms:
        kind = "secret" if isinstance(signer, Secret) else "key"
        raise Unusable(f"{wanted} does not fit this {kind}, which is for {' or '.join(signer.algorithms)}.")
    return wanted


def sign_token(header: Mapping[str, Any], payload: Mapping[str, Any], signer: Signer, algorithm: str) -> str:
    """Make a compact JWS (RFC 7515 section 7.1). Raises Unusable for members that no token can have."""
    signing_input = f"{_segment('header', {'alg': algorithm, **header})}.{_segment('payload', payload)}"
    return f"{signing_input}.{encode(signer.sign(signing_input.encode('ascii'), algorithm))}"


def encode(data: bytes) -> str:
    """Return base64url without padding (RFC 7515 section 2)."""
    return base64url_encode(data).decode("ascii")


def _segment(name: str, members: Mapping[str, Any]) -> str:
    try:
        data = json.dumps(members, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
        strict_json.loads_object(data)
    except (ValueError, RecursionError) as error:
        reason = "not UTF-8" if isinstance(error, UnicodeError) else error
        raise Unusable(f"The {name} cannot be used: {reason}.") from None
    return encode(data)
