"""Claims and header members as a person writes them: `name=value`, or a JSON object in a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..auth import strict_json
from .errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterable

# RFC 7519 section 4.1 and RFC 7515 section 4.1.4 want text in them, also where it looks like a number.
_ALWAYS_TEXT = frozenset({"iss", "sub", "jti", "kid"})


def read_members(texts: Iterable[str]) -> dict[str, Any]:
    """Read texts of the form `name=value`; what reads as JSON is taken as such. Raises Unusable."""
    members: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise Unusable("Write a member as name=value, for example sub=me or admin=true.")
        if name in members:
            raise Unusable(f"{name} is given twice; a member's name must be unique (RFC 7519 section 4).")
        members[name] = _value(name, value)
    return members


def read_payload(data: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises Unusable."""
    try:
        return strict_json.loads_object(data)
    except ValueError as error:
        raise Unusable(f"The payload cannot be used: {error}.") from None


def _value(name: str, text: str) -> Any:
    if name in _ALWAYS_TEXT:
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    # An audience is a text or a list of texts (RFC 7519 section 4.1.3).
    if name == "aud" and not isinstance(value, list):
        return text
    try:
        # Python's own reader has let pass what must not be in a token.
        return strict_json.loads_object(b'{"value":%b}' % text.encode("utf-8", "surrogatepass"))["value"]
    except ValueError as error:
        raise Unusable(f"The value of {name} cannot be used: {error}.") from None
