"""How much of a request's body is taken, and what becomes of the rest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from quart import Blueprint, request

from service.web import Application, max_body, public

from .conftest import Serve

MIB = 1024 * 1024

blueprint = Blueprint("uploads", __name__, url_prefix="/uploads")
small = max_body(100)(Blueprint("small", __name__, url_prefix="/small"))
inner = Blueprint("inner", __name__, url_prefix="/inner")


@blueprint.post("/usual")
@inner.post("/usual")
@small.post("/usual")
async def usual() -> dict[str, int]:
    return {"bytes": len(await request.get_data())}


@blueprint.post("/raised")
@inner.post("/raised")
@max_body(6 * MIB)
async def raised() -> dict[str, int]:
    return {"bytes": len(await request.get_data())}


@blueprint.post("/lowered")
@max_body(10)
async def lowered() -> dict[str, int]:
    return {"bytes": len(await request.get_data())}


@blueprint.post("/nothing")
@max_body(0)
async def nothing() -> dict[str, int]:
    return {"bytes": len(await request.get_data())}


@blueprint.post("/open")
@max_body(10)
@public
async def opened() -> dict[str, int]:
    return {"bytes": len(await request.get_data())}


@blueprint.post("/own")
async def own() -> dict[str, int]:
    """Decides for itself, when it has seen who calls."""
    request.max_content_length = int(request.args["most"])
    return {"bytes": len(await request.get_data())}


@blueprint.post("/parts")
async def parts() -> dict[str, int]:
    size = 0
    async for part in request.body:
        size += len(part)
    return {"bytes": size}


@blueprint.post("/form")
async def form() -> dict[str, int]:
    return {"bytes": sum(map(len, (await request.form).values()))}


@blueprint.post("/ignored")
async def ignored() -> dict[str, str]:
    return {}


small.register_blueprint(inner)


@pytest.fixture
def app(app: Application) -> Application:
    app.register_blueprint(blueprint)
    app.register_blueprint(small)
    return app


@pytest.fixture
async def http(make_token: Any) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {make_token()}"}
    async with httpx.AsyncClient(trust_env=False, timeout=20, headers=headers) as client:
        yield client


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body that is sent in chunks, since its length is not told."""
    while size:
        part = min(size, 256 * 1024)
        size -= part
        yield b"a" * part


LIMITS = [
    ("/uploads/usual", MIB),
    ("/uploads/parts", MIB),
    ("/uploads/raised", 6 * MIB),
    ("/uploads/lowered", 10),
    ("/uploads/nothing", 0),
    ("/uploads/open", 10),
    ("/uploads/own?most=3000000", 3_000_000),
    ("/uploads/own?most=7", 7),
    ("/small/usual", 100),
    ("/small/inner/usual", 100),
    ("/small/inner/raised", 6 * MIB),
]


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_bytes_are_counted_where_they_arrive(serve: Serve, http: httpx.AsyncClient, framing: str) -> None:
    async with serve() as port:
        for path, most in LIMITS:
            address = f"http://127.0.0.1:{port}{path}"
            for size in (most, most + 1):
                content = b"a" * size if framing == "length" else chunks(size)
                answer = await http.post(address, content=content)
                if size == most:
                    assert answer.status_code == 200, path
                else:
                    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large"), path


async def test_a_body_without_an_end_is_refused_as_soon_as_it_is_too_large(serve: Serve, make_token: Any) -> None:
    """Also one that is nothing but framing."""
    head = f"POST /uploads/parts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {make_token()}\r\n"
    async with serve() as port, asyncio.timeout(30):
        for part in (
            b"8000\r\n%b\r\n" % (b"a" * 0x8000),
            b"1\r\na\r\n" * 3000,
            b"9;%b\r\n123456789\r\n" % (b"a" * 9000),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
            reading = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
            sent = 0
            while not reading.done():
                writer.write(part)
                await writer.drain()
                sent += len(part)
                await asyncio.sleep(0)
            answer = await reading
            assert answer.startswith(b"HTTP/1.1 413")
            assert b"\r\nconnection: close\r\n" in answer
            writer.transport.abort()


async def test_a_form_counts_too(serve: Serve, http: httpx.AsyncClient) -> None:
    async with serve() as port:
        address = f"http://127.0.0.1:{port}/uploads/form"
        assert (await http.post(address, data={"a": "b" * 1000})).json() == {"bytes": 1000}
        assert (await http.post(address, data={"a": "b" * MIB})).status_code == 413
        large = {"files": {"a": b"b" * 2 * MIB}}
        assert (await http.post(address, **large)).status_code == 413


async def test_the_description_says_413_where_a_body_can_be_too_large(app: Application) -> None:
    async with app.test_app():
        document = await (await app.test_client().get("/openapi.json")).get_json()
    for path in ("/uploads/raised", "/uploads/open", "/small/usual", "/small/inner/usual", "/uploads/usual"):
        answers = document["paths"][path]["post"]["responses"]
        assert "application/problem+json" in answers["413"]["content"], path
    assert "413" not in document["paths"]["/api/public"]["get"]["responses"]
    assert "413" not in document["paths"]["/api/private"]["get"]["responses"]


def test_a_limit_must_be_one() -> None:
    with pytest.raises(ValueError, match="negative"):
        max_body(-1)


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_callers_with_pools_lose_no_request_behind_a_body_that_nobody_read(
    serve: Serve, make_token: Any, framing: str
) -> None:
    good = {"Authorization": f"Bearer {make_token()}"}
    refusing = [
        ("/uploads/usual", {}, 401), ("/nope", good, 404), ("/api/private", good, 405), ("/uploads/lowered", good, 413),
        ("/uploads/ignored", good, 200), ("/api/private-scoped", {"Authorization": "Bearer"}, 400),
    ]  # fmt: skip
    answers: Counter[tuple[int, int]] = Counter()
    limits = httpx.Limits(max_connections=10, max_keepalive_connections=10)
    async with serve() as port, httpx.AsyncClient(trust_env=False, timeout=20, limits=limits) as pool:

        async def caller(number: int) -> None:
            path, headers, expected = refusing[number % len(refusing)]
            size = (11, 3000, 200_000)[number % 3 - 1]
            content = b"a" * size if framing == "length" else chunks(size)
            refused = await pool.post(f"http://127.0.0.1:{port}{path}", headers=headers, content=content)
            next_one = await pool.get(f"http://127.0.0.1:{port}/api/private", headers=good)
            answers[refused.status_code - expected, next_one.status_code] += 1

        await asyncio.gather(*(caller(number) for number in range(60)))
    assert answers == {(0, 200): 60}


async def test_a_refusal_of_a_large_upload_arrives_each_time(serve: Serve) -> None:
    size = 5 * MIB
    async with serve() as port, asyncio.timeout(60):
        for expect in (b"", b"Expect: 100-continue\r\n"):
            for _ in range(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                head = b"POST /uploads/usual HTTP/1.1\r\nHost: a\r\n%bContent-Length: %d\r\n\r\n" % (expect, size)
                writer.write(head + b"a" * size)
                await writer.drain()
                answer = await reader.read()
                assert answer.startswith(b"HTTP/1.1 401")
                assert b"\r\nconnection: close\r\n" in answer
                assert answer.rstrip().endswith(b"}")
                writer.close()
