"""The authorization server (RFC 6749): Authlib decides, this adapts it to Quart and to Auth0's ways."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, OAuth2Error
from quart import Request, Response, jsonify

from . import extra_claims
from .authentication import METHODS, check_credentials, check_way
from .exchange import ExchangeGrant, exchanged
from .grants import CodeGrant, ImplicitGrant, MachineGrant, OnlyS256, RefreshGrant, check_audience
from .organizations import claims as organization_claims
from .parameters import from_client
from .tokens import granted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from authlib.oauth2.rfc6749 import OAuth2Request

    from .clients import Client
    from .exchange import Subject
    from .keyring import Keyring
    from .memory import Grant, Memory
    from .organizations import Organization
    from .parameters import AuthorizationRequest
    from .tokens import Tokens


class LocalAuthorizationServer(AuthorizationServer):  # type: ignore[misc]
    """Grants tokens to the built-in clients, for themselves or for the people who log in."""

    def __init__(self, tokens: Tokens, keyring: Keyring, memory: Memory, clients: Mapping[str, Client]) -> None:
        super().__init__()
        self.tokens = tokens
        self.keyring = keyring
        self.memory = memory
        self.clients = clients
        self.register_grant(MachineGrant)
        self.register_grant(CodeGrant, [OnlyS256(required=True)])
        self.register_grant(ImplicitGrant)
        self.register_grant(RefreshGrant)
        self.register_grant(ExchangeGrant)

    async def token(self, request: Request) -> Response:
        """Answer a request to the token endpoint."""
        try:
            asked = await from_client(request)
            if not asked.payload.grant_type:
                # RFC 6749 section 5.2. To Authlib, none is one that it does not support.
                raise InvalidRequestError("grant_type is missing.")
        except OAuth2Error as error:
            return self.handle_error_response(request, error)  # type: ignore[no-any-return]
        return self.create_token_response(asked)  # type: ignore[no-any-return]

    async def local_token(self, request: Request) -> Response:
        """Answer a request that Auth0 would not: a machine's token with more claims, or an anonymous visitor's."""
        try:
            asked = await from_client(request)
            asked.extra_claims = extra_claims.read(asked.form.get("claims"))
            check_audience(asked.form.get("audience", self.tokens.audience), self.tokens.audience)
            if asked.payload.grant_type not in ("client_credentials", "anonymous"):
                raise InvalidRequestError("grant_type must be client_credentials or anonymous.")
        except OAuth2Error as error:
            return self.handle_error_response(request, error)  # type: ignore[no-any-return]
        if asked.payload.grant_type == "anonymous":
            access_token = self.tokens.access(**{"sub": f"anon@{secrets.token_hex(16)}", **asked.extra_claims})
            return self.handle_response(200, self._answer(access_token, ""), default_json_headers)
        return self.create_token_response(asked)  # type: ignore[no-any-return]

    async def revoke(self, request: Request) -> Response:
        """Answer a request to the revocation endpoint (RFC 7009), which is for refresh tokens, as Auth0's is.

        A token that is none of this client's is left as it is, and answered like one that was revoked (section 2.2,
        and Auth0 tells no client of another's tokens either). The hint does not narrow the search (section 2.1).
        """
        try:
            asked = await from_client(request)
            client = self.authenticate_client(asked, METHODS, "revocation")
            token = asked.form.get("token")
            if token is None:
                raise InvalidRequestError("token is missing.")
        except OAuth2Error as error:
            return self.handle_error_response(request, error)  # type: ignore[no-any-return]
        self.memory.revoke(token, client)
        return Response("", headers={"Cache-Control": "no-store"})

    def machine_token(
        self,
        client: Client,
        scope: str | None,
        organization: Organization | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        allowed = client.get_allowed_scope(scope)
        claims = {
            "sub": f"{client.client_id}@clients",
            "azp": client.client_id,
            "scope": allowed,
            "permissions": allowed.split(),
            "gty": "client-credentials",
            **organization_claims(organization),
        }
        return self._answer(self.tokens.access(**{**claims, **(extra or {})}), allowed)

    def exchanged_token(self, client: Client, subject: Subject, scope: str | None) -> dict[str, Any]:
        claims = exchanged(subject, client.client_id, scope)
        left = int(subject.claims["exp"] - self.memory.clock.now())
        lifetime = min(left, self.tokens.lifetime)
        access_token = self.tokens.access(**claims, exp=int(self.memory.clock.now()) + lifetime)
        return {**self._answer(access_token, claims["scope"]), "expires_in": lifetime}

    def tokens_of(self, grant: Grant, scope: str | None = None) -> dict[str, Any]:
        """Make what an application gets for somebody's login; `scope` narrows what was granted then."""
        scopes = granted(scope or grant.scope, grant.person)
        if grant.audience is None:
            access_token = self.memory.new_opaque_token(grant.person, scopes, self.tokens.lifetime)
        else:
            access_token = self.tokens.access_for(grant, scopes)
        answer = self._answer(access_token, " ".join(scopes))
        if "openid" in scopes:
            answer["id_token"] = self.tokens.identity(grant, scopes)
        if "offline_access" in granted(grant.scope, grant.person):
            answer["refresh_token"] = self.memory.new_refresh_token(grant)
        return answer

    def _answer(self, access_token: str, scope: str) -> dict[str, Any]:
        return {
            "access_token": access_token,
            "scope": scope,
            "expires_in": self.tokens.lifetime,
            "token_type": "Bearer",
        }

    # What Authlib leaves to the framework.

    def query_client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    def authenticate_client(
        self, request: AuthorizationRequest, methods: Sequence[str], endpoint: str = "token"
    ) -> Client:
        check_credentials(request, methods)
        check_way(request, methods, self.clients)
        return super().authenticate_client(request, methods, endpoint)  # type: ignore[no-any-return]

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Access tokens are self-contained, and `memory` has the others already."""

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: dict[str, Any], headers: list[tuple[str, str]]) -> Response:
        response = jsonify(body) if body else Response("")
        response.status_code = status
        for name, value in headers:
            response.headers[name] = value
        return response

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""
