"""This API as an OAuth resource (RFC 9728)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit

from ..public_url import normalised_url

if TYPE_CHECKING:
    from .requests import ApiRequest

WELL_KNOWN = "/.well-known/oauth-protected-resource"


@cache
def metadata_url(resource: str) -> str:
    """Where a resource's metadata stands: the well-known path comes before its own (section 3.1).

    An audience may be spelt as no client would ask for it, with dot segments.
    """
    url = urlsplit(normalised_url(resource))
    return urlunsplit((url.scheme, url.netloc, WELL_KNOWN + url.path, "", ""))


def asks_for_metadata(request: ApiRequest, resource: str) -> bool:
    """Whether a request's target is the address of a resource's metadata, or that of a resource without a path.

    The target is split and then decoded, so that what is encoded in the one may stand plainly in the other, but %2F
    separates nothing.
    """
    asked = _segments(request.scope["raw_path"].decode("latin-1"))
    return asked in (_segments(WELL_KNOWN), _segments(urlsplit(metadata_url(resource)).path))


def _segments(path: str) -> list[bytes]:
    return [unquote_to_bytes(segment) for segment in path.split("/")]
