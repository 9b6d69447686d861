"""Access tokens in Auth0's default dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..local import BROWSER_CLIENT

if TYPE_CHECKING:
    from ..auth import Clock
    from .keyring import Keyring

LIFETIME = 86400
"""Seconds; Auth0's default for an API."""


class AccessTokens:
    """Makes the access tokens of `issuer`, a string that ends in "/", for `audience`."""

    def __init__(self, issuer: str, audience: str, keyring: Keyring, clock: Clock) -> None:
        self.issuer = issuer
        self.audience = audience
        self._keyring = keyring
        self._clock = clock

    def make(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Sign a token. `claims` replace or add members; `None` takes one away."""
        now = int(self._clock.now())
        members = {
            "iss": self.issuer,
            "sub": "auth0|somebody",
            "aud": [self.audience, f"{self.issuer}userinfo"],
            "iat": now,
            "exp": now + LIFETIME,
            "azp": BROWSER_CLIENT,
            "scope": "",
            "permissions": [],
            **claims,
        }
        return self._keyring.sign({name: value for name, value in members.items() if value is not None}, header)
