"""What Quart's users rely on, still there with the door's own way of handling a request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.web import Application
from service.web.application import BODY_SECONDS

from .conftest import Serve
from .test_bytes import send


@pytest.fixture
async def http(make_token: Any) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {make_token(scope='')}"}
    async with httpx.AsyncClient(trust_env=False, timeout=10, headers=headers) as client:
        yield client


async def until(condition: Any) -> Any:
    async with asyncio.timeout(30):
        while not (result := condition()):
            await asyncio.sleep(0.005)
    return result


async def test_work_is_cancelled_when_the_client_goes_away(
    serve: Serve, app: Application, http: httpx.AsyncClient
) -> None:
    async with serve() as port:
        waiting = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/orders/slow"))
        await until(lambda: app.extensions.get("slow") == "waiting")
        waiting.cancel()
        await until(lambda: app.extensions.get("slow") == "cancelled")
        # The server goes on.
        assert (await http.get(f"http://127.0.0.1:{port}/orders/")).status_code == 200


async def test_a_stream_is_announced_before_its_first_chunk(
    serve: Serve, app: Application, http: httpx.AsyncClient
) -> None:
    async with serve() as port, http.stream("GET", f"http://127.0.0.1:{port}/orders/announced") as response:
        assert response.status_code == 200
        (await until(lambda: app.extensions.get("go on"))).set()
        assert await response.aread() == b"done"


async def test_a_body_arrives_whole_however_slowly(serve: Serve, http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            await asyncio.sleep(0.002)
            yield b"a" * 10_000

    async with serve() as port:
        address = f"http://127.0.0.1:{port}/orders/any-method"
        assert (await http.post(address, content=chunks())).json() == {"bytes": 300_000}
        assert (await http.post(address, content=b"a" * 500_000)).json() == {"bytes": 500_000}
        assert (await http.post(address)).json() == {"bytes": 0}


async def test_a_body_that_does_not_come_in_time_is_refused(serve: Serve, app: Application, make_token: Any) -> None:
    assert app.config["BODY_TIMEOUT"] == BODY_SECONDS
    app.config["BODY_TIMEOUT"] = 0.2
    async with serve() as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /orders/any-method HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {make_token()}\r\n"
        writer.write(head.encode() + b"Content-Length: 9\r\n\r\nabc")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408")
        assert b"application/problem+json" in head
        writer.close()


async def test_a_body_that_is_too_large_is_refused(serve: Serve, http: httpx.AsyncClient) -> None:
    async with serve() as port:
        response = await http.post(f"http://127.0.0.1:{port}/orders/any-method", content=b"a" * (1024 * 1024 + 1))
        assert (response.status_code, response.json()["code"]) == (413, "content_too_large")


@pytest.mark.parametrize("content", [b"\xff", b"{", b"", b"[" * 200_000, b'"\\ud800"'], ids=len)
async def test_a_body_that_is_no_json_is_the_callers_fault(
    serve: Serve, http: httpx.AsyncClient, content: bytes
) -> None:
    async with serve() as port:
        headers = {"Content-Type": "application/json"}
        response = await http.post(f"http://127.0.0.1:{port}/orders/json", content=content, headers=headers)
        assert response.status_code in (200, 400)


async def test_head_has_the_length_and_no_body(serve: Serve, http: httpx.AsyncClient) -> None:
    async with serve() as port:
        address = f"http://127.0.0.1:{port}/orders/"
        length = (await http.get(address)).headers["Content-Length"]
        response = await http.head(address)
        assert (response.status_code, response.headers["Content-Length"], response.content) == (200, length, b"")
        # And the connection is still in step.
        assert (await http.get(address)).status_code == 200


async def test_requests_on_one_connection_are_answered_in_order(serve: Serve) -> None:
    request = b"GET /api/public HTTP/1.1\r\nHost: a\r\nX-Request-ID: %d\r\n%b\r\n"
    async with serve() as port:
        pipelined = b"".join(request % (number, b"") for number in range(5)) + request % (5, b"Connection: close\r\n")
        answer = await read_all(port, pipelined)
        assert answer.count(b"HTTP/1.1 200") == 6
        positions = [answer.index(b"x-request-id: %d\r\n" % number) for number in range(6)]
        assert positions == sorted(positions)


async def read_all(port: int, request: bytes) -> bytes:
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer


async def test_an_idle_connection_is_closed_after_its_time_and_a_busy_one_is_not(
    serve: Serve, app: Application, http: httpx.AsyncClient
) -> None:
    async with serve(idle=0.1) as port:
        answer = await read_all(port, b"GET /api/public HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        assert await read_all(port, b"") == b""
        async with http.stream("GET", f"http://127.0.0.1:{port}/orders/announced") as response:
            await asyncio.sleep(0.3)
            (await until(lambda: app.extensions.get("go on"))).set()
            assert await response.aread() == b"done"


async def test_an_answer_is_one_packet(serve: Serve) -> None:
    async with serve() as port:
        answer = await send(port, b"GET /api/public HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answer.endswith(b'see this."}\n')


async def test_a_head_that_does_not_come_in_time_ends_its_connection_and_no_other(serve: Serve) -> None:
    async with serve(head=0.2) as port:
        whole = b"GET /api/public HTTP/1.1\r\nHost: a\r\n\r\n"
        # Also on a connection that has served a request before.
        for first in (b"", whole):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(first + b"GET /api/pub")
            async with asyncio.timeout(30):
                answer = await reader.read()
            assert answer.count(b"HTTP/1.1 200") == bool(first)
            writer.close()
        # In pieces, but in time.
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in (whole[:9], whole[9:30], whole[30:]):
            writer.write(piece)
            await asyncio.sleep(0.01)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_five_hundred_slow_clients_leave_the_others_unharmed(
    serve: Serve, http: httpx.AsyncClient, make_token: Any
) -> None:
    async with serve() as port:
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(500)]
        for _ in range(3):
            for _, writer in slow:
                writer.write(b"GET /api/private HTTP/1.1\r\nX: a\r\n"[:7])
                await writer.drain()
            async with asyncio.timeout(30):
                answers = [await http.get(f"http://127.0.0.1:{port}/api/private") for _ in range(20)]
            assert {answer.status_code for answer in answers} == {200}
        for _, writer in slow:
            writer.close()
