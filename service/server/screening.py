"""Screen the raw head of a request before h11 reads it. Pure functions of bytes.

h11 0.16 takes more than RFC 9112 asks for: bare LF, folded fields, any "HTTP/d.d", `Content-Length` beside
`Transfer-Encoding`. A proxy in front that reads such a head in another way sees other requests than this server does
(request smuggling), so each is refused here, and what is left has one reading.
"""

from __future__ import annotations

import binascii
import ipaddress
import re
from typing import NamedTuple

from wsproto.extensions import PerMessageDeflate
from wsproto.handshake import server_extensions_handshake

from .limits import MAX_FIELDS, MAX_HEAD

_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])")

# RFC 9110 section 5.6.2.
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# White space, visible characters and what is not ASCII (RFC 9110 section 5.5), and the ends of lines.
ALLOWED = bytes((9, 10, 13, *range(32, 127), *range(128, 256)))

# RFC 3986 section 3.2.2 as far as it is met in practice: a name, an IPv6 address in brackets, or nothing; a port.
_HOST = re.compile(
    rb"(?=.{0,255}$)(?:\[([0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?)?(?::[0-9]{0,5})?"
)

# RFC 9112 section 3.2.2; the authority must name a host.
_ABSOLUTE = re.compile(rb"(?i:https?)://((?!:)[^/?#]+)(/[^?]*)?(\?.*)?")

_DIGITS = re.compile(rb"[0-9]{1,18}")


class Screened(NamedTuple):
    """A head that may be read: rewritten to its one meaning, for h11; `websocket` says that it opens a WebSocket."""

    head: bytes
    websocket: bool


