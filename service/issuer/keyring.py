"""The issuer's keys: made at the start, never written anywhere, and gone with the process."""

from __future__ import annotations

from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

ALGORITHM = "RS256"


class Keyring:
    """Previous keys, the current and the next one. Like Auth0's, the key set always holds the last two.

    `asked` counts how often the set was fetched.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._previous: list[RSAKey] = []
        self._current = _new_key()
        self._next = _new_key()

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        """Make a JWT; `header` overrides members of Auth0's usual one."""
        members = {"alg": ALGORITHM, "typ": "JWT", "kid": self._current.kid, **(header or {})}
        return jwt.encode(members, claims, self._current, algorithms=[ALGORITHM])

    def rotate(self) -> None:
        """Let the next key sign from now on. The previous one stays in the set until `revoke`."""
        self._previous.append(self._current)
        self._current, self._next = self._next, _new_key()

    def revoke(self) -> None:
        """Take the previous keys out of the set."""
        self._previous.clear()

    def public_set(self) -> dict[str, Any]:
        """The JWK Set, without private parts (RFC 7517 section 5)."""
        return {"keys": [key.as_dict(private=False) for key in (self._current, self._next, *self._previous)]}


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)
