"""The claims that a developer adds to a token at `/local/token`, as an Action of Auth0 would."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError

from ..auth import strict_json

RESERVED = frozenset({
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "azp", "client_id", "gty", "act", "cnf", "org_id", "org_name",
})  # fmt: skip
"""What says who the token is from and for, for how long, and what it is bound to. The issuer alone sets it."""


def read(text: str | None) -> dict[str, Any]:
    """Read the parameter `claims`, a JSON object. Raises InvalidRequestError."""
    if text is None:
        return {}
    try:
        given = strict_json.loads_object(text.encode())
    except ValueError as error:
        raise InvalidRequestError(f"claims cannot be read: {error}.") from None
    if reserved := sorted(RESERVED & given.keys()):
        hint = " Use organization." if reserved[0].startswith("org_") else ""
        raise InvalidRequestError(f"The claim {reserved[0]} is set by the issuer alone.{hint}")
    return given
