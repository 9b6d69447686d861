"""This API as an OAuth resource (RFC 9728)."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

WELL_KNOWN = "/.well-known/oauth-protected-resource"


def metadata_url(resource: str) -> str:
    """Where a resource's metadata stands: the well-known path comes before its own (section 3.1)."""
    url = urlsplit(resource)
    return urlunsplit((url.scheme, url.netloc, WELL_KNOWN + url.path.rstrip("/"), "", ""))
