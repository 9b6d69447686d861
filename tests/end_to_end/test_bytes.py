"""No bytes make a 5xx, or a traceback: raw requests, against Hypercorn itself."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

import pytest

from service import server

from .conftest import Serve

UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


async def send(port: int, request: bytes) -> bytes:
    """Send bytes, say that there are no more, and return what comes back."""
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read(65536)
        except ConnectionError:
            return b""
        finally:
            writer.close()


def status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer[9:12])


async def crashes(serve: Serve, caplog: pytest.LogCaptureFixture, requests: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Send each request, and return those that were answered with a 5xx or left a traceback, with the answer."""
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    caplog.set_level(logging.WARNING)
    found = []
    async with serve() as port:
        for request in requests:
            answer = await send(port, request)
            await asyncio.sleep(0)
            if b"HTTP/1.1 5" in answer[:10] or failures or any(record.exc_info for record in caplog.records):
                found.append((request, answer or repr(failures or caplog.records).encode()))
                failures.clear()
                caplog.clear()
            caplog.clear()
    return found


GET = b"GET /api/private HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
SOCKET = b"GET /orders/socket/open HTTP/1.1\r\nHost: a\r\n" + UPGRADE


async def test_request_targets(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    targets = [
        b"*", b"?", b"?a", b"#", b"http://[", b"http://[/x", b"http://[::1/x", b"http://a/api/public", b"https://", b"a:b",
        b"//", b"//api/private", b"/%", b"/%ff%fe", b"/%00", b"/%0d%0aX:%20y", b"/api/private/../public", b"/..;/",
        b"/" + b"a" * 8000, b"/" + b"%2e" * 2000, b"/\\", b"/api/public?" + b"a=%ff&" * 500, b"/api/public?=&=&&&",
        b"/docs/%2e%2e%2f__init__.py", b"/docs/..%5c..%5capp.py", b"http://evil.test/api/private",
    ]  # fmt: skip
    requests = [
        b"%b %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % (method, target)
        for target in targets
        for method in (b"GET", b"OPTIONS", b"POST", b"PROPFIND")
    ]
    requests += [b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (target, UPGRADE) for target in targets]
    assert await crashes(serve, caplog, requests) == []


async def test_a_target_with_a_host_of_its_own_is_the_same_route(serve: Serve) -> None:
    async with serve() as port:
        close = b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        assert status(await send(port, b"GET http://a/api/public" + close)) == 200
        assert status(await send(port, b"GET http://a/api/private" + close)) == 401
        assert status(await send(port, b"GET http://[/nope" + close)) == 400
        assert status(await send(port, b"GET //api/private" + close)) == 401


HEADERS = [
    b"Authorization", b"Sec-WebSocket-Protocol", b"Sec-WebSocket-Extensions", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version",
    b"Connection", b"Upgrade", b"Origin", b"Host", b"Cookie", b"X-Request-ID", b"Content-Type", b"Content-Length",
    b"Transfer-Encoding", b"Expect", b"Accept", b"Accept-Encoding", b"Access-Control-Request-Method",
    b"Access-Control-Request-Headers", b"Range", b"If-None-Match", b"If-Modified-Since", b"X-Forwarded-For", b"Forwarded",
    b"HTTP2-Settings", b"Referer", b"Traceparent", b"X-Other",
]  # fmt: skip
VALUES = [
    b"", b" ", b"\xff", b"\x80\x81", b"bearer, \xff\xfe", b"bearer, \xc3\xa9", b"\xe9\xe8", b"a" * 9000, b"," * 500, b";=;=", b"%",
    b"bearer,", b"bearer, a, b", b"Bearer \xa0", b"Bearer \xff.\xff.\xff", b"Basic \xff", b'"', b"\\", b"\t", b"[", b"[::1", b"a:b:c",
    b"permessage-deflate; server_max_window_bits=x", b"permessage-deflate; client_max_window_bits=",
    b"permessage-deflate; server_max_window_bits=99999999999999999999", b"permessage-deflate; server_max_window_bits=\xb2",
    b"h2c", b"websocket", b"Upgrade, HTTP2-Settings", b"AAMAAABkAAQAAP__", b"!!!", b"chunked", b"-1", b"1e3", b"bytes=9-1",
    b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01", b"$Version=1; a=\xff", b"a=b; a; =; ;", b"100-continue", b"http://[", b"null",
]  # fmt: skip


async def test_header_values(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    requests = []
    for name in HEADERS:
        for value in VALUES:
            requests.append(GET + b"%b: %b\r\n\r\n" % (name, value))
            lines = [line for line in SOCKET.split(b"\r\n") if not line.lower().startswith(name.lower() + b":")]
            requests.append(b"\r\n".join(lines) + b"%b: %b\r\n\r\n" % (name, value))
            requests.append(SOCKET + b"%b: %b\r\n\r\n" % (name, value))
    # Once each in a random order, so that one run finds what depends on what came before.
    random.Random(1).shuffle(requests)
    assert await crashes(serve, caplog, requests) == []


async def test_random_header_bytes(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(2)
    requests = []
    for _ in range(600):
        value = bytes(chance.choice([*range(32, 127), *range(128, 256), 9]) for _ in range(chance.randrange(40)))
        name = chance.choice(HEADERS)
        prefix = chance.choice([b"", b"Bearer ", b"bearer, ", b"permessage-deflate; "])
        requests.append(chance.choice([GET, SOCKET]) + b"%b: %b%b\r\n\r\n" % (name, prefix, value))
    assert await crashes(serve, caplog, requests) == []


@pytest.mark.parametrize("gap", [0, 0.05])
async def test_the_length_of_a_head_is_limited_also_where_it_comes_whole(serve: Serve, gap: float) -> None:
    async with serve() as port:
        for size, expected in (
            (server.MAX_HEAD - 200, 200),
            (server.MAX_HEAD + 200, 431),
            (64_000, 431),
            (200_000, 431),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /api/public HTTP/1.1\r\nHost: a\r\nX: ")
            await asyncio.sleep(gap)
            writer.write(b"a" * size + b"\r\n\r\n")
            async with asyncio.timeout(30):
                assert status(await reader.readline()) == expected, size
            writer.close()


async def test_an_upgrade_to_http2_is_not_taken(serve: Serve) -> None:
    h2c = b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    async with serve() as port:
        assert status(await send(port, b"GET /api/public HTTP/1.1\r\nHost: a\r\n" + h2c)) == 200
        assert b"HTTP/1.1 101" not in await send(port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


async def test_a_broken_handshake_is_a_400(serve: Serve) -> None:
    async with serve() as port:
        for broken in (
            b"Sec-WebSocket-Protocol: bearer, \xff",
            b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=x",
        ):
            assert status(await send(port, SOCKET + broken + b"\r\n\r\n")) == 400


FRAME = b"\x81\x85\0\0\0\0hello"
CLOSED = b"GET /orders/socket HTTP/1.1\r\nHost: a\r\n" + UPGRADE + b"\r\n"
OLD = CLOSED.replace(b"Version: 13", b"Version: 12")


async def test_what_follows_a_refused_handshake_breaks_nothing(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    assert await crashes(serve, caplog, [CLOSED + FRAME, OLD + FRAME, CLOSED + CLOSED, OLD + OLD] * 10) == []


@pytest.mark.parametrize("gap", [0, 0.001, 0.003, 0.01])
@pytest.mark.parametrize("refused", [CLOSED, OLD], ids=["closed", "old"])
async def test_what_follows_a_refused_handshake_is_not_answered(serve: Serve, refused: bytes, gap: float) -> None:
    async with serve() as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(refused)
        await asyncio.sleep(gap)
        writer.write(FRAME)
        assert (await reader.read()).count(b"HTTP/1.1") <= 1
        writer.close()


async def test_a_refused_handshake_ends_the_connection(serve: Serve) -> None:
    async with serve() as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CLOSED)
        # To its end, which the server makes.
        assert status(await reader.read()) == 401
        writer.close()
