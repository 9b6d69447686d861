"""PLAIN_PATH changes how a request is read, and nothing that a client can see."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from typing import Any

from quart import Blueprint, Response, request

from service import server
from service.app import create_app
from service.web import Application, public

from ..tenant import ManualClock, Tenant, settings
from ..web.orders import blueprint

defects = Blueprint("defects", __name__, url_prefix="/defects")

# Clients that write and read at once.
AT_ONCE = 24


@defects.get("/status/<int:status>")
@public
async def with_status(status: int) -> tuple[str, int]:
    return "text", status


@defects.get("/length/<int:length>")
@public
async def with_length(length: int) -> Response:
    return Response("hello", headers={"Content-Length": str(length)})


@defects.get("/stream/<int:parts>")
@public
async def streamed(parts: int) -> Response:
    async def body() -> AsyncIterator[bytes]:
        for number in range(parts):
            yield b"part %d\n" % number

    return Response(body())


@defects.post("/echo")
@public
async def echo() -> Response:
    return Response(await request.get_data())


def make_app(tenant: Tenant, clock: ManualClock) -> Application:
    app = create_app(settings(cors_allow_origins=("https://app.example.com",)), clock=clock, transport=tenant.transport)
    app.register_blueprint(blueprint)
    app.register_blueprint(defects)
    app.config["BODY_TIMEOUT"] = 0.5
    return app


METHODS = (
    [b"GET"] * 8 + [b"POST"] * 4 + [b"HEAD", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"gEt", b"PROPFIND", b"CONNECT"]
)
TARGETS = [
    b"/api/public", b"/api/private", b"/api/me", b"/api/token", b"/orders/", b"/orders/all", b"/orders/any-method", b"/orders/any-method", b"/orders/json", b"/orders/broken",
    b"/orders/abort/418", b"/healthz", b"/", b"/nope", b"//api/public", b"/%2fapi/public", b"/api/p%75blic?a=b", b"/api/public/", b"api/public", b"*", b"http://a/api/public",
    b"http://[/", b"ftp://a/", b"/defects/status/204", b"/defects/status/304", b"/defects/status/103", b"/defects/status/200", b"/defects/length/5", b"/defects/length/4", b"/defects/length/6",
    b"/defects/stream/0", b"/defects/stream/3", b"/defects/echo", b"/defects/echo", b"/openapi.json", b"/\xff", b"/a b", b"/#",
]  # fmt: skip
FIELDS = [
    b"Connection: close", b"Connection: keep-alive", b"Connection: Close, x", b"Content-Length: 5", b"Content-Length: 5", b"Content-Length: 005", b"Content-Length: 0", b"Content-Length: 5, 5",
    b"Content-Length: +5", b"Content-Length: 7", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"transfer-encoding:\tchunked", b"Expect: 100-continue",
    b"Host: a", b"Host: [", b"X-Request-ID: mine", b"Origin: https://app.example.com", b"Access-Control-Request-Method: GET", b"Authorization: Bearer x", b"Authorization: Basic eDp5",
    b"Content-Type: application/json", b"X: y\r\n z", b"X : y", b"X: y\nZ: a", b"X: \xe9", b"X: \0", b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 8", b"Sec-WebSocket-Version: 13",
    b"TE: trailers", b"Accept: */*", b"If-None-Match: *", b"Range: bytes=0-1", b"Cookie: a=b", b"Accept-Encoding: gzip",
]  # fmt: skip
VERSIONS = [b"HTTP/1.1"] * 12 + [b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1"]
BODIES = [
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"",
    b"5\r\nhello\r\n0\r\nX: y\n\n",
    b"0\r\n\r\n",
    b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"0x5\r\nhello",
    b'"abc"',
    b"\r\n",
]


FRAMED = [
    (b"Content-Length: 5", b"hello"),
    (b"Content-Length: 0", b""),
    (b"Content-Length: 6", b"hello"),
    (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n"),
    (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n"),
    (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n"),
    (b"Content-Length: 1048577", b"hello"),
]


def one_with_a_body(chance: random.Random, token: bytes) -> bytes:
    path = chance.choice([b"/defects/echo", b"/orders/any-method", b"/orders/json", b"/api/public", b"/nope"])
    field, body = chance.choice(FRAMED)
    lines = [b"POST %b HTTP/1.1" % path, b"Host: a", field, b"Authorization: Bearer " + token]
    lines += chance.sample(
        [b"Expect: 100-continue", b"Connection: close", b"Content-Type: application/json", b"TE: x"], 2
    )
    return b"\r\n".join([*lines, b"", body])


def one_request(chance: random.Random, token: bytes) -> bytes:
    if chance.random() < 0.2:
        return one_with_a_body(chance, token)
    line = b" ".join([chance.choice(METHODS), chance.choice(TARGETS), chance.choice(VERSIONS)])
    lines = [line, *chance.sample(FIELDS, chance.choice([0, 0, 1, 1, 2, 3, 5]))]
    if chance.random() < 0.95:
        lines.insert(1, b"Host: a")
    if chance.random() < 0.6:
        lines.append(b"Authorization: Bearer " + token)
    if chance.random() < 0.02:
        lines += [b"X: y"] * 100
    raw = b"\r\n".join([*lines, b"", b""])
    if chance.random() < 0.15:
        at = chance.randrange(len(raw))
        raw = raw[:at] + chance.choice([b"\n", b"\r", b" ", b"\0", b":", b"", b"\t"]) + raw[at + 1 :]
    return raw + chance.choice(BODIES)


_HEAD = re.compile(rb"HTTP/1\.1 ([0-9]{3}) \r\n(.*?)\r\n\r\n", re.DOTALL)


def comparable(raw: bytes) -> bytes:
    """The answers, without what is another in each, and with their fields in order."""

    def head(found: re.Match[bytes]) -> bytes:
        fields = [
            (name.lower(), value.strip())
            for name, _, value in (line.partition(b":") for line in found[2].split(b"\r\n"))
        ]
        kept = sorted(field for field in fields if field[0] not in (b"date", b"x-request-id"))
        return b"\n%b %b\n" % (found[1], b"; ".join(b": ".join(field) for field in kept))

    return _HEAD.sub(head, re.sub(rb'"request_id":\s*"[^"]*"', b"", raw))


async def ask(port: int, raw: bytes) -> bytes:
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(raw)
            return await reader.read()
        finally:
            writer.transport.abort()


async def test_both_values_answer_alike(tenant: Tenant, clock: ManualClock, make_token: Any) -> None:
    chance, token = random.Random(7), make_token().encode()
    # A connection with an answer, or without a whole head, is closed after this time.
    timeouts = server.ClientTimeouts(idle=1, head=1, linger=0.2)
    listeners = [server.listen("127.0.0.1", 0) for _ in range(2)]
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    several = [b"".join(one_request(chance, token) for _ in range(chance.choice([1, 1, 1, 2]))) for _ in range(2_000)]
    limit, differing, seen = asyncio.Semaphore(AT_ONCE), [], set()

    async def compare(raw: bytes) -> None:
        async with limit:
            with_plain, without = [
                comparable(answer) for answer in await asyncio.gather(*(ask(port, raw) for port in ports))
            ]
        seen.update(re.findall(rb"^[0-9]{3}(?= )", with_plain, re.MULTILINE))
        if with_plain != without:
            differing.append((raw, with_plain, without))

    async with (
        server.running(make_app(tenant, clock), listeners[0], timeouts, plain=True),
        server.running(make_app(tenant, clock), listeners[1], timeouts, plain=False),
    ):
        await asyncio.gather(*map(compare, several))
    assert differing == []
    # What was asked has met each kind of answer.
    assert set(b"100 200 204 304 400 401 403 404 405 408 413 418 431 500 505".split()) <= seen
