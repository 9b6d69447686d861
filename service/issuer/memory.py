"""What the issuer remembers between two requests. It is gone with the process."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ..auth import Clock
    from .clients import Client
    from .organizations import Organization
    from .people import Person

Kept = TypeVar("Kept")

CODE_LIFETIME = 60
"""Seconds that an authorization code may be exchanged in (RFC 6749 section 4.1.2: shortly)."""


@dataclass(eq=False)
class Grant:
    """What somebody allowed an application. Refresh tokens that come of it are one family.

    `scope` is what was asked for; `audience` is `None` where no API was named; `authenticated_at` is when the person
    logged in, in seconds since the epoch, and `None` where the application did not ask; `organization` is the one that
    they act in.
    """

    client_id: str
    person: Person
    scope: str
    audience: str | None
    nonce: str | None = None
    authenticated_at: int | None = None
    organization: Organization | None = None
    revoked: bool = False

    def revoke(self) -> None:
        self.revoked = True


@dataclass(frozen=True)
class Session:
    """A user who is logged in to the issuer, since a moment in seconds since the epoch. `organization` is the one that
    they picked on the login page, for requests that name none."""

    person: Person
    since: float
    organization: Organization | None = None

    def is_within(self, max_age: int, now: float) -> bool:
        """Whether the login is recent enough (OpenID Connect Core section 3.1.2.1: with 0, no login is)."""
        return max_age > 0 and now - self.since <= max_age


@dataclass(eq=False)
class AuthorizationCode:
    """A code, with what Authlib asks of one. Used, it is kept until its end, so that a second use is noticed."""

    grant: Grant
    redirect_uri: str | None
    code_challenge: str
    expires_at: float
    code_challenge_method: str = "S256"
    used: bool = False

    def get_redirect_uri(self) -> str | None:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.grant.scope


@dataclass(eq=False)
class RefreshToken:
    """One refresh token of a family, with what Authlib asks of one."""

    grant: Grant
    used: bool = False

    def check_client(self, client: Client) -> bool:
        return client.client_id == self.grant.client_id

    def get_scope(self) -> str:
        return self.grant.scope


@dataclass(frozen=True)
class OpaqueToken:
    """An access token for the issuer alone: what Auth0 gives where no audience was named."""

    person: Person
    scopes: tuple[str, ...]
    expires_at: float


@dataclass
class Memory:
    """Everything by its secret, which is 256 random bits. `sessions` are by cookie."""

    clock: Clock
    sessions: dict[str, Session] = field(default_factory=dict)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    opaque_tokens: dict[str, OpaqueToken] = field(default_factory=dict)

    def code(self, code: str, client_id: str) -> AuthorizationCode | None:
        """Find a code that may be exchanged. A second use revokes what came of the first (RFC 6749 4.1.2)."""
        self._forget_old()
        found = self.codes.get(code)
        if found is None or found.grant.client_id != client_id:
            return None
        if found.used:
            found.grant.revoke()
            return None
        return found

    def refresh_token(self, token: str) -> RefreshToken | None:
        """Find a refresh token that may be used. One that was used already is somebody else's copy, or the copied
        one: its whole family is revoked (RFC 9700 section 4.14.2)."""
        found = self.refresh_tokens.get(token)
        if found is None or found.grant.revoked:
            return None
        if found.used:
            found.grant.revoke()
            return None
        return found

    def revoke(self, token: str, client: Client) -> None:
        """Take a refresh token's whole family back, if the token is one of the client's."""
        found = self.refresh_tokens.get(token)
        if found is not None and found.check_client(client):
            found.grant.revoke()

    def new_session(self, session: Session) -> str:
        return _keep(self.sessions, session)

    def new_refresh_token(self, grant: Grant) -> str:
        return _keep(self.refresh_tokens, RefreshToken(grant))

    def new_opaque_token(self, person: Person, scopes: tuple[str, ...], lifetime: float) -> str:
        return _keep(self.opaque_tokens, OpaqueToken(person, scopes, self.clock.now() + lifetime))

    def _forget_old(self) -> None:
        now = self.clock.now()
        self.codes = {code: kept for code, kept in self.codes.items() if kept.expires_at > now}


def _keep(where: dict[str, Kept], value: Kept) -> str:
    secret = secrets.token_urlsafe(32)
    where[secret] = value
    return secret
