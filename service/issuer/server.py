"""The authorization server (RFC 6749): Authlib decides, this adapts it to Quart and to Auth0's ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, OAuth2Error
from quart import Request, Response, jsonify

from .authentication import METHODS, check_credentials
from .grants import CodeGrant, ImplicitGrant, MachineGrant, OnlyS256, RefreshGrant
from .parameters import from_client
from .tokens import granted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from authlib.oauth2.rfc6749 import OAuth2Request

    from .clients import Client
    from .memory import Grant, Memory
    from .parameters import AuthorizationRequest
    from .tokens import Tokens


class Authorization(AuthorizationServer):  # type: ignore[misc]
    """Grants tokens to the built-in clients, for themselves or for the people who log in."""

    def __init__(self, tokens: Tokens, memory: Memory, clients: Mapping[str, Client]) -> None:
        super().__init__()
        self.tokens = tokens
        self.memory = memory
        self.clients = clients
        self.register_grant(MachineGrant)
        self.register_grant(CodeGrant, [OnlyS256(required=True)])
        self.register_grant(ImplicitGrant)
        self.register_grant(RefreshGrant)

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

    def machine_token(self, client: Client, scope: str | None) -> dict[str, Any]:
        allowed = client.get_allowed_scope(scope)
        access_token = self.tokens.access(
            sub=f"{client.client_id}@clients",
            azp=client.client_id,
            scope=allowed,
            permissions=allowed.split(),
            gty="client-credentials",
        )
        return self._answer(access_token, allowed)

    def tokens_of(self, grant: Grant, scope: str | None = None) -> dict[str, Any]:
        """Make what an application gets for somebody's login; `scope` narrows what was granted then."""
        scopes = granted(scope or grant.scope, grant.person)
        if grant.audience is None:
            access_token = self.memory.new_opaque_token(grant.person, scopes, self.tokens.lifetime)
        else:
            access_token = self.tokens.access_for(grant.person, grant.client_id, scopes)
        answer = self._answer(access_token, " ".join(scopes))
        if "openid" in scopes:
            answer["id_token"] = self.tokens.identity(
                grant.person, grant.client_id, scopes, grant.nonce, grant.authenticated_at
            )
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
