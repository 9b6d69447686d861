"""A request's head, in which what cannot be read is ignored instead of an error.

Werkzeug parses fields when a route reads them, and lets through errors that a caller can cause: each would be a 500.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, urlsplit

from werkzeug.sansio.request import Request
from werkzeug.utils import cached_property

from ..http_date import parse_date

if TYPE_CHECKING:
    from werkzeug.datastructures import Authorization, Headers

# All of ASCII, so that only what is beyond it gets encoded.
_ASCII = "".join(map(chr, range(128)))

# RFC 9110 section 8.8.3.
_ENTITY_TAG = re.compile(r'(?:W/)?"[^"]*"')

_DATES = frozenset({"date", "if-modified-since", "if-unmodified-since"})


class ReadableHead(Request):
    """Stands between Quart's request and WebSocket, and what both have from Werkzeug."""

    def __init__(
        self,
        method: str,
        scheme: str,
        server: tuple[str, int | None] | None,
        root_path: str,
        path: str,
        query_string: bytes,
        headers: Headers,
        remote_addr: str | None,
    ) -> None:
        ignore_unreadable(headers)
        super().__init__(method, scheme, server, root_path, path, encoded(query_string), headers, remote_addr)

    @cached_property
    def host(self) -> str:
        """The `Host`, or an empty string where it is none, as Werkzeug has it for most of what is none."""
        host = super().host
        try:
            urlsplit(f"//{host}")
        except ValueError:
            return ""
        return host

    @cached_property
    def authorization(self) -> Authorization | None:
        """The `Authorization` that Werkzeug can read. No access token is taken from here."""
        try:
            return super().authorization
        except ValueError:
            return None


def http_date(text: str | None) -> datetime | None:
    """Read a date in UTC; `None` for what is none (RFC 9110 section 5.6.7)."""
    try:
        return None if text is None else datetime.fromtimestamp(parse_date(text, time.time()), UTC)
    except (ValueError, OverflowError):
        return None


def encoded(query: bytes) -> bytes:
    """Percent-encode the bytes of a query that RFC 3986 has no place for, so that each way of reading it works."""
    return query if query.isascii() else quote_from_bytes(query, safe=_ASCII).encode()


def ignore_unreadable(headers: Headers) -> None:
    """Take out the dates that are none, or several, whose fields are to be ignored (RFC 9110 section 13.1).

    An `If-Range` that is no one date or entity tag is true of no representation: its `Range` goes too (13.1.5).
    """
    if not any(name in headers for name in (*_DATES, "if-range")):
        return
    seen, unreadable = set(), set()
    for name, value in headers:
        lower = name.lower()
        if lower in _DATES:
            readable = http_date(value) is not None
        elif lower == "if-range":
            readable = _ENTITY_TAG.fullmatch(value) is not None or http_date(value) is not None
        else:
            continue
        if not readable or lower in seen:
            unreadable.add(lower)
        seen.add(lower)
    if "if-range" in unreadable:
        unreadable.add("range")
    for name in unreadable:
        headers.remove(name)
