"""The issuer's tokens: access tokens in Auth0's default dialect, and ID tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..development import BROWSER_CLIENT
from .organizations import claims as organization_claims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..auth import Clock
    from .keyring import Keyring
    from .memory import Grant
    from .people import Person

LIFETIME = 86400
"""Seconds; Auth0's default for an access token."""

ID_TOKEN_LIFETIME = 36000
"""Seconds; Auth0's default."""

OPENID_SCOPES = ("openid", "profile", "email", "offline_access")
"""What anybody may ask for: it says something of themselves (OpenID Connect Core section 5.4)."""


class Tokens:
    """Makes the tokens of `issuer`, a string that ends in "/", for `audience`. `lifetime` is in seconds."""

    def __init__(self, issuer: str, audience: str, keyring: Keyring, clock: Clock, lifetime: int = LIFETIME) -> None:
        self.issuer = issuer
        self.audience = audience
        self.lifetime = lifetime
        self._keyring = keyring
        self._clock = clock

    @property
    def userinfo(self) -> str:
        """The issuer's own audience, which stands in every access token beside the API's."""
        return f"{self.issuer}userinfo"

    def access(self, header: dict[str, Any] | None = None, /, **claims: Any) -> str:
        """Sign an access token. `claims` replace or add members; `None` takes one away."""
        now = int(self._clock.now())
        members = {
            "iss": self.issuer,
            "sub": "auth0|somebody",
            "aud": [self.audience, self.userinfo],
            "iat": now,
            "exp": now + self.lifetime,
            "azp": BROWSER_CLIENT,
            "scope": "",
            "permissions": [],
            **claims,
        }
        return self._keyring.sign({name: value for name, value in members.items() if value is not None}, header)

    def access_for(self, grant: Grant, scopes: Sequence[str]) -> str:
        """Sign an access token for a person who logged in: `permissions` is everything they have."""
        return self.access(
            sub=grant.person.subject,
            azp=grant.client_id,
            scope=" ".join(scopes),
            permissions=list(grant.person.permissions),
            **organization_claims(grant.organization),
        )

    def identity(self, grant: Grant, scopes: Sequence[str]) -> str:
        """Sign an ID token (OpenID Connect Core section 2). It is for the application, never for the API. Auth0's
        library compares the organization in it with the one that it asked for."""
        now = int(self._clock.now())
        claims = {"iss": self.issuer, "aud": grant.client_id, "iat": now, "exp": now + ID_TOKEN_LIFETIME}
        asked = {"nonce": grant.nonce, "auth_time": grant.authenticated_at}
        given = {name: value for name, value in asked.items() if value is not None}
        return self._keyring.sign(
            {**grant.person.identity(scopes), **claims, **given, **organization_claims(grant.organization)}
        )


def granted(scope: str, person: Person) -> tuple[str, ...]:
    """Cut what was asked for to what somebody has; without asking, it is all of their permissions."""
    if not scope:
        return person.permissions
    allowed = {*OPENID_SCOPES, *person.permissions}
    return tuple(name for name in dict.fromkeys(scope.split()) if name in allowed)
