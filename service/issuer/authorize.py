"""A request to `/authorize` (RFC 6749 section 3.1): whom it may be answered to, and what with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error

from . import organizations
from .grants import AccessDenied, organization_of

if TYPE_CHECKING:
    from quart import Response

    from .clients import Client
    from .memory import Session
    from .parameters import AuthorizationRequest
    from .server import LocalAuthorizationServer

MODES = {"code": "query", "token": "fragment"}

PROMPTS = ("none", "login", "consent", "select_account")
"""OpenID Connect Core section 3.1.2.1. One page does the last three: it lists the people, and has a way to decline."""

# BASE64URL(SHA-256(…)) is of this length (RFC 7636 section 4.2).
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

# As many digits as every computer's integers hold; more are more than an age.
_SECONDS = re.compile(r"[0-9]{1,1000}")


class LoginRequired(OAuth2Error):  # type: ignore[misc]
    """Nobody is logged in, and the application did not want them to be asked (OpenID Connect Core 3.1.2.6)."""

    error = "login_required"
    description = "Login required"


class UnsupportedResponseType(OAuth2Error):  # type: ignore[misc]
    error = "unsupported_response_type"
    description = "This issuer knows the response types code and token."


class RequestNotSupported(OAuth2Error):  # type: ignore[misc]
    """OpenID Connect Core section 3.1.2.6, as the next one."""

    error = "request_not_supported"
    description = "This issuer takes no request object. Send the parameters themselves."


class RequestUriNotSupported(OAuth2Error):  # type: ignore[misc]
    error = "request_uri_not_supported"
    description = "This issuer fetches no request object. Send the parameters themselves."


class Refused(Exception):
    """A request that must not be answered at its redirect address, since that is not to be trusted either.

    `of_settings` tells whether the application's settings could allow it.
    """

    def __init__(self, why: str, *, of_settings: bool = False) -> None:
        super().__init__(why)
        self.of_settings = of_settings


def trusted(authorization: LocalAuthorizationServer, asked: AuthorizationRequest) -> Client:
    """Return the client that asks, whose redirect address was compared exactly. Raises Refused."""
    client = authorization.query_client(asked.payload.client_id or "")
    if client is None:
        raise Refused("client_id is missing, or not that of an application that is known here.", of_settings=True)
    address = asked.payload.redirect_uri
    for name in ("client_id", "redirect_uri", "response_mode"):
        if len(asked.payload.datalist.get(name, [])) > 1:
            raise Refused(f"The parameter {name} stands more than once. Send it once.")
    if not client.callbacks or (address and not client.check_redirect_uri(address)):
        raise Refused(f"redirect_uri is not an allowed callback URL of this application: {address}", of_settings=True)
    mode = asked.payload.data.get("response_mode", "query")
    if mode not in ("query", "fragment", "web_message"):
        raise Refused("response_mode must be query, fragment or web_message.")
    return client


def wrong(authorization: LocalAuthorizationServer, asked: AuthorizationRequest) -> OAuth2Error | None:
    """What the application has to hear, whoever logs in."""
    if error := asked.repeated():
        return error
    data, known = asked.payload.data, authorization.tokens.audience
    if "request" in data:
        return RequestNotSupported()
    if "request_uri" in data:
        return RequestUriNotSupported()
    if not asked.payload.response_type:
        # RFC 6749 section 4.1.2.1.
        return InvalidRequestError("response_type is missing.")
    if asked.payload.response_type not in MODES:
        return UnsupportedResponseType()
    if data.get("audience", known) != known:
        return AccessDenied(f"The audience is unknown to this issuer. The one that it knows is {known}.")
    if "organization" in data and organizations.find(data["organization"]) is None:
        return InvalidRequestError(organizations.UNKNOWN)
    return _wrong_login(asked) or _wrong_challenge(asked) or _wrong_to_authlib(authorization, asked)


def _wrong_login(asked: AuthorizationRequest) -> OAuth2Error | None:
    wanted = prompts(asked)
    if not wanted <= set(PROMPTS):
        return InvalidRequestError(f"prompt has a value that is unknown here. The known ones are {', '.join(PROMPTS)}.")
    if "none" in wanted and len(wanted) > 1:
        return InvalidRequestError("prompt has none beside another value.")
    if not _SECONDS.fullmatch(asked.payload.data.get("max_age", "0")):
        return InvalidRequestError("max_age must be a whole number of seconds, 0 or more.")
    return None


def _wrong_challenge(asked: AuthorizationRequest) -> OAuth2Error | None:
    """RFC 7636 section 4.4.1. The method's absence would mean "plain", which shows the verifier to an eavesdropper."""
    data = asked.payload.data
    if asked.payload.response_type != "code":
        return None
    if data.get("code_challenge_method") != "S256" or "code_challenge" not in data:
        return InvalidRequestError("Send a code_challenge, with the code_challenge_method S256.")
    if not _S256_CHALLENGE.fullmatch(data["code_challenge"]):
        return InvalidRequestError("code_challenge is no SHA-256 in base64url, which has 43 characters.")
    return None


def _wrong_to_authlib(authorization: LocalAuthorizationServer, asked: AuthorizationRequest) -> OAuth2Error | None:
    try:
        authorization.get_consent_grant(asked)
    except OAuth2Error as error:
        return error
    return None


def prompts(asked: AuthorizationRequest) -> set[str]:
    # Separated by spaces alone, as scopes are.
    return set(asked.payload.data.get("prompt", "").split(" ")) - {""}


def recent(asked: AuthorizationRequest, session: Session | None, now: float) -> Session | None:
    """Return the session if the application takes it for recent enough: none is, where a new login is asked for."""
    max_age = asked.payload.data.get("max_age")
    if session is None or (max_age is not None and not session.is_within(int(max_age), now)):
        return None
    return session


def grant(authorization: LocalAuthorizationServer, asked: AuthorizationRequest, session: Session | None) -> Response:
    """Answer for a user who logged in; `None` declined. The answer is Authlib's redirect, errors included."""
    if error := wrong(authorization, asked):
        return refuse(authorization, asked, error)
    if error := not_a_member(asked, session):
        return refuse(authorization, asked, error)
    checked = authorization.get_consent_grant(asked, session)
    return authorization.create_authorization_response(asked, session, grant=checked)  # type: ignore[no-any-return]


def not_a_member(asked: AuthorizationRequest, session: Session | None) -> AccessDenied | None:
    try:
        if session is not None:
            organization_of(asked, session)
    except AccessDenied as error:
        return error
    return None


def refuse(authorization: LocalAuthorizationServer, asked: AuthorizationRequest, error: OAuth2Error) -> Response:
    client = authorization.query_client(asked.payload.client_id)
    error.redirect_uri = asked.payload.redirect_uri or (client and client.get_default_redirect_uri())
    error.redirect_fragment = asked.payload.response_type == "token"
    error.state = asked.payload.state
    return authorization.handle_error_response(asked, error)  # type: ignore[no-any-return]
