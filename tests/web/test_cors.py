from __future__ import annotations

from service.app import create_app
from service.web import Application

from ..tenant import Tenant, settings
from .test_guard import call


async def test_a_listed_page_can_read_answers_and_refusals(app: Application) -> None:
    for path in ("/api/public", "/api/private", "/nope"):
        response = await call(app, path, Origin="https://app.example.com")
        assert response.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
        exposed = {name.strip().lower() for name in response.headers["Access-Control-Expose-Headers"].split(",")}
        assert exposed == {"www-authenticate", "retry-after", "x-request-id"}
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert "Origin" in response.headers["Vary"]


async def test_another_page_cannot(app: Application) -> None:
    for origin in ("https://evil.test", "null", "https://app.example.com.evil.test", "http://app.example.com"):
        response = await call(app, "/api/public", Origin=origin)
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_preflight_allows_the_token_to_be_sent(app: Application) -> None:
    response = await call(
        app,
        "/api/private",
        method="OPTIONS",
        Origin="https://app.example.com",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="authorization, x-request-id, x-other",
    )
    allowed = {name.strip().lower() for name in response.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed == {"authorization", "x-request-id"}
    assert "GET" in response.headers["Access-Control-Allow-Methods"]


async def test_without_origins_nothing_is_allowed(tenant: Tenant) -> None:
    app = create_app(settings(), transport=tenant.transport)
    response = await call(app, "/api/public", Origin="https://app.example.com")
    assert not [name for name in response.headers if "Access-Control" in name]
