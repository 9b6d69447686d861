"""Read the head of a plain request: a strict subset of what h11 takes, in one pass. Pure functions of bytes.

Nothing is decided here. A head that is not plain goes to Hypercorn's connection as it is, and what is wrong with it is
told there.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .screening import is_token, is_too_large, split_lines, valid_host

_REQUEST_LINE = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[!-\"$->@-~]*)(?:\?([!-\"$-~]*))? HTTP/1\.1")

# What asks for more than a plain answer.
_NOT_PLAIN = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer", b"http2-settings"})

# Most names are met again and again: checked once, and lower-cased. Bounded, since they are the clients' text.
_known_names: dict[bytes, bytes] = {}
_MOST_KNOWN = 512
_LONGEST_KNOWN = 64

_known_hosts: set[bytes] = set()
_MOST_HOSTS = 64


class PlainHead(NamedTuple):
    """`raw_path` and `query` are as sent; names of `headers` are lower-case; `length` is that of the body, in bytes;
    `close` says that the client wants no further request to be answered."""

    method: str
    raw_path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    length: int
    close: bool


def read(head: bytes) -> PlainHead | None:
    """Read a head, which ends with its empty line. `None` where it is not plain."""
    lines = None if is_too_large(head) else split_lines(head)
    if not lines:
        return None
    request_line = _REQUEST_LINE.fullmatch(lines[0])
    if request_line is None:
        return None
    headers = []
    host = length = None
    close = False
    for line in lines[1:]:
        raw_name, colon, value = line.partition(b":")
        name = _known_names.get(raw_name) or _learn_name(raw_name)
        if not colon or not name or name in _NOT_PLAIN:
            return None
        value = value.strip(b" \t")
        headers.append((name, value))
        if name == b"host":
            if host is not None or not _is_good_host(value):
                return None
            host = value
        elif name == b"content-length":
            if length is not None or not value.isdigit() or len(value) > 18:
                return None
            length = int(value)
        elif name == b"connection":
            value = value.lower()
            if value == b"close":
                close = True
            elif value != b"keep-alive":
                return None
    if host is None:
        return None
    method, raw_path, query = request_line.groups()
    return PlainHead(method.decode("ascii"), raw_path, query or b"", headers, length or 0, close)


def _learn_name(raw: bytes) -> bytes:
    """Lower-case a field's name; empty where it is none."""
    if len(raw) > _LONGEST_KNOWN or not is_token(raw):
        return b""
    if len(_known_names) >= _MOST_KNOWN:
        _known_names.clear()
    name = _known_names[raw] = raw.lower()
    return name


def _is_good_host(value: bytes) -> bool:
    if value in _known_hosts:
        return True
    if not valid_host(value):
        return False
    if len(_known_hosts) >= _MOST_HOSTS:
        _known_hosts.clear()
    _known_hosts.add(value)
    return True
