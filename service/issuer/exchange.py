"""Token exchange (RFC 8693): a client that acts for a person or another client, and says so in `act`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc6749.util import scope_to_list

from ..auth import AuthError, Expectation, InvalidToken, KeySet, read_token, validate
from ..auth.grants import KnownGrants
from ..auth.jws import KnownHeaders
from .clients import EXCHANGE_GRANT
from .grants import check_audience

if TYPE_CHECKING:
    from .keyring import Keyring
    from .tokens import Tokens

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 (a type of tokens, RFC 8693 section 3)

_ORGANIZATION = ("org_id", "org_name")


@dataclass(frozen=True)
class Subject:
    """Whom the client acts for, as an access token tells it. `claims` are all of the token's."""

    claims: dict[str, Any]
    scopes: tuple[str, ...]
    permissions: tuple[str, ...]

    @classmethod
    def read(cls, token: str, tokens: Tokens, keyring: Keyring, now: float) -> Subject:
        """Verify an access token of this issuer for its API. Raises AuthError."""
        expected = Expectation(
            issuers=frozenset({tokens.issuer}), audiences=frozenset({tokens.audience}), algorithms=("RS256",), leeway=0
        )
        jws, said = read_token(token, expected, KnownHeaders())
        if "cnf" in said:
            # The new token would not be bound, so a stolen copy of the old one could be exchanged for one that works.
            raise InvalidToken("The token is bound to a key.")
        read, _ = validate(jws, said, KeySet.from_jwks(keyring.public_set()), expected, now, KnownGrants())
        return cls(said, read.scopes, read.permissions)


class ExchangeGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """RFC 8693 section 2. The actor is the client that asks, so it needs no token of its own to prove who it is."""

    GRANT_TYPE = EXCHANGE_GRANT
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def validate_token_request(self) -> None:
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError(f"The client {client.client_id} may not exchange tokens.")
        self.request.client = client
        asked, server = self.request.payload.data, self.server
        if "subject_token" not in asked:
            raise InvalidRequestError("subject_token is missing.")
        for name in ("subject_token_type", "requested_token_type"):
            if asked.get(name, ACCESS_TOKEN if name.startswith("requested") else "") != ACCESS_TOKEN:
                raise InvalidRequestError(f"{name} must be {ACCESS_TOKEN}.")
        if "actor_token" in asked or "actor_token_type" in asked:
            raise InvalidRequestError("This issuer takes no actor_token: the actor is the client that asks.")
        check_audience(asked.get("audience", server.tokens.audience), server.tokens.audience)
        try:
            self.subject = Subject.read(
                asked["subject_token"], server.tokens, server.keyring, server.memory.clock.now()
            )
        except AuthError as error:
            # RFC 8693 section 2.2.2.
            raise InvalidRequestError(f"subject_token is not accepted. {error.detail}") from None

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        answer = self.server.exchanged_token(self.client, self.subject, self.request.payload.scope)
        return 200, {**answer, "issued_token_type": ACCESS_TOKEN}, self.TOKEN_RESPONSE_HEADER


def exchanged(subject: Subject, client_id: str, scope: str | None) -> dict[str, Any]:
    """Return the claims of the new token. `scope` narrows both `scope` and `permissions`; nothing is added to them,
    nor to the time that is left. The actor before stands inside the new one (RFC 8693 section 4.1)."""
    asked = scope_to_list(scope) if scope else [*subject.scopes, *subject.permissions]
    before = {"act": subject.claims["act"]} if "act" in subject.claims else {}
    return {
        "sub": subject.claims["sub"],
        "azp": client_id,
        "scope": " ".join(name for name in subject.scopes if name in asked),
        "permissions": [name for name in subject.permissions if name in asked],
        "act": {"sub": f"{client_id}@clients", **before},
        **{name: subject.claims[name] for name in _ORGANIZATION if name in subject.claims},
    }
