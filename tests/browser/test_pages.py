"""What every page owes to everybody: it can be seen, read out, and keeps to itself."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Route

from ..processes import ROOT, free_port
from .conftest import serving
from .visitor import Site, Visitor, expect, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"color_scheme": "light", **PHONE},
    {"color_scheme": "dark", **PHONE},
]

# Layout shifts (Layout Instability API). Those within half a second of a click on this page are asked for.
OBSERVE = """
window.shifts = [];
let clicked = -Infinity;
addEventListener("click", (event) => { clicked = event.timeStamp; }, true);
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (shift.startTime > clicked + 500) window.shifts.push(shift.value);
}).observe({ type: "layout-shift", buffered: true });
"""


async def inspect(visitor: Visitor, axe: str) -> None:
    """Nothing that axe finds, nothing wider than the page, nothing that has moved."""
    await visitor.evaluate(axe)
    found = await visitor.evaluate("axe.run({ resultTypes: ['violations'] })")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    wide, page = await visitor.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= page
    assert sum(await visitor.evaluate("window.shifts ?? []")) < 0.02


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "light phone", "dark phone"])
async def test_every_page_is_accessible_fits_and_stands_still(
    browser: Browser, site: Site, axe: str, look: dict[str, Any]
) -> None:
    async with visiting(browser, site, **look) as visitor:
        await visitor.page.add_init_script(OBSERVE)
        await visitor.open()
        await visitor.sees("You are not signed in.")
        await inspect(visitor, axe)
        await visitor.open("/tabs/user-page")
        await visitor.sees("You are not signed in.")
        await inspect(visitor, axe)
        await visitor.open("/login")
        await visitor.page.wait_for_url("**/u/login**")
        await inspect(visitor, axe)
        await visitor.page.get_by_role("button", name="Rita Reader").click()
        await visitor.judged("The API accepts this token.")
        await inspect(visitor, axe)
        await visitor.page.get_by_role("button", name="Tamper").click()
        await expect(visitor.page.locator("#answer")).to_contain_text("401")
        await visitor.provoked("401")
        await inspect(visitor, axe)
        await visitor.page.reload()
        await visitor.judged("The API accepts this token.")
        await inspect(visitor, axe)
        await visitor.open()
        await visitor.sees("You are signed in as Rita Reader")
        await inspect(visitor, axe)
        await visitor.open("/logout")
        await visitor.sees("You are logged out")
        await inspect(visitor, axe)
        await visitor.open("/login-results?error=access_denied")
        await visitor.sees("did not work")
        await inspect(visitor, axe)
        await visitor.page.goto(f"{site.issuer}/authorize?client_id=dev-spa&redirect_uri=https%3A%2F%2Fevil.test")
        await inspect(visitor, axe)
        await visitor.provoked("400")


@pytest.mark.parametrize("width", [360, 412, 1280])
async def test_nothing_moves_while_scripts_come_slowly(browser: Browser, site: Site, axe: str, width: int) -> None:
    async def slowly(route: Route) -> None:
        await asyncio.sleep(0.15)
        await route.continue_()

    async with visiting(browser, site, viewport={"width": width, "height": 740}) as visitor:
        await visitor.page.add_init_script(OBSERVE)
        await visitor.page.route("**/assets/*.js", slowly)
        for path in ("/", "/tabs/user-page"):
            await visitor.open(path)
            await visitor.sees("You are not signed in.")
            await inspect(visitor, axe)


async def nobody_can_log_in(visitor: Visitor, notice: str) -> None:
    for path in ("/", "/login", "/logout", "/tabs/user-page"):
        await visitor.open(path)
        await expect(visitor.page.locator(notice)).to_be_visible()
        await expect(visitor.page.locator(notice)).to_contain_text("Nobody can log in here")
        await expect(visitor.page.get_by_role("link", name="Log in")).to_have_count(0)
        await expect(visitor.page.locator("body")).not_to_contain_text("did not work")
        assert visitor.page.url == f"{visitor.site.address}{path}"
    await visitor.paste("opaque")
    await visitor.judged("The API refuses this token")


async def test_where_the_browser_gives_no_cryptography_it_is_said(browser: Browser, site: Site) -> None:
    async with visiting(browser, site) as visitor:
        await visitor.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")
        await nobody_can_log_in(visitor, "#insecure")
        await expect(visitor.page.locator("#storeless")).to_be_hidden()


@pytest.mark.parametrize(
    "denied", [("localStorage",), ("sessionStorage",), ("localStorage", "sessionStorage")], ids=" and ".join
)
async def test_where_the_browser_stores_nothing_it_is_said(
    browser: Browser, site: Site, axe: str, denied: tuple[str, ...]
) -> None:
    async with visiting(browser, site) as visitor:
        for name in denied:
            await visitor.page.add_init_script(
                f"Object.defineProperty(window, '{name}', {{ get() {{ throw new DOMException('denied', 'SecurityError'); }} }});"
            )
        await nobody_can_log_in(visitor, "#storeless")
        await expect(visitor.page.locator("#insecure")).to_be_hidden()
        await inspect(visitor, axe)
        # Nor with a link, which can have no state.
        if "localStorage" in denied:
            await visitor.open()
            await expect(visitor.page.get_by_label("The link")).not_to_have_value(re.compile("state="))


async def test_the_description_page_shows_the_routes(visitor: Visitor) -> None:
    await visitor.open("/docs")
    await expect(visitor.page.get_by_text("/api/private-scoped")).to_be_visible()


async def test_authorize_on_the_description_page_logs_in_and_calls_a_closed_route(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.open("/docs")
    await page.get_by_role("button", name="Authorize").first.click()
    await page.get_by_role("button", name="Rita Reader").click()
    await page.wait_for_url("**/docs")
    # Opened by what it says, since its buttons have no text of their own.
    await page.get_by_text("/api/me", exact=True).click()
    await page.get_by_role("button", name="Try it out").click()
    async with page.expect_response("**/api/me") as answered:
        await page.get_by_role("button", name="Execute").click()
    answer = await answered.value
    assert (answer.status, (await answer.json())["sub"]) == (200, "auth0|reader")
    assert "eyJ" not in await visitor.storage()
    # The issuer's session stands, so a page that is loaded again asks for no login.
    await visitor.open("/docs")
    await expect(page.get_by_role("button", name="Authorize").first).to_have_class(re.compile(r"\blocked\b"))


async def test_without_a_client_the_description_page_takes_a_token(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    own = {"AUTH0_DOMAIN": site.issuer, "AUTH0_AUDIENCE": "http://127.0.0.1:8100"}
    with serving(tmp_path, **own) as address:
        async with visiting(browser, Site(address, site.issuer)) as visitor:
            await visitor.open("/docs")
            await visitor.page.get_by_role("button", name="Authorize").first.click()
            await expect(visitor.page.get_by_label("Value")).to_be_visible()


async def test_without_a_client_the_pages_say_what_to_set_and_judge_tokens(
    browser: Browser, site: Site, axe: str, tmp_path: Path
) -> None:
    own = {"AUTH0_DOMAIN": site.issuer, "AUTH0_AUDIENCE": "http://127.0.0.1:8100"}
    with serving(tmp_path, **own) as address:
        async with visiting(browser, Site(address, site.issuer)) as visitor:
            for path in (
                "/",
                "/login",
                "/login-results",
                "/tabs/user-page",
                "/logout",
                "/login-results?code=a&state=b",
            ):
                await visitor.open(path)
                await expect(visitor.page.get_by_role("main")).to_contain_text("AUTH0_CLIENT_ID is not set")
                await expect(visitor.page.get_by_role("link", name="Log in")).to_have_count(0)
                await inspect(visitor, axe)
            await visitor.open("/tabs/user-page")
            await visitor.paste("opaque")
            await visitor.judged("The API refuses this token")


async def test_without_the_library_the_api_runs_and_the_pages_say_what_is_missing(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "service", tmp_path / "service", ignore=shutil.ignore_patterns("node_modules"))
    port = str(free_port())
    own = {"AUTH0_DOMAIN": site.issuer, "AUTH0_AUDIENCE": "http://127.0.0.1:8100", "AUTH0_CLIENT_ID": "dev-spa"}
    (tmp_path / "empty").mkdir()
    with serving(tmp_path / "empty", **own, PORT=port, PYTHONPATH=str(tmp_path)) as address:
        async with visiting(browser, Site(address, site.issuer)) as visitor:
            for path in ("/", "/login", "/login-results?code=a&state=b", "/tabs/user-page", "/logout"):
                await visitor.open(path)
                await expect(visitor.page.get_by_role("main")).to_contain_text("the login library is not installed")
                await expect(visitor.page.get_by_role("link", name="Log in")).to_have_count(0)
