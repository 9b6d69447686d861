"""The origin of a URL as a browser writes it: RFC 6454 section 6.1, and the host parser of the URL Standard."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Of regular expressions and shell patterns; brackets are judged where an IPv6 address may have them.
_PATTERN = re.compile(r"[*^$|()\\+{}]")


def origin_of(url: str) -> str:
    """Return the origin of an http(s) URL: host in lower case and ASCII, no default port.

    Raises ValueError where no browser would send such an origin.
    """
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc:
        raise ValueError("it must begin with https:// or http:// and a host, without a user")
    host, port = _host(parts.hostname or ""), parts.port
    if port == 0:
        raise ValueError("0 is not a port")
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def listed_origin(text: str) -> str:
    """Return a listed origin as a browser sends it. Raises ValueError, which says what to do."""
    if text in ("*", "null"):
        # "null" is what a sandboxed frame or a local file sends, so any page can send it.
        raise ValueError("neither * nor null: name each origin")
    if _PATTERN.search(text) or re.search(r"\[(?![0-9A-Fa-f:.]+\])", text):
        raise ValueError("patterns never match, an origin is compared as a whole: name each one, with its host in full")
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() not in _DEFAULT_PORTS:
        raise ValueError("each must begin with https:// (or http://), like https://app.example.com")
    if "@" in rest:
        raise ValueError("an origin has no user name: leave out what stands before the @")
    if re.search(r"[/?#]", rest.removesuffix("/")):
        raise ValueError("an origin has no path: leave out what stands behind the host, as in https://app.example.com")
    try:
        return origin_of(text)
    except ValueError:
        raise ValueError("each must be an origin like https://app.example.com, of a valid host and port") from None


def listed_origins(listed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the origins of a list, each once. Raises ValueError, which tells the place of the wrong one."""
    found = []
    for place, text in enumerate(listed, 1):
        try:
            found.append(listed_origin(text))
        except ValueError as error:
            where = f" (number {place} of the list)" if len(listed) > 1 else ""
            raise ValueError(f"{error}{where}") from None
    return tuple(dict.fromkeys(found))


def _host(host: str) -> str:
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    host = (host if host.isascii() else _ascii(host)).lower()
    name = host.removesuffix(".")
    if not _NAME.fullmatch(name):
        raise ValueError("it is not the name of a host")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        # What ends in a number is an address to a browser, which rewrites 127.1 and 0x7f000001 to 127.0.0.1.
        return str(ipaddress.IPv4Address(name))
    # A browser keeps the dot at the end of a name, and sends it.
    return host


def _ascii(host: str) -> str:
    """Return a host of other letters as DNS has it (RFC 5891)."""
    # Here, since it is rare, and importing httpx takes a tenth of a second.
    import httpx

    try:
        return httpx.URL(f"https://{host}").raw_host.decode("ascii")
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from None
