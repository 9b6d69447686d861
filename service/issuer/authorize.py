"""A request to `/authorize` (RFC 6749 section 3.1): whom it may be answered to, and what with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error

from .grants import AccessDenied

if TYPE_CHECKING:
    from quart import Response

    from .clients import Client
    from .people import Person
    from .server import Authorization, AuthorizationRequest

MODES = {"code": "query", "token": "fragment"}


class LoginRequired(OAuth2Error):  # type: ignore[misc]
    """Nobody is logged in, and the application did not want them to be asked (OpenID Connect Core 3.1.2.6)."""

    error = "login_required"
    description = "Login required"


class UnsupportedResponseType(OAuth2Error):  # type: ignore[misc]
    error = "unsupported_response_type"
    description = "This issuer knows the response types code and token."


class Refused(Exception):
    """A request that must not be answered at its redirect address, since that is not to be trusted either."""


def trusted(authorization: Authorization, asked: AuthorizationRequest) -> Client:
    """Return the client that asks, whose redirect address was compared exactly. Raises Refused."""
    client = authorization.query_client(asked.payload.client_id or "")
    if client is None:
        raise Refused("client_id is missing, or not that of an application that is known here.")
    address = asked.payload.redirect_uri
    if any(len(asked.payload.datalist.get(name, [])) > 1 for name in ("client_id", "redirect_uri", "response_mode")):
        raise Refused("A parameter stands twice.")
    if not client.callbacks or (address and not client.check_redirect_uri(address)):
        raise Refused(f"redirect_uri is not an allowed callback URL of this application: {address}")
    mode = asked.payload.data.get("response_mode", "query")
    if mode not in ("query", "fragment", "web_message"):
        raise Refused("response_mode must be query, fragment or web_message.")
    return client


def wrong(authorization: Authorization, asked: AuthorizationRequest) -> OAuth2Error | None:
    """What the application has to hear, whoever logs in."""
    audience, known = asked.payload.data.get("audience"), authorization.tokens.audience
    if not asked.payload.response_type:
        # RFC 6749 section 4.1.2.1.
        return InvalidRequestError("response_type is missing.")
    if asked.payload.response_type not in MODES:
        return UnsupportedResponseType()
    if audience and audience != known:
        return AccessDenied(f"The audience is unknown to this issuer. The one that it knows is {known}.")
    return None


def grant(authorization: Authorization, asked: AuthorizationRequest, person: Person | None) -> Response:
    """Answer for somebody who logged in; `None` declined. The answer is Authlib's redirect, errors included."""
    try:
        if error := wrong(authorization, asked):
            raise error
        checked = authorization.get_consent_grant(asked, person)
    except OAuth2Error as error:
        return refuse(authorization, asked, error)
    return authorization.create_authorization_response(asked, person, grant=checked)  # type: ignore[no-any-return]


def refuse(authorization: Authorization, asked: AuthorizationRequest, error: OAuth2Error) -> Response:
    client = authorization.query_client(asked.payload.client_id)
    error.redirect_uri = asked.payload.redirect_uri or (client and client.get_default_redirect_uri())
    error.redirect_fragment = asked.payload.response_type == "token"
    error.state = asked.payload.state
    return authorization.handle_error_response(asked, error)  # type: ignore[no-any-return]
