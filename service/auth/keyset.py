"""A JWK Set (RFC 7517 section 5), reduced to the keys that may verify an access token.

Choosing a key and checking a signature are pure: nothing here waits or fetches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import InvalidToken, UnknownKey
from .jwk import ALGORITHMS, OtherPurpose, UnusableKey, VerifyingKey, usable_keys
from .jws import KnownHeaders, UnverifiedJWS, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_MAX_SHARING_A_KID = 4


class KeyInfo(NamedTuple):
    """What is known of one member of a key set: `kid` and the size in bits may be absent from a bad one."""

    kid: str | None
    algorithms: tuple[str, ...]
    bits: int | None
    problem: str | None
    other_purpose: bool = False


class KeySet:
    """The usable keys of one issuer, by `kid` and algorithm. Never changed: a refresh makes another one."""

    def __init__(
        self, keys: Mapping[tuple[str, str], tuple[VerifyingKey, ...]], members: tuple[KeyInfo, ...] = ()
    ) -> None:
        self._keys = dict(keys)
        self._kids = frozenset(kid for kid, _ in self._keys)
        self.known_headers = KnownHeaders()
        self.members = members

    @classmethod
    def from_jwks(cls, jwks: Mapping[str, Any], algorithms: Iterable[str] = ("RS256",)) -> KeySet:
        """Keep the keys of a JWK Set, as fetched, that fit one of `algorithms`.

        One bad key never spoils the others: it is left out, and `members` says why. Raises ValueError for
        what is not a JWK Set at all, and for an algorithm that is not among `ALGORITHMS`.
        """
        allowed = _allowed(algorithms)
        entries = jwks.get("keys") if isinstance(jwks, dict) else None
        if not isinstance(entries, list):
            raise ValueError('not a JWK Set: a JSON object with a list "keys" is expected (RFC 7517 section 5)')
        keys: dict[tuple[str, str], tuple[VerifyingKey, ...]] = {}
        members = []
        for entry in entries:
            try:
                kid, bits, usable = usable_keys(entry, allowed)
            except UnusableKey as error:
                members.append(KeyInfo(_kid(entry), (), None, str(error), isinstance(error, OtherPurpose)))
                continue
            members.append(KeyInfo(kid, tuple(usable), bits, None))
            for algorithm, key in usable.items():
                # RFC 7517 section 4.5 lets keys share a kid, so each of them is tried; in bounds, since each costs
                # a verification.
                keys[kid, algorithm] = (*keys.get((kid, algorithm), ()), key)[:_MAX_SHARING_A_KID]
        return cls(keys, tuple(members))

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, kid: str) -> bool:
        return kid in self._kids

    @property
    def kids(self) -> frozenset[str]:
        return self._kids

    def verify(self, jws: UnverifiedJWS) -> None:
        """Check the signature (RFC 7515 section 5.2). Raises UnknownKey or InvalidToken."""
        header = jws.header
        candidates = self._keys.get((header.key_id, header.algorithm))
        if candidates is None:
            if header.key_id in self._kids:
                # RFC 8725 section 3.1: the algorithm must be one that is allowed, and fit the key.
                raise InvalidToken("The token's algorithm is not allowed, or does not fit its key.", "signature")
            raise UnknownKey("The token is signed with a key that its issuer does not publish.")
        for key in candidates:
            if _verifies(key, jws):
                break
        else:
            raise InvalidToken(
                "The token's signature is wrong: it was changed, or signed by someone else.", "signature"
            )


def verify_jws(compact_jws: str, keys: KeySet) -> bytes:
    """Return the payload of a compact JWS whose signature one of `keys` verifies.

    The claims are not looked at, the payload may be empty. Raises InvalidToken for everything else
    (RFC 7515 section 5.2).
    """
    jws = parse(compact_jws, keys.known_headers)
    keys.verify(jws)
    keys.known_headers.remember(jws)
    return jws.payload


def _verifies(key: VerifyingKey, jws: UnverifiedJWS) -> bool:
    try:
        return key.verify(jws.signing_input, jws.signature)
    except Exception:
        return False


def _allowed(algorithms: Iterable[str]) -> frozenset[str]:
    # A string is iterable too: "RS256" would allow "R", and substrings where `in` is used on it.
    if isinstance(algorithms, str):
        raise TypeError("algorithms must be a collection of names, not one string")
    allowed = frozenset(algorithms)
    if not allowed or not allowed.issubset(ALGORITHMS):
        # HS256 above all: with it, the public key would be the secret (CVE-2024-33663, CVE-2026-85394).
        raise ValueError(f"algorithms must be some of {' '.join(ALGORITHMS)}")
    return allowed


def _kid(entry: object) -> str | None:
    kid = entry.get("kid") if isinstance(entry, dict) else None
    return kid if isinstance(kid, str) else None
