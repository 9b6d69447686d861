"""What is the same for every caller is built once, and sent once to each who keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from quart import Blueprint, Response, abort

from service.app import create_app
from service.pages import assets, docs, site
from service.pages.site import PAGES
from service.web import Application, constant, public

from ..tenant import Tenant, settings
from .asgi import ask

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "https://app.example.com"
CONSTANT = [
    "/openapi.json",
    "/docs",
    "/.well-known/oauth-protected-resource",
    "/assets/site.css",
    "/assets/key.svg",
    "/assets/swagger-ui-bundle.js",
    *PAGES,
]

blueprint = Blueprint("counted", __name__)
built: list[str] = []


@blueprint.get("/counted")
@blueprint.get("/counted/<name>")
@public
@constant
async def counted(name: str = "") -> Any:
    built.append(name)
    if name == "unknown":
        abort(404)
    if name == "changing":
        return Response("now", headers={"Cache-Control": "no-store"})
    return {"name": name}, {"Link": "</a>", "Content-Language": "en"}


@pytest.fixture
def app(tenant: Tenant) -> Application:
    built.clear()
    app = create_app(settings(cors_allow_origins=(ORIGIN, "https://b.example.com")), transport=tenant.transport)
    app.register_blueprint(blueprint)
    return app


async def get(app: Application, path: str, method: str = "GET", **fields: str) -> Any:
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    return await ask(app, path, headers, method=method)


@pytest.mark.parametrize("path", CONSTANT)
async def test_a_constant_answer_is_not_sent_again(app: Application, path: str) -> None:
    first = await get(app, path)
    assert (first.status, first.headers["Cache-Control"]) == (200, "public, max-age=0")
    etag = first.headers["Etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await get(app, path, If_None_Match=known)
        assert (again.status, again.body) == (304, b"")
        for name in ("Etag", "Cache-Control", "Vary", "Content-Security-Policy"):
            assert again.headers.get(name) == first.headers.get(name)
    for other in ('"other"', "", "\xff"):
        assert (await get(app, path, If_None_Match=other)).body == first.body
    head = await get(app, path, "HEAD")
    assert (head.status, head.headers["Etag"]) == (200, etag)
    assert head.headers["Content-Length"] == str(len(first.body))
    last = await get(app, path, Range="bytes=-1")
    assert (last.status, last.body) == (206, first.body[-1:])
    # Another process gives the same, so a load balancer makes no difference.
    other_process = create_app(settings())
    other_process.register_blueprint(blueprint)
    same = await get(other_process, path)
    assert (same.headers["Etag"], same.body) == (etag, first.body)


@pytest.mark.parametrize("path", CONSTANT)
async def test_each_page_is_told_of_its_own_origin(app: Application, path: str) -> None:
    etag = (await get(app, path, Origin=ORIGIN)).headers["Etag"]
    for origin in ("https://b.example.com", "https://evil.test", ORIGIN, ""):
        for known in ("", etag):
            answer = await get(app, path, Origin=origin, If_None_Match=known)
            allowed = origin if origin in (ORIGIN, "https://b.example.com") else None
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed
            assert answer.headers["Vary"] == "Origin"
    plain = await get(app, path)
    assert "Access-Control-Allow-Origin" not in plain.headers
    assert plain.headers["Vary"] == "Origin"


async def test_ids_are_each_requests_own(app: Application) -> None:
    for one in ("one", "two"):
        assert (await get(app, "/openapi.json", X_Request_ID=one)).headers["X-Request-Id"] == one


async def test_it_is_built_once_for_each_set_of_arguments(app: Application) -> None:
    for _ in range(3):
        answer = await get(app, "/counted")
        assert (answer.status, answer.headers["Link"], answer.headers["Content-Language"]) == (200, "</a>", "en")
        assert (await get(app, "/counted/a")).body.strip() == b'{"name":"a"}'
    assert built == ["", "a"]


async def test_what_is_refused_or_may_change_is_not_kept(app: Application) -> None:
    for _ in range(2):
        assert (await get(app, "/counted/unknown", Authorization="Bearer")).status == 404
        changing = await get(app, "/counted/changing")
        assert (changing.body, changing.headers["Cache-Control"], "Etag" in changing.headers) == (
            b"now",
            "no-store",
            False,
        )
    assert built == ["unknown", "changing"] * 2


async def test_a_large_file_is_sent_whole_and_in_any_part(app: Application) -> None:
    whole = (await get(app, "/assets/swagger-ui-bundle.js")).body
    assert len(whole) > 1_000_000
    part = await get(app, "/assets/swagger-ui-bundle.js", Range="bytes=65000-200000")
    assert part.body == whole[65000:200001]
    assert part.headers["Content-Range"] == f"bytes 65000-200000/{len(whole)}"


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_a_page_is_another_one_once_its_library_is_there(app: Application, tmp_path: Path, path: str) -> None:
    library = tmp_path / "library.js"
    pages = Application("pages", app.verifier, None)
    pages.register_blueprint(assets.blueprint)
    for module in (docs, site):
        pages.register_blueprint(module.create("https://tenant.test/", "spa", "audience", library=library))
    before = await get(pages, path)
    assert (before.status, "library.js" in before.body.decode()) == (200, False)
    library.touch()
    after = await get(pages, path, If_None_Match=before.headers["Etag"])
    assert (after.status, "library.js" in after.body.decode()) == (200, True)
    assert (await get(pages, path, If_None_Match=after.headers["Etag"])).status == 304
