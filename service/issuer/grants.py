"""The ways to a token (RFC 6749 section 4), each as Authlib has it and Auth0 does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, OAuth2Error, grants
from authlib.oauth2.rfc7636 import CodeChallenge

from . import organizations
from .memory import CODE_LIFETIME, AuthorizationCode, Grant, RefreshToken

if TYPE_CHECKING:
    from authlib.oauth2.rfc6749 import OAuth2Request

    from .clients import Client
    from .memory import Session
    from .organizations import Organization
    from .people import Person


class AccessDenied(OAuth2Error):  # type: ignore[misc]
    """What Auth0 answers to an audience that it does not know."""

    error = "access_denied"
    status_code = 403


class OnlyS256(CodeChallenge):  # type: ignore[misc]
    """PKCE, for everybody and with S256 alone (RFC 7636 section 4.2, RFC 9700 section 2.1.1). That a request brings a
    challenge is checked before the user is asked to log in, see `service.issuer.authorize`."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class MachineGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    # RFC 6749 section 2.3.1; Auth0 takes both.
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def validate_token_request(self) -> None:
        super().validate_token_request()
        asked = self.request.payload.data
        check_audience(asked.get("audience"), self.server.tokens.audience)
        self.organization = _machines_organization(self.client, asked.get("organization"))

    def generate_token(self, scope: str | None = None, **_: Any) -> dict[str, Any]:
        return self.server.machine_token(  # type: ignore[no-any-return]
            self.client, scope, self.organization, self.request.extra_claims
        )


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        asked, memory = request.payload.data, self.server.memory
        grant = _grant(request, request.user)
        memory.codes[code] = AuthorizationCode(
            grant, request.payload.redirect_uri, asked["code_challenge"], memory.clock.now() + CODE_LIFETIME
        )

    def query_authorization_code(self, code: str, client: Any) -> AuthorizationCode | None:
        return self.server.memory.code(code, client.client_id)  # type: ignore[no-any-return]

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        authorization_code.used = True

    def authenticate_user(self, authorization_code: AuthorizationCode) -> Person:
        return authorization_code.grant.person

    def generate_token(self, **_: Any) -> dict[str, Any]:
        return self.server.tokens_of(self.request.authorization_code.grant)  # type: ignore[no-any-return]


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken:
        found: RefreshToken | None = self.server.memory.refresh_token(refresh_token)
        if found is None or not found.check_client(self.client):
            # Authlib would say nothing. One description for all: to whom the token belongs is not told.
            raise InvalidGrantError("The refresh token is unknown, revoked or already used. Log in again.")
        return found

    def authenticate_user(self, refresh_token: RefreshToken) -> Person:
        return refresh_token.grant.person

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        refresh_token.used = True

    def generate_token(self, scope: str | None = None, **_: Any) -> dict[str, Any]:
        # A narrower scope is for this access token; the family keeps its own (RFC 6749 section 6).
        return self.server.tokens_of(self.request.refresh_token.grant, scope)  # type: ignore[no-any-return]


class ImplicitGrant(grants.ImplicitGrant):  # type: ignore[misc]
    """The seed's link. RFC 9700 section 2.1.2 advises against it: the token passes through the address bar."""

    def generate_token(self, user: Session, **_: Any) -> dict[str, Any]:
        token = self.server.tokens_of(_grant(self.request, user))
        # OpenID Connect Core section 3.2.2: by this way only "id_token" in the response type asks for one.
        return {name: token[name] for name in ("access_token", "scope", "expires_in", "token_type")}


def _grant(request: OAuth2Request, session: Session) -> Grant:
    asked = request.payload.data
    # With `max_age` the ID token must say when (OpenID Connect Core section 2), else it need not, and Auth0's does not.
    authenticated_at = int(session.since) if "max_age" in asked else None
    return Grant(
        request.client.client_id,
        session.person,
        request.scope,
        asked.get("audience"),
        asked.get("nonce"),
        authenticated_at,
        organization_of(request, session),
    )


def check_audience(audience: str | None, known: str) -> None:
    """Raises AccessDenied."""
    if audience != known:
        why = "missing" if not audience else "unknown to this issuer"
        raise AccessDenied(f"The audience is {why}. The one that it knows is {known}.")


def organization_of(request: OAuth2Request, session: Session) -> Organization | None:
    """Return the organization that the user logs in to: the one that the application names, or else that they picked.

    Raises AccessDenied if they are no member. That it is known was checked, see `service.issuer.authorize`.
    """
    name = request.payload.data.get("organization")
    organization = organizations.find(name) if name else session.organization
    if organization is not None and organization not in session.person.organizations:
        raise AccessDenied(f"The user {session.person.subject} is not part of the organization {organization.id}.")
    return organization


def _machines_organization(client: Client, name: str | None) -> Organization | None:
    organization = organizations.find(name) if name else None
    if name and organization is None:
        raise InvalidRequestError(organizations.UNKNOWN)
    if organization is not None and organization not in client.organizations:
        raise AccessDenied(f"The client {client.client_id} may not act in the organization {organization.id}.")
    return organization
