"""A path is a route's or it is not: no spelling is mended, and none is redirected."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Blueprint, websocket

from service.app import create_app
from service.web import Application, public

from ..tenant import ManualClock, Tenant, settings
from .asgi import ask

blueprint = Blueprint("spelling", __name__)


@blueprint.get("/closed/")
async def closed() -> dict[str, str]:
    return {}


@blueprint.get("/opened/")
@public
async def opened() -> dict[str, str]:
    return {}


@blueprint.get("/files/<path:path>/")
@public
async def files(path: str) -> dict[str, str]:
    return {"path": path}


@blueprint.get("/pages/", defaults={"page": 1})
@blueprint.get("/pages/<int:page>")
@public
async def pages(page: int) -> dict[str, int]:
    return {"page": page}


@blueprint.websocket("/socket/")
@public
async def socket() -> None:
    await websocket.send("open")


@pytest.fixture
def app(tenant: Tenant, clock: ManualClock) -> Application:
    app = create_app(settings(), clock=clock, transport=tenant.transport)
    app.register_blueprint(blueprint)
    return app


MISSPELT = [
    "/closed", "/opened", "/files/a", "/files/a/b", "/pages", "/pages/1/", "/api/public/", "/api/private/", "/docs/", "/healthz/",
    "//", "///", "//opened/", "//api/public", "///api/public", "/api//public", "/api/public//", "/opened//", "//evil.test/..",
    "/files//a/", "//evil.test/files/a", "/.well-known/oauth-protected-resource/",
]  # fmt: skip
HOSTS = [b"api.example.com", b"evil.test", b"a..b", b"\xff", b"[", b""]


@pytest.mark.parametrize("path", MISSPELT)
async def test_another_spelling_is_no_route(app: Application, make_token: Any, path: str) -> None:
    bearer = (b"Authorization", b"Bearer " + make_token().encode())
    for scheme, is_socket in (("http", False), ("https", False), ("ws", True), ("wss", True)):
        options: dict[str, Any] = {"scheme": scheme, "socket": is_socket}
        for host in HOSTS:
            fields = [(b"Host", host)]
            refused = await ask(app, path, fields, query=b"access_token=x", **options)
            assert (refused.status, "Location" in refused.headers) == (401, False)
            missing = await ask(app, path, [*fields, bearer], **options)
            assert (missing.status, "Location" in missing.headers) == (404, False)


async def test_a_socket_is_opened_at_its_own_path_alone(app: Application, make_token: Any) -> None:
    assert (await ask(app, "/socket/", socket=True)).sent == ["open", 1000]
    for path in ("/socket", "//socket/", "/socket//"):
        assert (await ask(app, path, socket=True)).status == 401
        token = [(b"Authorization", b"Bearer " + make_token().encode())]
        assert (await ask(app, path, token, socket=True)).status == 404


async def test_the_exact_spelling_is_the_route(app: Application) -> None:
    for path, answered in (
        ("/opened/", b"{}"),
        ("/files/a/", b'{"path":"a"}'),
        ("/files/a/b/", b'{"path":"a/b"}'),
        ("/pages/", b'{"page":1}'),
        # Quart and Werkzeug would redirect this one to the path above.
        ("/pages/1", b'{"page":1}'),
        ("/pages/2", b'{"page":2}'),
    ):
        answer = await ask(app, path)
        assert (answer.status, answer.body.strip()) == (200, answered)
