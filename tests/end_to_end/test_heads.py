"""What the API makes of a request that is spelt in another way, or framed in another way."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from quart import Blueprint

from service.web import Application, public

from ..server.echo import exchange, split, statuses
from .conftest import Serve

blueprint = Blueprint("spellings", __name__, url_prefix="/spellings")


@blueprint.get("/one/<name>")
@public
async def one(name: str) -> dict[str, str]:
    return {"name": name}


@blueprint.get("/one/<name>/<other>")
@public
async def two(name: str, other: str) -> dict[str, str]:
    return {"name": name, "other": other}


@blueprint.get("/rest/<path:rest>")
@public
async def rest(rest: str) -> dict[str, str]:
    return {"rest": rest}


@blueprint.delete("/nothing")
@public
async def nothing() -> tuple[str, int]:
    return "", 204


@pytest.fixture
def app(app: Application) -> Application:
    app.register_blueprint(blueprint)
    return app


def request(line: bytes, *lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([line + b" HTTP/1.1", b"Host: a", b"Connection: close", *lines, b"", body])


@pytest.mark.parametrize(
    ("line", "without", "with_token"),
    [
        (b"GET /api/public", 200, 200),
        (b"GET /api/p%75blic", 200, 200),
        (b"GET /%61pi/publi%63?x", 200, 200),
        (b"GET http://b/api/public", 200, 200),
        (b"GET HTTPS://b:443/api/p%75blic?x", 200, 200),
        (b"HEAD /api/public", 200, 200),
        (b"GET //api/public", 401, 404),
        (b"GET ///api/public", 401, 404),
        (b"GET /api//public", 401, 404),
        (b"GET http://b//api/public", 401, 404),
        (b"GET /%2fapi/public", 401, 404),
        (b"GET /%2Fapi/public", 401, 404),
        (b"GET %2fapi/public", 400, 400),
        (b"GET /api%2fpublic", 401, 404),
        (b"GET /api%2Fpublic", 401, 404),
        (b"GET /api/%2fpublic", 401, 404),
        (b"GET /api/public%2f", 401, 404),
        (b"GET /api/public/", 401, 404),
        (b"GET /api/./public", 401, 404),
        (b"GET /api/x/../public", 401, 404),
        (b"GET /api/%2e/public", 401, 404),
        (b"GET /api/%70ublic%00", 401, 404),
        (b"GET /api/p%2575blic", 401, 404),
        (b"GET /api/public;x", 401, 404),
        (b"GET /api/public%3fx", 401, 404),
        (b"GET /api/public%", 401, 404),
        (b"GET /API/PUBLIC", 401, 404),
        (b"GET /api\\public", 401, 404),
        (b"GET /api/public#x", 401, 404),
        (b"gEt /api/public", 401, 405),
        (b"get /api/public", 401, 405),
        (b"hEAD /api/public", 401, 405),
        (b"delete /api/public", 401, 405),
        (b"DELETE /api/public", 401, 405),
        (b"PROPFIND /api/public", 401, 405),
        (b"gEt /nope", 401, 404),
        (b"gEt //api/public", 401, 404),
        (b"OPTIONS *", 401, 404),
        (b"OPTIONS /nope", 401, 404),
        (b"GET *", 400, 400),
        (b"GET api/public", 400, 400),
        (b"GET ftp://a/api/public", 400, 400),
        (b"GET http:///api/public", 400, 400),
        (b"GET http://[/api/public", 400, 400),
        (b"CONNECT a:80", 400, 400),
    ],
)
async def test_a_spelling_is_a_routes_or_it_is_not(
    serve: Serve, make_token: Any, line: bytes, without: int, with_token: int
) -> None:
    async with serve() as port:
        bearer = b"Authorization: Bearer " + make_token().encode()
        for lines, status in (((), without), ((bearer,), with_token)):
            [(code, fields, _)] = split(await exchange(port, request(line, *lines)))
            assert (code, b"location" in dict(fields)) == (status, False)


async def test_an_encoded_slash_is_a_part_of_its_segment(serve: Serve) -> None:
    async with serve() as port:
        for path, answer in (
            (b"one/a%2Fb", {"name": "a/b"}),
            (b"one/%2fa%2f", {"name": "/a/"}),
            (b"one/a%2Fb/c", {"name": "a/b", "other": "c"}),
            (b"one/a/%2F%2F", {"name": "a", "other": "//"}),
            (b"one/%252F", {"name": "%2F"}),
            (b"rest/a/b%2Fc", {"rest": "a/b/c"}),
            (b"%6fne/%C3%A9", {"name": "é"}),
        ):
            [(status, _, body)] = split(await exchange(port, request(b"GET /spellings/" + path)))
            assert (status, json.loads(body)) == (200, answer)
        for path in (b"one/", b"one%2Fa", b"one//a", b"one/a//b", b"one/a/", b"one/a/b/c"):
            assert await statuses(port, request(b"GET /spellings/" + path)) == [401]


async def test_a_204_has_no_length(serve: Serve) -> None:
    async with serve() as port:
        for more in ((), (b"X: y",), (b"Transfer-Encoding: chunked",)):
            raw = request(
                b"DELETE /spellings/nothing", *more, body=b"0\r\n\r\n" if b"chunked" in b"".join(more) else b""
            )
            head = (await exchange(port, raw)).lower()
            assert head.startswith(b"http/1.1 204 ")
            assert head.endswith(b"\r\n\r\n")
            assert b"content-length" not in head
            assert b"transfer-encoding" not in head


async def test_who_is_refused_is_not_asked_for_a_body(serve: Serve) -> None:
    async with serve() as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(b"POST /orders/any-method", b"Expect: 100-continue", b"Content-Length: 1000"))
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 401 ")
        writer.transport.abort()


async def test_chunks_count_to_the_bodys_limit_with_what_they_are_framed_in(serve: Serve, make_token: Any) -> None:
    bearer = b"Authorization: Bearer " + make_token().encode()
    head = request(b"POST /orders/any-method", bearer, b"Transfer-Encoding: chunked")
    bodies = {
        "tiny chunks": b"1\r\na\r\n" * 500_000,
        "extensions": (b"1;" + b"x" * 1_000 + b"\r\na\r\n") * 2_000,
        "one extension": b"1;" + b"x" * 2_000_000 + b"\r\na\r\n0\r\n\r\n",
        "large chunks": (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * 40,
    }
    async with serve() as port:
        for name, body in bodies.items():
            began = time.process_time()
            raw = await exchange(port, head + body)
            assert raw.startswith(b"HTTP/1.1 413 "), name
            # 4.5 s where nothing bounds them.
            assert time.process_time() - began < 1.5
        # What a client sends in small pieces is taken.
        [(status, _, answer)] = split(await exchange(port, head + b"a\r\n0123456789\r\n" * 2_000 + b"0\r\n\r\n"))
        assert (status, json.loads(answer)) == (200, {"bytes": 20_000})


async def test_a_token_may_come_as_a_subprotocol_in_a_line_of_its_own(serve: Serve, make_token: Any) -> None:
    token = make_token().encode()
    async with serve() as port, asyncio.timeout(30):
        for lines in (
            (b"Sec-WebSocket-Protocol: bearer, " + token,),
            (b"Sec-WebSocket-Protocol: bearer", b"Sec-WebSocket-Protocol: " + token),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            upgrade = (
                b"Connection: Upgrade",
                b"Connection: keep-alive",
                b"Upgrade: websocket",
                b"Sec-WebSocket-Version: 13",
            )
            handshake = (b"GET /orders/socket HTTP/1.1", b"Host: a", *upgrade, *lines)
            writer.write(b"\r\n".join([*handshake, b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"", b""]))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 101 ")
            assert b"\r\nsec-websocket-protocol: bearer\r\n" in head
            writer.transport.abort()
