"""WebSockets and streams over real connections, as a browser or another client opens them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import CloseCode

from ..tenant import NOW
from .conftest import Serve


async def refusal(port: int, path: str = "/orders/socket", **options: Any) -> tuple[int, bytes]:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{port}{path}", proxy=None, **options):
            pass
    response = refused.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, response.body


async def test_a_browser_sends_the_token_as_a_subprotocol_and_gets_bearer_selected(serve: Serve, make_token: Any) -> None:
    async with serve() as port:
        protocols = ["bearer", make_token()]
        address = f"ws://127.0.0.1:{port}/orders/socket"
        async with connect(address, subprotocols=protocols, origin="https://api.example.com", proxy=None) as socket:
            assert socket.subprotocol == "bearer"
            assert socket.response.headers["X-Request-ID"]
            assert await socket.recv() == "auth0|somebody"
            await socket.send("hello")
            assert await socket.recv() == "hello"


async def test_refused_handshakes_are_answered_in_full(serve: Serve, make_token: Any) -> None:
    async with serve() as port:
        status, body = await refusal(port)
        assert status == 401
        assert b"authorization_header_missing" in body
        for protocols, expected in (
            (["bearer", "x"], 401),
            (["bearer"], 400),
            (["bearer", "a", "b"], 400),
            (["chat", make_token()], 401),
        ):
            assert (await refusal(port, subprotocols=protocols))[0] == expected
        assert (await refusal(port, "/orders/socket/scoped", subprotocols=["bearer", make_token()]))[0] == 403
        assert (await refusal(port, origin="https://evil.test", subprotocols=["bearer", make_token()]))[0] == 403
        assert (await refusal(port, "/nope", subprotocols=["bearer", make_token()]))[0] == 404


async def test_a_socket_ends_with_its_token(serve: Serve, make_token: Any) -> None:
    async with serve() as port, asyncio.timeout(10):
        token = make_token(exp=NOW - 4.9)
        async with connect(f"ws://127.0.0.1:{port}/orders/socket", subprotocols=["bearer", token], proxy=None) as socket:
            assert await socket.recv() == "auth0|somebody"
            with pytest.raises(ConnectionClosedError) as ended:
                await socket.recv()
            assert ended.value.rcvd is not None
            assert ended.value.rcvd.code == CloseCode.POLICY_VIOLATION


async def test_a_stream_ends_with_its_token(serve: Serve, make_token: Any) -> None:
    async with serve() as port, httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(10):
        headers = {"Authorization": f"Bearer {make_token(exp=NOW - 4.9)}"}
        response = await http.get(f"http://127.0.0.1:{port}/orders/stream", headers=headers)
        assert response.content.startswith(b"tick\n")


async def test_an_end_of_service_ends_what_is_open(serve: Serve, make_token: Any) -> None:
    async with asyncio.timeout(10):
        async with serve() as port:
            socket = await connect(
                f"ws://127.0.0.1:{port}/orders/socket", subprotocols=["bearer", make_token()], proxy=None
            )
            assert await socket.recv() == "auth0|somebody"
        await socket.wait_closed()