class Refused(NamedTuple):
    """What is answered to a head that is no HTTP request of this service."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()


BAD_REQUEST = Refused(400)
TOO_LARGE = Refused(431)
OTHER_VERSION = Refused(505)

# RFC 6455 section 4.4, RFC 9110 section 15.5.22.
OTHER_WEBSOCKET = Refused(
    426, ((b"upgrade", b"websocket"), (b"connection", b"Upgrade, close"), (b"sec-websocket-version", b"13"))
)

Fields = list[tuple[bytes, bytes]]


def valid_host(value: bytes) -> bool:
    """Whether a `Host` is one (RFC 9110 section 7.2); an empty one is."""
    host = _HOST.fullmatch(value)
    if host is None or host[1] is None:
        return host is not None
    try:
        ipaddress.IPv6Address(host[1].decode("ascii"))
    except ValueError:
        return False
    return True


def is_token(text: bytes) -> bool:
    """Whether a text is a token (RFC 9110 section 5.6.2), as the name of a field must be."""
    return _TOKEN.fullmatch(text) is not None


def is_too_large(head: bytes | bytearray) -> bool:
    """Whether a head, or the part of it that has come, has too many bytes or fields. Nothing is parsed for it."""
    return len(head) > MAX_HEAD or head.count(b"\n") > MAX_FIELDS + 2


def cannot_become_good(part: bytes | bytearray) -> Refused | None:
    """Say what is wrong with the part of a head that has come, whatever follows. `None` where nothing is yet."""
    if is_too_large(part):
        return TOO_LARGE
    ends = part.count(b"\r\n")
    lone_cr = part.count(b"\r") - part.endswith(b"\r") != ends
    return BAD_REQUEST if part.count(b"\n") != ends or lone_cr or part.translate(None, ALLOWED) else None


def split_lines(head: bytes) -> list[bytes] | None:
    """Split a head, without its empty line. `None` where a byte is not allowed, or a CR or LF ends no line."""
    if head.translate(None, ALLOWED):
        return None
    lines = head.split(b"\r\n")
    if not head.count(b"\n") == head.count(b"\r") == len(lines) - 1:
        return None
    del lines[-2:]
    return lines


def screen(head: bytes) -> Screened | Refused:
    """Read a head, which ends with its empty line."""
    if is_too_large(head):
        return TOO_LARGE
    lines = split_lines(head)
    if not lines:
        return BAD_REQUEST
    request_line = _REQUEST_LINE.fullmatch(lines[0])
    if request_line is None:
        return BAD_REQUEST
    method, target, major, minor = request_line.groups()
    if major != b"1":
        return OTHER_VERSION
    fields = _fields(lines[1:])
    if fields is None:
        return BAD_REQUEST
    origin = _origin_form(method, target)
    if origin is None:
        return BAD_REQUEST
    target, authority = origin
    modern = minor != b"0"
    if not _has_good_host(fields, required=modern) or not _has_good_length(fields, chunked_allowed=modern):
        return BAD_REQUEST
    if authority is not None:
        # RFC 9112 section 3.2.2: the target's host replaces the field, which must be a good one all the same.
        fields = [(b"Host", authority), *(field for field in fields if field[0].lower() != b"host")]
    websocket = _is_handshake(method, fields)
    if websocket:
        handshake = _handshake(fields) if modern else BAD_REQUEST
        if isinstance(handshake, Refused):
            return handshake
        fields = handshake
    # RFC 9112 section 2.3: a minor version above the one that is known is read as that one.
    version = b"HTTP/1.1" if modern else b"HTTP/1.0"
    line = b"%b %b %b\r\n" % (method, target, version)
    return Screened(line + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n", websocket)


def screen_trailers(section: bytes) -> Refused | None:
    """Read the trailer section of a chunked body, which ends with its empty line. `None` where it may be ignored."""
    if is_too_large(section):
        return TOO_LARGE
    lines = split_lines(section)
    return BAD_REQUEST if lines is None or _fields(lines) is None else None


def _fields(lines: list[bytes]) -> Fields | None:
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        # Neither a name followed by white space nor a folded line is a token.
        if not colon or not is_token(name):
            return None
        fields.append((name, value.strip(b" \t")))
    return fields


def _origin_form(method: bytes, target: bytes) -> tuple[bytes, bytes | None] | None:
    """Return the target as a path with its query, and the host that an absolute one names."""
    if method == b"CONNECT":
        return None
    if target.startswith(b"/") or (target == b"*" and method == b"OPTIONS"):
        return target, None
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or not valid_host(absolute[1]):
        return None
    return (absolute[2] or b"/") + (absolute[3] or b""), absolute[1]


def _values(fields: Fields, wanted: bytes) -> list[bytes]:
    return [value for name, value in fields if name.lower() == wanted]


def _tokens(fields: Fields, wanted: bytes) -> list[bytes]:
    """Read a list, which may stand in several lines (RFC 9110 section 5.6.1)."""
    elements = (element.strip(b" \t") for value in _values(fields, wanted) for element in value.split(b","))
    return [element for element in elements if element]


def _has_good_host(fields: Fields, *, required: bool) -> bool:
    hosts = _values(fields, b"host")
    return len(hosts) == 1 and valid_host(hosts[0]) if hosts else not required


def _has_good_length(fields: Fields, *, chunked_allowed: bool) -> bool:
    lengths, codings = _values(fields, b"content-length"), _values(fields, b"transfer-encoding")
    if codings:
        # RFC 9112 section 6.1.
        return chunked_allowed and not lengths and len(codings) == 1 and codings[0].lower() == b"chunked"
    return not lengths or (len(lengths) == 1 and _DIGITS.fullmatch(lengths[0]) is not None)


def _is_handshake(method: bytes, fields: Fields) -> bool:
    return (
        method == b"GET"
        and any(token.lower() == b"websocket" for token in _tokens(fields, b"upgrade"))
        and any(token.lower() == b"upgrade" for token in _tokens(fields, b"connection"))
    )


def _handshake(fields: Fields) -> Fields | Refused:
    """Check the opening handshake (RFC 6455 section 4.2.1), and write it in the form that Hypercorn reads.

    Extensions are left out: none is offered. A compressed frame of 63 KB would inflate to 62 MiB.
    """
    versions, keys = _values(fields, b"sec-websocket-version"), _values(fields, b"sec-websocket-key")
    protocols = _tokens(fields, b"sec-websocket-protocol")
    if len(versions) != 1 or _values(fields, b"transfer-encoding"):
        return BAD_REQUEST
    if versions[0] != b"13":
        # Before the key, which other versions have in other forms.
        return OTHER_WEBSOCKET
    if len(keys) != 1 or any(length.strip(b"0") for length in _values(fields, b"content-length")):
        return BAD_REQUEST
    if not _is_key(keys[0]) or not all(map(is_token, protocols)) or not _has_readable_extensions(fields):
        return BAD_REQUEST
    rewritten = (b"connection", b"upgrade", b"sec-websocket-protocol", b"sec-websocket-extensions", b"content-length")
    kept = [(name, value) for name, value in fields if name.lower() not in rewritten]
    kept += [(b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
    if protocols:
        kept.append((b"sec-websocket-protocol", b", ".join(protocols)))
    return kept


def _has_readable_extensions(fields: Fields) -> bool:
    try:
        offers = [offer.decode("ascii") for offer in _tokens(fields, b"sec-websocket-extensions")]
        server_extensions_handshake(offers, [PerMessageDeflate()])
    except ValueError:
        return False
    return True


def _is_key(value: bytes) -> bool:
    try:
        return len(binascii.a2b_base64(value, strict_mode=True)) == 16
    except binascii.Error:
        return False
