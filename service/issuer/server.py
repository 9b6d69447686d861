"""The authorization server (RFC 6749): Authlib decides, this adapts it to Quart and to Auth0's ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from quart import Request, Response, jsonify

from .people import CLIENTS, Client
from .tokens import LIFETIME, AccessTokens

if TYPE_CHECKING:
    from collections.abc import Mapping


class AccessDenied(OAuth2Error):  # type: ignore[misc]
    """What Auth0 answers to an audience that it does not know."""

    error = "access_denied"
    status_code = 403


class _TokenRequest(OAuth2Request):  # type: ignore[misc]
    def __init__(self, request: Request, parameters: dict[str, str]) -> None:
        super().__init__(request.method, request.url, headers=request.headers)
        self.payload = BasicOAuth2Payload(parameters)

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return]


class _ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc]
    # RFC 6749 section 2.3.1; Auth0 takes both.
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def validate_token_request(self) -> None:
        super().validate_token_request()
        audience = self.request.payload.data.get("audience")
        if audience != self.server.tokens.audience:
            known = f"The one that it knows is {self.server.tokens.audience}."
            raise AccessDenied(f"The audience is {'missing' if not audience else 'unknown to this issuer'}. {known}")


class Authorization(AuthorizationServer):  # type: ignore[misc]
    """Grants access tokens to the built-in clients."""

    def __init__(self, tokens: AccessTokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.register_grant(_ClientCredentials)
        self.register_token_generator("client_credentials", self._machine_token)

    async def token(self, request: Request) -> Response:
        """Answer a request to the token endpoint, in form or in JSON, as Auth0 takes both."""
        parameters = await _parameters(request)
        return self.create_token_response(_TokenRequest(request, parameters))  # type: ignore[no-any-return]

    def _machine_token(self, client: Client, scope: str | None, **_: Any) -> dict[str, Any]:
        granted = client.get_allowed_scope(scope)
        access_token = self.tokens.make(
            sub=f"{client.client_id}@clients",
            azp=client.client_id,
            scope=granted,
            permissions=granted.split(),
            gty="client-credentials",
        )
        return {"access_token": access_token, "scope": granted, "expires_in": LIFETIME, "token_type": "Bearer"}

    # What Authlib leaves to the framework.

    def query_client(self, client_id: str) -> Client | None:
        return CLIENTS.get(client_id)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Access tokens are self-contained, so there is nothing to keep."""

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: dict[str, Any], headers: list[tuple[str, str]]) -> Response:
        response = jsonify(body)
        response.status_code = status
        response.headers.extend(headers)
        return response

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


async def _parameters(request: Request) -> dict[str, str]:
    try:
        members = await request.get_json(silent=True) if request.is_json else dict((await request.form).items())
    except UnicodeDecodeError:
        # Quart lets it escape. Without parameters, the request is refused for what it lacks.
        return {}
    if not isinstance(members, dict):
        return {}
    return {name: value for name, value in members.items() if isinstance(value, str)}
