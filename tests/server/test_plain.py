"""What the plain path takes is a subset of HTTP/1.1 on which all agree."""

from __future__ import annotations

import itertools
import random
from typing import Any

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.server import plain
from service.server.limits import MAX_FIELDS, MAX_HEAD
from service.server.screening import Screened, screen

BODY = b"12345678GET /body HTTP/1.1\r\nHost: a\r\n\r\n"


def head(*lines: bytes, line: bytes = b"GET /a?b HTTP/1.1", host: bytes | None = b"Host: a") -> bytes:
    return b"\r\n".join([line, *([host] if host is not None else []), *lines, b"", b""])


def test_a_plain_head_is_read() -> None:
    raw = head(b"X-Y:  z ", b"x-y:\t\xff", b"Content-Length: 05", b"Connection: Close", b"Empty:")
    assert plain.read(raw) == plain.PlainHead(
        "GET",
        b"/a",
        b"b",
        [
            (b"host", b"a"),
            (b"x-y", b"z"),
            (b"x-y", b"\xff"),
            (b"content-length", b"05"),
            (b"connection", b"Close"),
            (b"empty", b""),
        ],
        5,
        True,
    )
    for line, expected in (
        (b"GET / HTTP/1.1", (b"/", b"")),
        (b"GET /? HTTP/1.1", (b"/", b"")),
        (b"GET /a?b?c HTTP/1.1", (b"/a", b"b?c")),
        (b"GET //a/%2F%zz HTTP/1.1", (b"//a/%2F%zz", b"")),
    ):
        read = plain.read(head(line=line))
        assert read is not None
        assert (read.raw_path, read.query, read.length, read.close) == (*expected, 0, False)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        read = plain.read(head(line=f"{method} / HTTP/1.1".encode()))
        assert read is not None
        assert read.method == method


