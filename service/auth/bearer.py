"""Where a request brings its access token: RFC 6750 section 2.1, and nowhere else.

Not the query (section 2.3 warns of it), not the body, not a cookie: each of them ends up in places where a
token must not be, or is sent by a browser without being asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .errors import AuthorizationMissing, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

# RFC 9110 section 11.4: scheme, spaces, credentials. A tab is tolerated nowhere in it.
_SCHEME = re.compile(r"[^ \t]*")
_CREDENTIALS = re.compile(r" +([^ \t]+) *")

SUBPROTOCOL = "bearer"
"""The WebSocket subprotocol that says: the next one is the token."""


def from_authorization(values: Sequence[str]) -> str:
    """Return the token of a request's `Authorization` header fields.

    Raises AuthorizationMissing without one, InvalidRequest for several or a malformed one.
    """
    if not values:
        raise AuthorizationMissing('Send an access token: "Authorization: Bearer <token>".')
    if len(values) > 1:
        # Two readers would take different ones.
        raise InvalidRequest("The request has more than one Authorization header.")
    value = values[0]
    scheme = _SCHEME.match(value)
    if scheme is None or scheme.group().lower() != "bearer":
        raise AuthorizationMissing("The Authorization header is not of the Bearer scheme.")
    credentials = _CREDENTIALS.fullmatch(value, scheme.end())
    if credentials is None:
        raise InvalidRequest('The Authorization header must be "Bearer", a space and one token.')
    return credentials.group(1)


def from_handshake(authorization: Sequence[str], subprotocols: Sequence[str]) -> str:
    """Return the token of a WebSocket handshake.

    A browser cannot set `Authorization` there, so the token may be the second of two subprotocols:
    `new WebSocket(url, ["bearer", token])`.
    """
    if not subprotocols or subprotocols[0] != SUBPROTOCOL:
        return from_authorization(authorization)
    if authorization:
        # RFC 6750 section 2: one method for each request.
        raise InvalidRequest("Send the token in the Authorization header or as a subprotocol, not as both.")
    if len(subprotocols) != 2 or not subprotocols[1]:
        raise InvalidRequest('The subprotocols must be "bearer" and one token.')
    return subprotocols[1]
