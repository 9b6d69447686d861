"""The compact form of a JSON Web Signature (RFC 7515 section 7.1), taken apart and not yet trusted."""

from __future__ import annotations

from typing import NamedTuple

from . import base64url, strict_json
from .errors import InvalidToken

MAX_BYTES = 8192
"""Longest token that is looked at. Auth0's are under 2,000 bytes; HTTP servers take 8 to 16 KiB of headers."""

# RFC 8725 section 3.11, RFC 9068 section 4. Auth0's default dialect says "JWT", its RFC 9068 dialect
# "at+jwt". Other kinds of token say something else: "logout+jwt", "dpop+jwt", "secevent+jwt".
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})

# The commonest beginner's failure with Auth0, see the README's "Connect a real tenant".
_WITHOUT_AUDIENCE = "when the request for it had no audience: ask again with this API's identifier as the audience."


class UnverifiedHeader(NamedTuple):
    algorithm: str
    key_id: str


class UnverifiedJWS(NamedTuple):
    """`signing_input` is ASCII(header.payload) of RFC 7515 section 5.2; payload and signature are decoded."""

    header_segment: bytes
    header: UnverifiedHeader
    signing_input: bytes
    payload: bytes
    signature: bytes


class KnownHeaders:
    """Header segments that verified tokens had, so that each is read once: a tenant's tokens share theirs.

    Only what was verified is kept, so nobody else can fill it; a tenant signs with one key at a time, so a
    handful is all there is.
    """

    _MAX = 64

    def __init__(self) -> None:
        self._headers: dict[bytes, UnverifiedHeader] = {}
        self.get = self._headers.get

    def remember(self, verified: UnverifiedJWS) -> None:
        if verified.header_segment not in self._headers and len(self._headers) < self._MAX:
            self._headers[verified.header_segment] = verified.header


def parse(token: str, known_headers: KnownHeaders) -> UnverifiedJWS:
    """Take a token apart.

    Raises InvalidToken for whatever is not one canonical compact JWS with a header that may be used here.
    """
    if type(token) is not str or len(token) > MAX_BYTES or not token.isascii():
        raise InvalidToken(f"A token is ASCII text of at most {MAX_BYTES} bytes.")
    encoded = token.encode("ascii")
    # The compact form is base64url characters and two dots, nothing else. Deleting the ones to be left with
    # the others is one pass in C; a regular expression takes four times as long, which callers would pay.
    if encoded.translate(None, base64url.ALPHABET) != b"..":
        raise InvalidToken(_explain_shape(token))
    signing_input, _, signature_segment = encoded.rpartition(b".")
    header_segment, _, payload_segment = signing_input.partition(b".")
    if not header_segment or not signature_segment:
        raise InvalidToken("The token has no header, or no signature.")
    header = known_headers.get(header_segment)
    if header is None:
        header = read_header(header_segment)
    try:
        payload = base64url.decode(payload_segment)
        signature = base64url.decode(signature_segment)
    except ValueError:
        raise InvalidToken("A part of the token is not canonical base64url.") from None
    return UnverifiedJWS(header_segment, header, signing_input, payload, signature)


def read_header(segment: bytes) -> UnverifiedHeader:
    """Read a header segment. Raises InvalidToken.

    What the header says about where keys are (`jku`, `x5u`, `jwk`, `x5c`) is neither read nor fetched: the
    token's author must not choose the key (RFC 8725 section 3.10).
    """
    try:
        members = strict_json.loads_object(base64url.decode(segment))
    except ValueError as error:
        raise InvalidToken(f"The token's header cannot be read: {error}.") from None
    # RFC 7515 section 4.1.11: an extension that is not understood must be refused, and none is here.
    # RFC 7797 section 3: "b64" changes what is signed.
    if "crit" in members or "b64" in members:
        raise InvalidToken("The token's header asks for an extension that is not supported.")
    if "typ" in members:
        kind = members["typ"]
        # RFC 2045 section 5.1: media types are compared without regard to case.
        if type(kind) is not str or not kind.isascii() or kind.lower() not in _TYPES:
            raise InvalidToken("The token is of another kind: its header's typ is not that of an access token.")
    algorithm, key_id = members.get("alg"), members.get("kid")
    if type(algorithm) is not str:
        raise InvalidToken("The token's header names no algorithm.")
    if type(key_id) is not str:
        raise InvalidToken("The token's header names no key.")
    return UnverifiedHeader(algorithm, key_id)


def _explain_shape(token: str) -> str:
    dots = token.count(".")
    if dots == 4:
        return (
            "The token is encrypted (JWE). Only signed tokens (JWS) are accepted. Auth0 issues one where the API's "
            f"settings ask for encryption, which has to be off, and one for itself alone {_WITHOUT_AUDIENCE}"
        )
    if token.lstrip()[:1] == "{":
        return "The token is in JSON form. Only the compact form is accepted."
    if dots == 2:
        return "The token holds a character that is not base64url."
    return f"The token is not a JWT. Auth0 issues an opaque token {_WITHOUT_AUDIENCE}"