@pytest.mark.parametrize(
    "raw",
    [
        *(head(line=line) for line in (
            b"gEt / HTTP/1.1", b"delete / HTTP/1.1", b"PROPFIND / HTTP/1.1", b"CONNECT a:80 HTTP/1.1", b"GET http://a/ HTTP/1.1", b"OPTIONS * HTTP/1.1",
            b"GET a HTTP/1.1", b"GET /#x HTTP/1.1", b"GET /\xff HTTP/1.1", b"GET / HTTP/1.0", b"GET / HTTP/1.2", b"GET / HTTP/2.0", b"GET / HTTP/1.1 ", b"GET  / HTTP/1.1",
        )),
        *(head(line) for line in (
            b"Transfer-Encoding: chunked", b"Expect: 100-continue", b"Upgrade: h2c", b"TE: trailers", b"Trailer: X", b"HTTP2-Settings: x", b"Connection: Upgrade",
            b"Connection: close, TE", b"Connection:", b"Host: a", b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length:", b"Content-Length: 5,5", b"Content-Length: +5",
            b"Content-Length: -5", b"Content-Length: 0x5", b"Content-Length: " + b"0" * 19, b"X : y", b" X: y", b"X", b": y", b"X: \0", b"X: \x7f", b"X: a\rb", b"X: a\nY: b", b" folded",
        )),
        *(head(host=host) for host in (None, b"Host: a b", b"Host: [", b"Host: a,b", b"Host: \xff")),
        head(*[b"X: y"] * MAX_FIELDS),
        head(b"X: " + b"a" * MAX_HEAD),
        head().replace(b"\r\n", b"\n"),
        b"\r\n",
        b"\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left(raw: bytes) -> None:
    assert plain.read(raw) is None


def test_what_is_remembered_of_clients_is_bounded() -> None:
    for number in range(3_000):
        assert plain.read(head(b"X-%d: y" % number, host=b"Host: a%d" % number)) is not None
    assert len(plain._known_names) <= plain._MOST_KNOWN
    assert len(plain._known_hosts) <= plain._MOST_HOSTS
    # Nothing that is no name, or no host, has been learnt.
    assert plain.read(head(b"X Y: z")) is None
    assert plain.read(head(b"X Y: z")) is None
    assert plain.read(head(host=b"Host: a b")) is None
    assert plain.read(head(host=b"Host: a b")) is None


# Against h11


def by_h11(stream: bytes) -> tuple[Any, ...] | None:
    """Read a request with its body, and what is left after it; `None` where h11 takes its head for wrong."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=4 * MAX_HEAD)
    connection.receive_data(stream)
    try:
        request = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(request, h11.Request):
        return None
    headers = [(bytes(name), bytes(value)) for name, value in request.headers]
    body = b""
    try:
        while isinstance(event := connection.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError:
        return request.method, bytes(request.target), headers, "broken"
    close = connection.their_state is h11.MUST_CLOSE
    rest = connection.trailing_data[0] if isinstance(event, h11.EndOfMessage) else None
    return request.method, bytes(request.target), headers, body, rest, close


def by_plain(stream: bytes) -> tuple[Any, ...] | None:
    length = stream.find(b"\r\n\r\n") + 4
    read = plain.read(stream[:length]) if length >= 4 else None
    if read is None:
        return None
    target = read.raw_path + (b"?" + read.query if b"?" in stream.partition(b"\r\n")[0] else b"")
    body, rest = stream[length : length + read.length], stream[length + read.length :]
    whole = len(body) == read.length
    return read.method.encode(), target, read.headers, body, rest if whole else None, read.close and whole


LINES = [
    b"GET / HTTP/1.1", b"POST /a?b HTTP/1.1", b"HEAD //a/%2f HTTP/1.1", b"OPTIONS * HTTP/1.1", b"DELETE http://a/b HTTP/1.1", b"GET / HTTP/1.0", b"gEt / HTTP/1.1",
    b"PUT /a?b?c%20 HTTP/1.1", b"PATCH /a;b=c,d HTTP/1.1", b"GET /\"<>\\^`{|} HTTP/1.1", b"GET /a#b HTTP/1.1", b"GET /? HTTP/1.1",
]  # fmt: skip
FIELDS = [
    b"Host: a", b"host: b:80", b"HOST: [::1]", b"Content-Length: 8", b"content-length: 0", b"Content-Length: 008", b"Connection: close", b"connection: Keep-Alive",
    b"Connection: close, x", b"X: y", b"X:y", b"X:\t y \t", b"X:", b"X: \xe4", b"X: a  b", b"Authorization: Bearer a.b.c", b"Transfer-Encoding: chunked", b"Expect: 100-continue",
    b"Cookie: a=b; c=d", b"Accept: */*", b"X-Forwarded-For: 1.2.3.4, 5.6.7.8", b"!#$%&'*+-.^_`|~: y", b"Upgrade: h2c", b"Keep-Alive: 5", b"Proxy-Connection: close",
]  # fmt: skip
ODD = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b",", b"\0", b"\x0b", b"\x0c", b"\x85", b"\xa0", b"Content-Length: 3\r\n", b"Host: c\r\n", b" folded\r\n", b"+", b"-", b"0x", b"1", b"/",
    b"?", b"#", b"%", b"HTTP/1.1", b"Transfer-Encoding: chunked\r\n", b"close", b"\xff", b"\x7f", b"\"", b"_", b"X", b"\r\n\r\n",
]  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """A head that is nearly plain, changed in some places, with bytes after it."""
    lines = [draw(st.sampled_from(LINES)), *draw(st.lists(st.sampled_from(FIELDS), max_size=5))]
    if draw(st.booleans()):
        lines.insert(1, b"Host: a")
    stream = b"\r\n".join([*lines, b"", b""])
    for _ in range(draw(st.integers(0, 3))):
        at, gone = draw(st.integers(0, len(stream))), draw(st.integers(0, 2))
        stream = stream[:at] + draw(st.sampled_from([b"", *ODD])) + stream[at + gone :]
    return stream + draw(st.sampled_from([b"", BODY, BODY[:5]]))


def compare(stream: bytes) -> bool:
    """Compare the readings of a stream, and tell whether it was plain."""
    length = stream.find(b"\r\n\r\n") + 4
    read = by_plain(stream)
    if read is not None:
        assert read == by_h11(stream)
    if length >= 4:
        screened = screen(stream[:length])
        if read is not None:
            assert isinstance(screened, Screened)
            assert not screened.websocket
        if isinstance(screened, Screened):
            before, after = by_h11(stream), by_h11(screened.head + stream[length:])
            assert after is not None
            if before is not None and b"://" not in stream[:length]:
                # The version alone may be another. White space around values is gone.
                assert before == after
    return read is not None


@settings(max_examples=300, deadline=None)
@given(streams())
def test_h11_reads_the_same(stream: bytes) -> None:
    compare(stream)


def test_h11_reads_the_same_of_many_heads() -> None:
    chance = random.Random(11)
    plain_ones = 0
    for _ in range(8_000):
        lines = [chance.choice(LINES), b"Host: a", *chance.choices(FIELDS, k=chance.randrange(5))]
        stream = b"\r\n".join([*lines, b"", b""])
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(stream) + 1)
            stream = stream[:at] + chance.choice(ODD) + stream[at + chance.randrange(3) :]
        plain_ones += compare(stream + chance.choice([b"", BODY, BODY[:5]]))
    assert plain_ones > 1_000


def test_each_byte_at_each_place_is_read_alike() -> None:
    raw = head(b"Content-Length: 8", b"Connection: close", b"X: y", line=b"POST /a?b HTTP/1.1") + BODY
    plain_ones = 0
    # One of each kind, and all that a grammar names.
    values = [*range(65), 71, *range(91, 98), 103, *range(122, 130), 0x85, 0xA0, 255]
    for at, byte in itertools.product(range(raw.index(BODY)), values):
        plain_ones += compare(raw[:at] + bytes((byte,)) + raw[at + 1 :])
    assert plain_ones > 1_000
