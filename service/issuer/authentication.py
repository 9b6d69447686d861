"""How a client authenticates (RFC 6749 section 2.3): in one way, or not at all where it is public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.util import extract_basic_authorization

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .clients import Client
    from .parameters import AuthorizationRequest

METHODS = ("none", "client_secret_basic", "client_secret_post")
"""As the metadata names them (RFC 7591 section 2); `none` is what a public client does."""


def check_credentials(asked: AuthorizationRequest, methods: Sequence[str]) -> None:
    """Refuse credentials that contradict each other, or that Authlib would overlook since `methods` lacks their way.

    Raises InvalidRequestError or InvalidClientError.
    """
    headers, data = asked.headers.getlist("Authorization"), asked.payload.data
    if len(headers) > 1:
        raise InvalidRequestError("There are two Authorization headers.")
    basic = any(header.lower().startswith("basic ") for header in headers)
    asserted = "client_assertion" in data or "client_assertion_type" in data
    if basic + asserted + ("client_secret" in data) > 1:
        # RFC 6749 section 2.3: a client must not use more than one method in a request.
        raise InvalidRequestError("The client authenticates in more than one way. Send its secret once.")
    if asserted:
        raise InvalidClientError("This issuer takes no client_assertion.", status_code=401)
    if basic:
        _check_basic(asked, methods)


def _check_basic(asked: AuthorizationRequest, methods: Sequence[str]) -> None:
    try:
        client_id, secret = extract_basic_authorization(asked.headers)
    except ValueError:
        # What is no text escapes Authlib.
        raise InvalidClientError("The Authorization header cannot be read.", status_code=401) from None
    if asked.payload.client_id and client_id and client_id != asked.payload.client_id:
        raise InvalidRequestError("client_id is not that of the Authorization header.")
    if secret and "client_secret_basic" not in methods:
        raise InvalidClientError("This grant is for public clients, which have no secret to send.", status_code=401)


def check_way(asked: AuthorizationRequest, methods: Sequence[str], clients: Mapping[str, Client]) -> None:
    """Refuse a client that does not authenticate as it has to here, with the reason, which Authlib does not tell.

    Raises InvalidClientError.
    """
    # As Authlib has it: 401 where the client could have used HTTP authentication (RFC 6749 section 5.2).
    status = 401 if "client_secret_basic" in methods else 400
    basic_id, basic_secret = extract_basic_authorization(asked.headers)
    client_id = asked.payload.client_id or basic_id
    if not client_id:
        raise InvalidClientError("client_id is missing.", status_code=status)
    client = clients.get(client_id)
    if client is None:
        return
    sent = bool(basic_secret or asked.payload.data.get("client_secret"))
    if client.secret is None and methods == ("client_secret_basic", "client_secret_post"):
        raise InvalidClientError("This grant is for clients with a secret. This client is public.", status_code=status)
    if client.secret is None and sent:
        raise InvalidClientError("This client is public, and has no secret to send.", status_code=status)
    if client.secret is not None and "client_secret_post" not in methods:
        raise InvalidClientError("This grant is for public clients. This client has a secret.", status_code=status)
    if client.secret is not None and not sent:
        raise InvalidClientError("client_secret is missing.", status_code=status)
