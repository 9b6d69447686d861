"""What Auth0 calls things: clients, organizations, and the audiences of an API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..setting_text import QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterable


def checked_client_id(text: str) -> str:
    """Return a client id as it is. Raises ValueError.

    RFC 6749 appendix A.1, without what is a mistake rather than a part of an id: white space and quotes.
    """
    if not re.fullmatch(r"[!-~]+", text) or any(quote in text for quote in QUOTES):
        raise ValueError(
            "it is not a client id, which is of ASCII letters, digits and marks, without spaces and quotes"
        )
    return text


def client_ids(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return client ids as they are, each once. Raises ValueError."""
    return tuple(dict.fromkeys(map(checked_client_id, names)))


def organization_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return ids and names of organizations as they are, each once. Raises ValueError.

    Auth0 makes ids of `org_`, letters and digits, and takes names of small letters, digits, `-` and `_`.
    """
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", name):
            raise ValueError("each must be an organization's id (org_…) or its name, of letters, digits, - and _")
    return tuple(dict.fromkeys(names))


def audience_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the audiences, each once. Raises ValueError."""
    if any(name.startswith(QUOTES) or name.endswith(QUOTES) for name in names):
        raise ValueError("it begins or ends with a quotation mark, which no identifier does; take all of them off")
    return tuple(dict.fromkeys(names))


def would_take_id_tokens(audiences: Iterable[str], client: str | None) -> str | None:
    """Say why tokens that were not meant for an API would be accepted with these audiences, if they would.

    An ID token's `aud` is the client, and /userinfo stands in every access token that asked for `openid`. Spellings
    that differ in case or at the end alone are refused too: they are the same mistake.
    """
    for audience in audiences:
        if client is not None and audience.casefold() == client.casefold():
            return "it equals AUTH0_CLIENT_ID, so ID tokens would be accepted; use your API's identifier"
        path = unquote(re.split(r"[?#]", audience, maxsplit=1)[0])
        if path.casefold().rstrip("/").endswith("/userinfo"):
            return "it ends in /userinfo, which is the tenant's own; use your API's identifier"
    return None
