"""What reaches the app of what a client sends, and what is answered below it: with the plain path and without."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import ssl
import time
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect

from service.server.screening import screen

from .echo import GET, GET_AND_CLOSE, Echo, exchange, serving, split, statuses

HANDSHAKE = (
    b"GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
FRAME = b"\x81\x85\0\0\0\0hello"
FRAME_BACK = b"\x81\x05hello"


@pytest.fixture(params=[True, False], ids=["plain", "hypercorn"])
def plain(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def app() -> Echo:
    return Echo()


@pytest.fixture
async def port(app: Echo, plain: bool) -> AsyncIterator[int]:
    async with serving(app, plain=plain) as port:
        yield port


def request(*lines: bytes, line: bytes = b"GET / HTTP/1.1", body: bytes = b"") -> bytes:
    return b"\r\n".join([line, b"Host: a", *lines, b"", body])


# Refusals

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = (b"Connection: Upgrade", b"Upgrade: websocket")

REFUSED = {
    "a length and a coding": (400, request(b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
    "a coding in 1.0": (400, request(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0", body=b"0\r\n\r\n")),
    "bare LF": (400, GET.replace(b"\r\n", b"\n")),
    "bare LF in a field": (400, request(b"X: y\nZ: a")),
    "bare CR": (400, request(b"X: y\rZ: a")),
    "a folded field": (400, request(b"X: y", b" z")),
    "a folded field, first": (400, b"GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n"),
    "white space before a colon": (400, request(b"Content-Length : 5")),
    "two lengths": (400, request(b"Content-Length: 0", b"Content-Length: 0")),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": (400, request(b"Host: a")),
    "a target without a slash": (400, request(line=b"GET api/public HTTP/1.1")),
    "another scheme": (400, request(line=b"GET ftp://a/ HTTP/1.1")),
    "no host in a URL": (400, request(line=b"GET http:///api/public HTTP/1.1")),
    "CONNECT": (400, request(line=b"CONNECT a:80 HTTP/1.1")),
    "no request line": (400, b"hello\r\n\r\n"),
    "HTTP/0.9": (505, request(line=b"GET / HTTP/0.9")),
    "HTTP/2.0": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
    "HTTP/9.9": (505, b"GET / HTTP/9.9\r\n\r\n"),
    "a handshake as 2.0": (505, HANDSHAKE.replace(b"HTTP/1.1", b"HTTP/2.0") + FRAME),
    "a handshake as 1.0": (400, HANDSHAKE.replace(b"HTTP/1.1", b"HTTP/1.0") + FRAME),
    "1.2 without a host": (400, b"GET / HTTP/1.2\r\n\r\n"),
    "101 fields": (431, request(*[b"X: y"] * 100)),
    "5,451 fields": (431, request(*[b"a:"] * 5_450)),
    "101 fields, not ended": (431, request(*[b"X: y"] * 103).removesuffix(b"\r\n\r\n")),
    "33 KB": (431, request(b"X: " + b"a" * 33_000)),
    "33 KB, not ended": (431, b"GET /" + b"a" * 33_000),
    "another version of WebSocket": (426, request(*UPGRADE, KEY, b"Sec-WebSocket-Version: 8")),
    "no key": (400, request(*UPGRADE, b"Sec-WebSocket-Version: 13")),
    "two keys": (400, request(*UPGRADE, KEY, KEY, b"Sec-WebSocket-Version: 13")),
    "a short key": (400, request(*UPGRADE, b"Sec-WebSocket-Key: c2hvcnQ=", b"Sec-WebSocket-Version: 13")),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_request_is_refused_and_the_connection_closed(app: Echo, port: int, name: str) -> None:
    status, raw = REFUSED[name]
    # Alone, after a good one, and before others, which nobody may take for a request.
    for before, after in ((b"", b""), (GET, b""), (b"", GET * 2), (b"\r\n", b"\r\n")):
        app.asked.clear()
        *good, (code, fields, body) = split(await exchange(port, before + raw + after))
        assert [answer[0] for answer in good] == [200] * (before == GET)
        assert len(app.asked) == (before == GET)
        assert (code, body) == (status, b"")
        upgrade = {b"upgrade": b"websocket", b"sec-websocket-version": b"13", b"connection": b"Upgrade, close"}
        assert dict(fields) == {
            b"content-length": b"0",
            b"connection": b"close",
            b"date": dict(fields)[b"date"],
            **(upgrade if status == 426 else {}),
        }
        assert len(fields) == len(dict(fields))


async def test_tls_on_the_plain_port_is_refused_at_once(port: int) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="a").do_handshake()
    hello = outgoing.read()
    assert hello.startswith(b"\x16\x03")
    assert await statuses(port, hello) == [400]


def test_many_fields_cost_nothing() -> None:
    raw = request(*[b"a:"] * 5_450)
    spent = []
    for _ in range(10):
        began = time.thread_time()
        assert screen(raw + b"\r\n").__class__.__name__ == "Refused"
        spent.append(time.thread_time() - began)
    # h11 takes 17 ms for them.
    assert min(spent) < 0.001


# One request after the other


async def test_what_follows_a_request_that_closes_is_ignored(app: Echo, port: int) -> None:
    old = b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"
    body = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    for closing in (GET_AND_CLOSE, old, body, GET_AND_CLOSE.replace(b"close", b"x, Close")):
        for following in (
            b"",
            b"\r\n",
            b"\r\n\r\n",
            b"\n",
            b"\0" * 100,
            GET,
            b"GET /",
            b"nonsense\r\n\r\n",
            b"a" * 40_000,
        ):
            app.asked.clear()
            for parts in ((closing + following,), (closing, following) if following else (closing,)):
                [(status, fields, answer)] = split(await exchange(port, *parts))
                assert (status, dict(fields)[b"connection"]) == (200, b"close")
                assert json.loads(answer)[1] == "/"
        assert len(app.asked) == 2


async def test_empty_lines_before_a_request_are_skipped(app: Echo, port: int) -> None:
    for lines in (b"\r\n", b"\r\n\r\n", b"\r\n" * 500):
        assert await statuses(port, lines + GET + lines + GET_AND_CLOSE) == [200, 200]
        assert await statuses(port, lines[:1], lines[1:] + GET + lines + GET_AND_CLOSE) == [200, 200]
    for lines in (b"\n", b"\r", b"\r\r\n", b" \r\n", b"\r\n\n"):
        assert await statuses(port, lines + GET_AND_CLOSE) == [400]


async def test_a_thousand_requests_in_one_segment_are_answered_in_order(app: Echo, port: int) -> None:
    numbered = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(1_000)]
    answers = split(await exchange(port, b"".join(numbered) + GET_AND_CLOSE))
    assert [json.loads(body)[1] for _, _, body in answers] == [*(f"/{number}" for number in range(1_000)), "/"]
    assert {status for status, _, _ in answers} == {200}
    assert len(app.asked) == 1_001


TWO = [
    b"POST /one?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n\r\n\r\n123\r\n" + GET_AND_CLOSE,
    b"POST /one HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n" + GET_AND_CLOSE,
    b"\r\nGET /one HTTP/1.1\r\nHost: a\r\n\r\n" + GET_AND_CLOSE.replace(b"/ ", b"http://b/x "),
]  # fmt: skip


@pytest.mark.parametrize("stream", TWO, ids=["length", "chunked", "head"])
async def test_a_stream_is_read_the_same_wherever_it_is_split(app: Echo, port: int, stream: bytes) -> None:
    def without_date(raw: bytes) -> list[tuple[int, bytes]]:
        return [(status, body) for status, _, body in split(raw)]

    whole = without_date(await exchange(port, stream))
    asked = app.asked.copy()
    assert [status for status, _ in whole] == [200, 200]
    for at in range(1, len(stream)):
        app.asked.clear()
        assert without_date(await exchange(port, stream[:at], stream[at:])) == whole
        assert app.asked == asked
    app.asked.clear()
    assert without_date(await exchange(port, *(bytes((byte,)) for byte in stream))) == whole
    assert app.asked == asked


async def test_each_framing_of_a_body_is_followed_by_the_next_request(app: Echo, port: int) -> None:
    bodies = [
        (b"Content-Length: 5", b"hello", b"hello"),
        (b"Content-Length: 005", b"hello", b"hello"),
        (b"Content-Length: 0", b"", b""),
        (b"X: y", b"", b""),
        (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"Transfer-Encoding: Chunked", b"0\r\nX: y\r\n\r\n", b""),
        (b"transfer-encoding:chunked", b"1;a\r\nh\r\n004\r\nello\r\n0;b\r\n\r\n", b"hello"),
    ]
    stream = b"".join(request(field, line=b"POST / HTTP/1.1", body=raw) for field, raw, _ in bodies * 2)
    assert await statuses(port, stream + GET_AND_CLOSE) == [200] * (2 * len(bodies) + 1)
    assert [asked.body for asked in app.asked] == [*(body for _, _, body in bodies * 2), b""]


async def test_plain_requests_and_then_an_upgrade_on_one_connection(app: Echo, port: int) -> None:
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET * 3 + HANDSHAKE)
        got = await reader.readuntil(b"101 ")
        assert got.count(b"HTTP/1.1 200 ") == 3
        await reader.readuntil(b"\r\n\r\n")
        writer.write(FRAME)
        assert await reader.readexactly(len(FRAME_BACK)) == FRAME_BACK
        writer.transport.abort()
    assert len(app.asked) == 3


# Upgrades


@pytest.mark.parametrize(
    "lines",
    [
        (b"Connection: Upgrade", b"Connection: keep-alive", b"Upgrade: websocket"),
        (b"Connection: keep-alive", b"Connection: Upgrade", b"Upgrade: websocket"),
        (b"Connection: keep-alive, upgrade", b"Upgrade: WebSocket"),
        (b"Connection: Upgrade", b"Upgrade: h2c, websocket"),
        (b"Connection: Upgrade", b"Upgrade: h2c", b"Upgrade: websocket"),
    ],
)
async def test_a_handshake_may_stand_in_several_lines(port: int, lines: tuple[bytes, ...]) -> None:
    key = base64.b64encode(os.urandom(16))
    raw = request(*lines, b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: " + key)
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        writer.write(FRAME)
        assert await reader.readexactly(len(FRAME_BACK)) == FRAME_BACK
        writer.transport.abort()


async def test_nothing_follows_a_close_frame(port: int) -> None:
    close = b"\x88\x82\0\0\0\0\x03\xe8"
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(close + GET)
        assert await reader.read() == b"\x88\x02\x03\xe8"
        writer.transport.abort()


async def test_no_compression_is_offered(port: int) -> None:
    async with asyncio.timeout(10), connect(f"ws://127.0.0.1:{port}/", proxy=None, compression="deflate") as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        await socket.send("hello")
        assert await socket.recv() == "hello"


async def test_an_upgrade_to_something_else_is_a_request(app: Echo, port: int) -> None:
    for lines in (
        (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"),
        (b"Connection: Upgrade", b"Upgrade: TLS/1.3"),
        (b"Upgrade: websocket",),
    ):
        assert await statuses(port, request(*lines) + GET_AND_CLOSE) == [200, 200]


# Bodies


async def test_100_is_sent_when_the_app_asks_for_the_body(app: Echo, port: int) -> None:
    head = request(b"Expect: 100-continue", b"Content-Length: 5", b"Connection: close", line=b"POST / HTTP/1.1")
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        writer.write(b"hello")
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.transport.abort()
    assert app.asked[-1].body == b"hello"
    # Neither for a client of 1.0, nor where there is no body to wait for.
    assert await statuses(port, head.replace(b"HTTP/1.1", b"HTTP/1.0") + b"hello") == [200]
    assert await statuses(port, head.replace(b": 5", b": 0")) == [200]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b"0x5\r\nhello\r\n0\r\n\r\n"),
        (400, b"+5\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\nhello\n0\n\n"),
        (400, b"5\r\nhello\n0\r\n\r\n"),
        (400, b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
        (400, b"00000000000000005\r\nhello\r\n0\r\n\r\n"),
        (400, b"5\r\nhelloo\r\n0\r\n\r\n"),
        (400, b"5\r\nhello\r\n0\r\nX: y\n\n"),
        (400, b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n"),
        (400, b"5\r\nhello\r\n0\r\nX : y\r\n\r\n"),
        (431, b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 120 + b"\r\n"),
        (431, b"5\r\nhello\r\n0\r\n" + b"X: " + b"a" * 33_000),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(app: Echo, port: int, status: int, body: bytes) -> None:
    raw = request(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.1", body=body)
    for following in (b"", GET * 2):
        [(code, fields, answer)] = split(await exchange(port, raw + following))
        assert (code, dict(fields)[b"connection"], answer) == (status, b"close", b"")
    assert app.asked == []
