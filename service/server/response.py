"""Write the head of an answer, and frame its body. Pure functions of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .screening import ALLOWED, is_token

if TYPE_CHECKING:
    from collections.abc import Iterable


class BadResponse(ValueError):
    """The app's answer cannot be written: a defect of the app. The message says which."""


class ResponseHead(NamedTuple):
    """`length` is that of the body, in bytes, or `None` for one that is sent in chunks; `bodiless` says that what the
    app sends as its body is left out; `close` says that no further request is answered."""

    head: bytes
    length: int | None
    bodiless: bool
    close: bool


# RFC 9110 sections 8.6 and 15.3.5, 15.4.5: no body, and no length of one.
_NO_BODY = frozenset({204, 304})

_status_lines: dict[int, bytes] = {}

# Names that were found to be tokens in lower case, as they are written. An app has few; bounded all the same.
_names: dict[bytes, bytes] = {}
_MOST_NAMES = 512

END_OF_CHUNKS = b"0\r\n\r\n"


def write_head(
    status: int,
    headers: Iterable[tuple[bytes, bytes]],
    date: bytes,
    *,
    to_head: bool = False,
    close: bool = False,
    whole: int | None = None,
) -> ResponseHead:
    """Write the head of an answer. Raises BadResponse.

    `to_head` says that the request's method was HEAD; `close` that the connection ends with the answer; `whole` is the
    length of the body where all of it is known, in bytes.
    """
    length = None
    no_body = status in _NO_BODY
    lines = [_status_lines.get(status) or _status_line(status)]
    count = 3
    for raw_name, value in headers:
        name = _names.get(raw_name) or _learn(raw_name)
        if name == b"content-length":
            if not value.isdigit() or length not in (None, int(value)):
                raise BadResponse(f"the answer's Content-Length is {value!r}")
            if no_body or length is not None:
                continue
            length = int(value)
        elif name == b"connection":
            close = close or value.lower() == b"close"
            continue
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked":
                raise BadResponse(f"the answer's Transfer-Encoding is {value!r}")
            continue
        elif name == b"date":
            continue
        lines.append(b"%b: %b\r\n" % (name, value))
        count += 1
    if length is None and not no_body:
        # To HEAD, what would be said to GET (RFC 9110 section 9.3.2): of a body that was not made, only its framing.
        length = None if to_head else whole
        framing = b"transfer-encoding: chunked\r\n" if length is None else b"content-length: %d\r\n" % length
        lines.append(framing)
        count += 1
    if close:
        lines.append(b"connection: close\r\n")
        count += 1
    lines.append(b"date: %b\r\n\r\n" % date)
    head = b"".join(lines)
    # A CR or LF in a value would be a header, or an answer, of the text's own making.
    if not head.count(b"\n") == head.count(b"\r") == count or head.translate(None, ALLOWED):
        raise BadResponse("a header of the answer holds a line break or another control character")
    return ResponseHead(head, 0 if no_body else length, no_body or to_head, close)


def refusal(status: int, headers: Iterable[tuple[bytes, bytes]], date: bytes) -> bytes:
    """Write a whole answer to what is no request: an empty body, and the connection's end."""
    named = [name for name, _ in headers]
    more = [] if b"connection" in named else [(b"connection", b"close")]
    fields = [(b"content-length", b"0"), *more, *headers, (b"date", date)]
    return _status_line(status) + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n"


def chunk(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Frame a part of a body that is sent in chunks (RFC 9112 section 7.1): what stands before it, itself, and what
    stands behind it."""
    return b"%x\r\n" % len(data), data, b"\r\n"


def _learn(raw_name: bytes) -> bytes:
    name = raw_name.lower()
    if not is_token(name):
        raise BadResponse(f"the answer has a header with the name {name!r}")
    if len(_names) >= _MOST_NAMES:
        _names.clear()
    _names[raw_name] = name
    return name


def _status_line(status: int) -> bytes:
    if not 200 <= status <= 999:
        # Below 200, it would be followed by another one.
        raise BadResponse(f"{status} is no status of an answer")
    # RFC 9112 section 4: the reason may be left out, the space before it may not.
    return _status_lines.setdefault(status, b"HTTP/1.1 %d \r\n" % status)
