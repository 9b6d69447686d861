"""What the values of settings may be: each kind says what is wrong with a value, and never the value itself."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from ..auth import ALGORITHMS
from ..public_url import normalised_url, split_url
from ..setting_text import elements

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_HOST = re.compile(
    r"(?=.{1,253}(?::\d+)?$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?"
)


def is_loopback(host: str) -> bool:
    """Whether a host, as it stands in a URL without brackets, can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def split_commas(value: Any) -> Any:
    return elements(value) if isinstance(value, str) else value


def _refuse_plain_http(url: SplitResult) -> None:
    """Raise ValueError for http:// outside the loopback range: who can change keys in transit can sign tokens."""
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise ValueError("http:// is for issuers on the loopback range alone; use https://")


def key_set_address(text: str) -> str:
    """Return the URL of a key set. Raises ValueError where keys must not come from it."""
    url = split_url(text)
    if url is None:
        raise ValueError("it must be an http(s) URL without query and fragment")
    _refuse_plain_http(url)
    return text


def issuer_string(domain: str) -> str:
    """Turn `tenant.us.auth0.com`, or a full URL, into the issuer's string, which ends in "/". Raises ValueError."""
    text = domain if "://" in domain else f"https://{domain.lower()}"
    url = split_url(text)
    if url is None or ("://" not in domain and not _HOST.fullmatch(domain.lower().rstrip("/"))):
        raise ValueError("each must be a domain like tenant.us.auth0.com, or its https:// URL")
    _refuse_plain_http(url)
    return f"{url.scheme}://{url.netloc.lower()}{url.path.rstrip('/')}/"


def issuer_strings(domains: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(issuer_string(domain) for domain in domains))


def http_url(text: str) -> str:
    if split_url(text) is None:
        raise ValueError("it must be an http(s) URL without query and fragment")
    return text


def is_public_url(audience: str) -> bool:
    try:
        normalised_url(audience)
    except ValueError:
        return False
    return True


def algorithm_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if not set(names) <= set(ALGORITHMS):
        raise ValueError(f"each must be one of {' '.join(ALGORITHMS)}; HS256 is not, the API would know the secret")
    return names


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


CommaSeparated = Annotated[tuple[str, ...], BeforeValidator(split_commas), Field(min_length=1)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
