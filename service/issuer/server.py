"""The authorization server (RFC 6749): Authlib decides, this adapts it to Quart and to Auth0's ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from quart import Request, Response, jsonify

from ..auth import strict_json
from .grants import CodeGrant, ImplicitGrant, MachineGrant, OnlyS256, RefreshGrant
from .tokens import granted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clients import Client
    from .memory import Grant, Memory
    from .tokens import Tokens


class AuthorizationRequest(OAuth2Request):  # type: ignore[misc]
    """A request to `/authorize` or to `/oauth/token`, with its parameters by name; a list where one stands twice."""

    def __init__(self, request: Request, parameters: Mapping[str, list[str]]) -> None:
        super().__init__(request.method, request.url, headers=request.headers)
        self.payload = BasicOAuth2Payload({name: values[0] for name, values in parameters.items()})
        self.payload.datalist.update(parameters)

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return]


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
        """Answer a request to the token endpoint, in form or in JSON, as Auth0 takes both."""
        try:
            asked = AuthorizationRequest(request, await _parameters(request))
            if not asked.payload.grant_type:
                # RFC 6749 section 5.2. To Authlib, none is one that it does not support.
                raise InvalidRequestError("grant_type is missing.")
        except InvalidRequestError as malformed:
            return self.handle_error_response(request, malformed)  # type: ignore[no-any-return]
        try:
            return self.create_token_response(asked)  # type: ignore[no-any-return]
        except ValueError:
            # What is no text in an Authorization of the Basic scheme escapes Authlib.
            unreadable = InvalidClientError("The Authorization header cannot be read.", status_code=401)
            return self.handle_error_response(asked, unreadable)  # type: ignore[no-any-return]

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
            answer["id_token"] = self.tokens.identity(grant.person, grant.client_id, scopes, grant.nonce)
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


async def _parameters(request: Request) -> dict[str, list[str]]:
    """Return a body's parameters. Raises InvalidRequestError."""
    if not request.is_json:
        return dict((await request.form).lists())
    try:
        members = strict_json.loads_object(await request.data)
    except ValueError as error:
        raise InvalidRequestError(f"The body cannot be read: {error}.") from None
    if not all(isinstance(value, str) for value in members.values()):
        # Nothing is left out: without a scope, a machine gets all that it was granted.
        raise InvalidRequestError("Each member of the body must be a string; several scopes are separated by spaces.")
    return {name: [value] for name, value in members.items()}
