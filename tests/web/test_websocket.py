from __future__ import annotations

import asyncio
from typing import Any

import pytest
from quart.testing.connections import WebsocketDisconnectError
from quart.testing.connections import WebsocketResponseError

from service.web import Application

from ..tenant import NOW, Tenant


def socket(app: Application, path: str = "/orders/socket", **headers: str) -> Any:
    """A connection by Quart's own client; it cannot send subprotocols, see tests/contract/ for these."""
    return app.test_client().websocket(path, headers=headers)


async def refusal(connection: Any) -> tuple[int, str]:
    with pytest.raises(WebsocketResponseError) as refused:
        async with connection as websocket:
            await websocket.receive()
    response = refused.value.response
    body = await response.get_json()
    assert response.headers["X-Request-ID"] == body["request_id"]
    return response.status_code, body["code"]


async def test_a_token_in_the_header_opens_a_socket(app: Application, make_token: Any) -> None:
    async with socket(app, Authorization=f"Bearer {make_token()}") as websocket:
        assert await websocket.receive() == "auth0|somebody"
        await websocket.send("hello")
        assert await websocket.receive() == "hello"


async def test_a_socket_is_closed_without_a_token(app: Application, make_token: Any) -> None:
    assert await refusal(socket(app)) == (401, "authorization_header_missing")
    assert await refusal(socket(app, f"/orders/socket?access_token={make_token()}")) == (401, "authorization_header_missing")
    assert await refusal(socket(app, "/nope")) == (401, "authorization_header_missing")
    assert await refusal(socket(app, Authorization="Bearer x")) == (401, "invalid_token")
    assert await refusal(socket(app, Authorization=f"Bearer {make_token(exp=1)}")) == (401, "token_expired")


async def test_a_socket_that_does_not_exist_is_404_with_a_token(app: Application, make_token: Any) -> None:
    assert await refusal(socket(app, "/nope", Authorization=f"Bearer {make_token()}")) == (404, "not_found")


async def test_a_socket_may_require_permissions(app: Application, make_token: Any) -> None:
    path = "/orders/socket/scoped"
    assert await refusal(socket(app, path, Authorization=f"Bearer {make_token()}")) == (403, "insufficient_scope")
    async with socket(app, path, Authorization=f"Bearer {make_token(scope='read:orders')}") as websocket:
        assert await websocket.receive() == "scoped"


async def test_an_open_socket_needs_no_token(app: Application) -> None:
    async with socket(app, "/orders/socket/open") as websocket:
        assert await websocket.receive() == "open"


@pytest.mark.parametrize("origin", ["https://app.example.com", "https://api.example.com"])
async def test_pages_of_listed_origins_and_of_the_api_itself_may_connect(
    app: Application, make_token: Any, origin: str
) -> None:
    async with socket(app, Authorization=f"Bearer {make_token()}", Origin=origin) as websocket:
        assert await websocket.receive() == "auth0|somebody"


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://api.example.com", "https://app.example.com.evil.test", ""])
@pytest.mark.parametrize("path", ["/orders/socket", "/orders/socket/open"])
async def test_pages_from_elsewhere_may_not(app: Application, make_token: Any, origin: str, path: str) -> None:
    connection = socket(app, path, Authorization=f"Bearer {make_token()}", Origin=origin)
    assert await refusal(connection) == (403, "origin_not_allowed")


async def test_without_a_public_url_the_host_is_the_apis_own(tenant: Tenant) -> None:
    from service.app import create_app

    from ..tenant import settings
    from .orders import blueprint

    app = create_app(settings(audiences=("bar",)), transport=tenant.transport)
    app.register_blueprint(blueprint)
    async with socket(app, "/orders/socket/open", Host="api.test", Origin="https://api.test") as websocket:
        assert await websocket.receive() == "open"
    assert await refusal(socket(app, "/orders/socket/open", Host="api.test", Origin="https://evil.test")) == (
        403,
        "origin_not_allowed",
    )


async def test_a_socket_ends_with_its_token(app: Application, make_token: Any) -> None:
    # 50 ms are left of it, leeway included, by the clock that is passed in.
    token = make_token(exp=NOW - 4.95)
    async with asyncio.timeout(5):
        async with socket(app, Authorization=f"Bearer {token}") as websocket:
            assert await websocket.receive() == "auth0|somebody"
            with pytest.raises(WebsocketDisconnectError) as ended:
                await websocket.receive()
    assert ended.value.args == (1008,)


async def test_a_broken_socket_says_so(app: Application, make_token: Any) -> None:
    async with socket(app, "/orders/socket/broken", Authorization=f"Bearer {make_token()}") as websocket:
        with pytest.raises(WebsocketDisconnectError) as ended:
            await websocket.receive()
    assert ended.value.args == (1011,)


async def test_a_stream_ends_with_its_token(app: Application, make_token: Any) -> None:
    token = make_token(exp=NOW - 4.95)
    async with asyncio.timeout(5):
        response = await app.test_client().get("/orders/stream", headers={"Authorization": f"Bearer {token}"})
        body = await response.get_data()
    assert body.startswith(b"tick\n")
