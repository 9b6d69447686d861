"""WebSockets and streams over real connections, as a browser or another client opens them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode

from service import server
from service.app import create_app
from service.web import Application

from ..tenant import NOW, Tenant, settings
from ..web.orders import blueprint
from .conftest import Serve

SOCKET = "/orders/socket"


def open_socket(port: int, path: str = SOCKET, token: str | None = None, **options: Any) -> Any:
    if token is not None:
        options["additional_headers"] = {"Authorization": f"Bearer {token}"}
    return connect(f"ws://127.0.0.1:{port}{path}", proxy=None, **options)


async def refusal(port: int, path: str = SOCKET, token: str | None = None, **options: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(port, path, token, **options):
            pass
    response = refused.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.body)
    assert response.headers["X-Request-ID"] == body["request_id"]
    return response.status_code, body["code"]


async def close_code(socket: Any) -> int:
    with pytest.raises(ConnectionClosed) as ended:
        while True:
            await socket.recv()
    assert ended.value.rcvd is not None
    return int(ended.value.rcvd.code)


async def test_a_token_in_the_header_opens_a_socket(serve: Serve, make_token: Any) -> None:
    async with serve() as port, open_socket(port, token=make_token()) as socket:
        assert socket.subprotocol is None
        assert await socket.recv() == "auth0|somebody"
        await socket.send("hello")
        assert await socket.recv() == "hello"


async def test_a_browser_sends_it_as_a_subprotocol_and_gets_bearer_selected(serve: Serve, make_token: Any) -> None:
    async with serve() as port:
        protocols = ["bearer", make_token()]
        async with open_socket(port, subprotocols=protocols, origin="https://api.example.com") as socket:
            assert socket.subprotocol == "bearer"
            assert socket.response.headers["X-Request-ID"]
            assert await socket.recv() == "auth0|somebody"


async def test_a_socket_is_closed_without_a_good_token(serve: Serve, make_token: Any) -> None:
    async with serve() as port:
        missing = (401, "authorization_header_missing")
        assert await refusal(port) == missing
        assert await refusal(port, f"{SOCKET}?access_token={make_token()}") == missing
        assert await refusal(port, "/nope") == missing
        assert await refusal(port, subprotocols=["chat", make_token()]) == missing
        assert await refusal(port, token="x") == (401, "invalid_token")
        assert await refusal(port, token=make_token(exp=1)) == (401, "token_expired")
        assert await refusal(port, subprotocols=["bearer", "x"]) == (401, "invalid_token")
        for protocols in (["bearer"], ["bearer", "a", "b"]):
            assert await refusal(port, subprotocols=protocols) == (400, "invalid_request")
        assert await refusal(port, token=make_token(), subprotocols=["bearer", "x"]) == (400, "invalid_request")
        assert await refusal(port, "/nope", token=make_token()) == (404, "not_found")


async def test_a_socket_may_require_permissions(serve: Serve, make_token: Any) -> None:
    async with serve() as port:
        path = f"{SOCKET}/scoped"
        assert await refusal(port, path, make_token()) == (403, "insufficient_scope")
        async with open_socket(port, path, make_token(scope="read:orders")) as socket:
            assert await socket.recv() == "scoped"


async def test_an_open_socket_needs_no_token(serve: Serve) -> None:
    async with serve() as port, open_socket(port, f"{SOCKET}/open") as socket:
        assert await socket.recv() == "open"


async def test_pages_of_listed_origins_and_of_the_api_itself_may_connect(serve: Serve) -> None:
    async with serve() as port:
        for origin in ("https://app.example.com", "https://api.example.com"):
            async with open_socket(port, f"{SOCKET}/open", origin=origin) as socket:
                assert await socket.recv() == "open"


async def test_pages_from_elsewhere_may_not(serve: Serve, make_token: Any) -> None:
    refused = (403, "origin_not_allowed")
    async with serve() as port:
        for origin in ("https://evil.test", "null", "http://api.example.com", "https://app.example.com.evil.test", ""):
            for path in (SOCKET, f"{SOCKET}/open"):
                assert await refusal(port, path, make_token(), origin=origin) == refused


async def test_without_a_public_url_the_host_is_the_apis_own(tenant: Tenant) -> None:
    app = create_app(settings(audiences=("bar",)), transport=tenant.transport)
    app.register_blueprint(blueprint)
    listener = server.listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    async with server.running(app, listener):
        for own in (f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port}"):
            async with open_socket(port, f"{SOCKET}/open", origin=own) as socket:
                assert await socket.recv() == "open"
        assert await refusal(port, f"{SOCKET}/open", origin="http://127.0.0.1:1") == (403, "origin_not_allowed")


@pytest.mark.parametrize("own", ["https://API.example.com:443/v1", "https://api.example.com:0443"])
@pytest.mark.parametrize("named_by", ["public_url", "audiences"])
async def test_the_apis_own_pages_may_connect_however_its_url_is_spelt(tenant: Tenant, own: str, named_by: str) -> None:
    made = settings(PUBLIC_URL=own) if named_by == "public_url" else settings(audiences=(own,))
    app = create_app(made, transport=tenant.transport)
    app.register_blueprint(blueprint)
    listener = server.listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    async with server.running(app, listener):
        async with open_socket(port, f"{SOCKET}/open", origin="https://api.example.com") as socket:
            assert await socket.recv() == "open"
        for other in ("https://api.example.com:444", "http://api.example.com", f"http://127.0.0.1:{port}"):
            assert await refusal(port, f"{SOCKET}/open", origin=other) == (403, "origin_not_allowed")


async def test_a_socket_ends_with_its_token(serve: Serve, make_token: Any) -> None:
    # 100 ms are left of it, leeway included, by the clock that is passed in.
    async with serve() as port, asyncio.timeout(30), open_socket(port, token=make_token(exp=NOW - 4.9)) as socket:
        assert await close_code(socket) == CloseCode.POLICY_VIOLATION


async def test_a_broken_socket_says_so(serve: Serve, make_token: Any) -> None:
    async with serve() as port, open_socket(port, f"{SOCKET}/broken", make_token()) as socket:
        assert await close_code(socket) == CloseCode.INTERNAL_ERROR


async def test_a_stream_ends_with_its_token(serve: Serve, make_token: Any) -> None:
    async with serve() as port, httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(30):
        headers = {"Authorization": f"Bearer {make_token(exp=NOW - 4.9)}"}
        # Cut, not ended: whoever reads it must be able to tell (RFC 9112 section 8).
        with pytest.raises(httpx.RemoteProtocolError):
            async with http.stream("GET", f"http://127.0.0.1:{port}/orders/stream", headers=headers) as response:
                async for part in response.aiter_bytes():
                    assert part.startswith(b"tick\n")


async def test_a_socket_that_reads_nothing_holds_up_neither_the_end_nor_the_others(
    app: Application, make_token: Any
) -> None:
    listener = server.listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    stop = asyncio.Event()
    serving = asyncio.create_task(server.serve(app, listener, stop, shutdown=server.ShutdownTimeouts(grace=0.5)))
    async with asyncio.timeout(30):
        # First, so that its goodbye is the first to be said.
        _, deaf = await asyncio.open_connection("127.0.0.1", port)
        deaf.write(
            f"GET {SOCKET}/flood HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {make_token()}\r\n".encode()
            + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        deaf.transport.pause_reading()
        # Until all buffers on the way are full.
        before = None
        while before is None or app.extensions.get("flooded") != before:
            before = app.extensions.get("flooded")
            await asyncio.sleep(0.05)
        quiet = await open_socket(port, token=make_token())
        stop.set()
        assert await close_code(quiet) == CloseCode.GOING_AWAY
        await serving
        deaf.transport.abort()


async def test_an_end_of_service_tells_sockets_that_it_goes_away(serve: Serve, make_token: Any) -> None:
    async with asyncio.timeout(30):
        async with serve() as port:
            socket = await open_socket(port, token=make_token())
            assert await socket.recv() == "auth0|somebody"
        assert await close_code(socket) == CloseCode.GOING_AWAY
