from __future__ import annotations

import json
import re

import pytest

from service.app import create_app
from service.pages.assets import LIBRARY, PACKAGE
from service.pages.site import PAGES
from service.web import Application

from ..tenant import ManualClock, Tenant, settings
from ..web.test_guard import call


@pytest.fixture
def app(tenant: Tenant, clock: ManualClock) -> Application:
    return create_app(settings(client_id="spa"), clock=clock, transport=tenant.transport)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_keeps_to_itself_and_to_its_issuer(app: Application, path: str) -> None:
    response = await call(app, path)
    assert response.status_code == 200
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' https://tenant.test"
    assert policy["frame-src"] == "https://tenant.test"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_no_script_or_style_in_it_and_loads_nothing_from_elsewhere(
    app: Application, path: str
) -> None:
    page = await (await call(app, path)).get_data(as_text=True)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=|javascript:", page)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith(("/", "#"))
        assert address.startswith("#") or (await call(app, address)).status_code == 200


async def test_a_file_is_asked_for_anew_and_sent_only_when_it_has_changed(app: Application) -> None:
    first = await call(app, "/assets/token.js")
    assert first.headers["Cache-Control"] == "public, max-age=0"
    again = await call(app, "/assets/token.js", If_None_Match=first.headers["ETag"])
    assert (again.status_code, await again.get_data()) == (304, b"")


async def test_a_page_carries_what_a_login_needs_and_no_secret(tenant: Tenant) -> None:
    secret = {"m2m_client_id": "its-m2m-id", "m2m_client_secret": "s3cret-value"}
    page = await (await call(create_app(settings(client_id="spa", **secret)), "/")).get_data(as_text=True)
    assert 'data-domain="https://tenant.test"' in page
    assert 'data-client-id="spa"' in page
    assert 'data-audience="https://api.example.com"' in page
    assert 'data-scope="openid profile email read:messages"' in page
    assert "s3cret" not in page
    assert "its-m2m-id" not in page


async def test_without_a_client_nothing_but_the_api_is_called(tenant: Tenant) -> None:
    response = await call(create_app(settings()), "/")
    assert response.status_code == 200
    assert "connect-src 'self'; frame-src 'none'" in response.headers["Content-Security-Policy"]
    assert "AUTH0_CLIENT_ID" in await response.get_data(as_text=True)


async def test_a_page_is_the_same_whoever_asks(app: Application) -> None:
    plain = await (await call(app, "/", Host="evil.test")).get_data()
    assert (
        plain == await (await call(app, "/", Authorization="Bearer eyJ.eyJ.x", X_Forwarded_Host="evil.test")).get_data()
    )
    assert b"evil" not in plain


def test_the_library_is_locked_by_content_and_by_no_address() -> None:
    wanted = json.loads((PACKAGE / "package.json").read_text())["dependencies"]
    text = (PACKAGE / "package-lock.json").read_text()
    # Nor that of a page for sponsors, which npm adds where it writes a lock anew.
    assert "://" not in text
    packages = json.loads(text)["packages"]
    own = packages.pop("")
    assert own["dependencies"] == wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert LIBRARY.relative_to(PACKAGE / "node_modules").as_posix().startswith(next(iter(wanted)))
