"""Where callers reach the API, in the one spelling that challenges and metadata name (RFC 3986 section 6)."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from .http_origin import origin_of

# RFC 3986 section 3.3: a segment's characters, and well-formed percent-encoding.
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
_KEPT = "!$&'()*+,;=:@"


def split_url(text: str) -> SplitResult | None:
    """Parse an absolute http(s) URL of scheme, host, port and path; `None` for anything else."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return None
    if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
        return None
    return None if url.query or url.fragment or text.endswith(("?", "#")) else url


def normalised_url(text: str) -> str:
    """Return the URL normalised, without a "/" at its end.

    Scheme and host in small letters, no default port, percent-encoding in capitals and only where it is needed, no dot
    segments. Raises ValueError for what is no URL, and for a path that could not be asked for as it stands.
    """
    url = split_url(text)
    if url is None:
        raise ValueError("it must be an http(s) URL without query and fragment")
    try:
        origin = origin_of(text)
    except ValueError:
        raise ValueError("its host must be a name or an address, as in https://api.example.com") from None
    return f"{origin}{_path(url.path)}"


def _path(path: str) -> str:
    kept: list[str] = []
    for segment in path.rstrip("/").split("/")[1:]:
        if not _SEGMENT.fullmatch(segment):
            raise ValueError("its path must be in the characters of a URL; write others like %20 or %22, and // as /")
        plain = unquote_to_bytes(segment)
        if any(byte < 32 or byte == 127 for byte in plain):
            raise ValueError("its path must not hold control characters, not even percent-encoded")
        # RFC 3986 section 5.2.4.
        if plain == b"..":
            kept = kept[:-1]
        elif plain != b".":
            kept.append(quote(plain, safe=_KEPT))
    return "".join(f"/{segment}" for segment in kept)
