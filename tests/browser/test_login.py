"""Logging in and out, and everything that can go wrong on the way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from service.issuer import local_issuer

from ..processes import free_port
from ..tools import need
from .conftest import FLAGS, serving
from .test_pages import inspect
from .visitor import Site, Visitor, elsewhere, expect, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(("name", "scoped"), [("Rita Reader", 200), ("Edda Editor", 200), ("Gus Guest", 403)], ids=str)
async def test_each_person_logs_in_calls_the_api_stays_over_a_reload_and_leaves(
    visitor: Visitor, name: str, scoped: int
) -> None:
    await visitor.log_in(name)
    assert await visitor.call("/api/public") == 200
    assert await visitor.call("/api/private") == 200
    assert await visitor.call("/api/private-scoped") == scoped
    if scoped == 403:
        await expect(visitor.page.locator("#answer")).to_contain_text('"code": "insufficient_scope"')
        await visitor.provoked("403")
    assert await visitor.checks() == dict.fromkeys(
        ("form", "signature", "issuer", "audience", "time", "permissions"), "passed"
    )
    first = await visitor.token()
    assert first not in await visitor.storage()
    assert visitor.page.url == f"{visitor.site.address}/tabs/user-page"

    await visitor.page.reload()
    await visitor.sees(f"You are signed in as {name}")
    await visitor.judged("The API accepts this token.")
    await visitor.open()
    await visitor.sees(f"You are signed in as {name}")

    await visitor.page.get_by_role("link", name="Log out").click()
    await visitor.sees("You are logged out, here and at the issuer.")
    await visitor.open("/tabs/user-page")
    await visitor.sees("You are not signed in.")
    # The issuer asks again, so its session has ended too.
    await visitor.log_in(name)


async def test_a_password_is_typed_and_a_wrong_one_is_told(visitor: Visitor) -> None:
    await visitor.open("/login")
    await visitor.page.get_by_label("Email").fill("editor@example.com")
    await visitor.page.get_by_label("Password").fill("wrong")
    await visitor.page.get_by_role("button", name="Continue").click()
    await expect(visitor.page.get_by_role("alert")).to_have_text("Wrong email or password.")
    await visitor.provoked("400")
    await visitor.page.get_by_label("Password").fill("password")
    await visitor.page.keyboard.press("Enter")
    await visitor.sees("You are signed in as Edda Editor")


async def test_it_works_by_keyboard_alone(visitor: Visitor) -> None:
    await visitor.open()
    await visitor.sees("You are not signed in.")
    await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await visitor.page.keyboard.press("Tab")
    await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.locator("#log-in")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_url("**/u/login**")
    await visitor.page.keyboard.press("Tab")
    await visitor.page.keyboard.press("Enter")
    await visitor.sees("You are signed in as Rita Reader")
    await visitor.judged("The API accepts this token.")
    await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    for name in ("copy", "renew", "part", "tamper"):
        await visitor.page.keyboard.press("Tab")
        await expect(visitor.page.locator(f"#{name}")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await visitor.judged("The API refuses this token")
    await visitor.provoked("401")


async def test_a_declined_login_is_told_in_words(visitor: Visitor) -> None:
    await visitor.open("/login")
    await visitor.page.get_by_role("button", name="Decline").click()
    await visitor.sees("access_denied")
    await visitor.sees("The issuer says: “The resource owner or authorization server denied the request”")
    await visitor.sees("Log in again")
    assert visitor.page.url == f"{visitor.site.address}/login-results"
    await visitor.log_in()


async def test_back_from_the_issuer_leads_to_where_one_came_from(visitor: Visitor) -> None:
    await visitor.open()
    await visitor.page.locator("#log-in").click()
    await visitor.page.wait_for_url("**/u/login**")
    await visitor.page.go_back()
    await visitor.page.wait_for_url(f"{visitor.site.address}/")


async def cut_short_a_logout(visitor: Visitor) -> None:
    """Log in, and out again, with the way to the issuer's own logout cut."""
    await visitor.log_in()
    await visitor.page.route("**/v2/logout**", lambda route: route.abort())
    async with visitor.page.expect_event("requestfailed", lambda request: "/v2/logout" in request.url):
        await visitor.open("/logout")
    await visitor.page.unroute("**/v2/logout**")


async def test_a_logout_that_was_cut_short_is_not_taken_for_one(visitor: Visitor) -> None:
    await cut_short_a_logout(visitor)
    # Whoever comes back by hand, and is not logged out there, is now.
    await visitor.open("/logout")
    await visitor.sees("You are logged out, here and at the issuer.")
    await visitor.page.goto(f"{visitor.site.address}/login")
    await visitor.page.wait_for_url("**/u/login**")


async def test_where_the_frame_gets_no_cookie_no_logout_at_the_issuer_is_claimed(browser: Browser, site: Site) -> None:
    async with visiting(browser, elsewhere(site)) as visitor:
        await cut_short_a_logout(visitor)
        await visitor.open("/logout")
        await visitor.sees("Whether the issuer has ended its session too, it does not say.")
        # It has not.
        await visitor.open("/login")
        await visitor.sees("You are signed in as Rita Reader")


async def test_a_page_that_could_not_know_that_it_left_does_not_leave(visitor: Visitor) -> None:
    await visitor.log_in()
    await visitor.page.add_init_script(
        "const { setItem } = Storage.prototype;"
        "Storage.prototype.setItem = function (key, value) {"
        "  if (key.startsWith('logout')) throw new DOMException('full', 'QuotaExceededError');"
        "  setItem.call(this, key, value);"
        "};"
    )
    await visitor.open("/logout")
    await visitor.sees("You are logged out here, but not at the issuer. This browser stores nothing")
    await visitor.open()
    await visitor.sees("You are not signed in.")


async def test_after_logging_out_back_does_not_bring_the_token_back(site: Site, library: Path) -> None:
    # Which Chromium does by putting pages aside whole; the driver switches that off, if it is let.
    async with async_playwright() as playwright:
        kept = ["--disable-back-forward-cache"]
        browser = await playwright.chromium.launch(
            executable_path=need("chromium"), args=FLAGS, ignore_default_args=kept
        )
        async with visiting(browser, site) as visitor:
            await visitor.log_in()
            token = await visitor.token()
            await visitor.page.get_by_role("link", name="Log out").click()
            await visitor.sees("You are logged out, here and at the issuer.")
            await visitor.page.go_back(wait_until="commit")
            await visitor.page.wait_for_url("**/tabs/user-page")
            await visitor.sees("You are not signed in.")
            assert token not in await visitor.page.content()
        await browser.close()


async def test_a_person_picks_the_organization_that_they_act_in(visitor: Visitor, axe: str) -> None:
    await visitor.open("/login")
    await visitor.page.get_by_label("Organization of Edda Editor").select_option(label="globex")
    await inspect(visitor, axe)
    await visitor.page.get_by_role("button", name="Edda Editor").click()
    await visitor.judged("The API accepts this token.")
    for _ in range(2):
        await expect(visitor.page.locator("#payload")).to_contain_text('"org_id": "org_globex"')
        await expect(visitor.page.locator("#payload")).to_contain_text('"org_name": "globex"')
        # The silent frame that a reload asks keeps the organization.
        await visitor.page.reload()
        await visitor.judged("The API accepts this token.")


async def test_a_typed_login_picks_an_organization_too(visitor: Visitor) -> None:
    await visitor.open("/login")
    await visitor.page.get_by_label("Email").fill("reader@example.com")
    await visitor.page.get_by_label("Organization", exact=True).select_option(label="globex")
    await visitor.page.get_by_label("Password").fill("password")
    await visitor.page.get_by_role("button", name="Continue").click()
    await expect(visitor.page.get_by_role("alert")).to_have_text("Rita Reader is not a member of that organization.")
    await visitor.provoked("400")
    await visitor.page.get_by_label("Organization", exact=True).select_option(label="acme")
    await visitor.page.get_by_label("Password").fill("password")
    await visitor.page.get_by_role("button", name="Continue").click()
    await visitor.judged("The API accepts this token.")
    await expect(visitor.page.locator("#payload")).to_contain_text('"org_id": "org_acme"')


async def test_a_renewal_shows_whose_session_it_is_now(visitor: Visitor) -> None:
    await visitor.log_in("Rita Reader")
    other = Visitor(await visitor.page.context.new_page(), visitor.site)
    await other.open("/logout")
    await other.sees("You are logged out")
    await other.log_in("Edda Editor")
    await visitor.page.get_by_role("button", name="Get a new one").click()
    await visitor.sees("You are signed in as Edda Editor")
    await visitor.hears("A new token was got.")
    await expect(visitor.page.locator("#payload")).to_contain_text("auth0|editor")
    await other.open("/logout")
    await other.sees("You are logged out")
    await visitor.page.get_by_role("button", name="Get a new one").click()
    await visitor.hears("Log in again.")
    await expect(visitor.page.locator("#who")).to_contain_text("Not signed in")


async def test_whoever_is_signed_in_stays_so_after_an_answer_that_is_not_taken(visitor: Visitor) -> None:
    await visitor.log_in()
    await visitor.open("/login-results?error=access_denied")
    await visitor.sees("belongs to no login that this tab has started")
    await expect(visitor.page.locator("#who")).to_contain_text("Rita Reader")
    await visitor.judged("The API accepts this token.")


async def test_a_short_lived_token_can_be_got_where_no_silent_frame_works(
    browser: Browser, tmp_path: Path, library: Path
) -> None:
    port = str(free_port())
    address = f"http://localhost:{port}"
    async with local_issuer(origins=(address,), lifetime=30) as issuer:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience, "AUTH0_CLIENT_ID": "dev-spa"}
        with serving(tmp_path, **own, PORT=port):
            async with visiting(browser, Site(address, issuer.address.rstrip("/"))) as visitor:
                await visitor.log_in()


@pytest.mark.parametrize("query", ["code=made-up&state=made-up", "error=access_denied&error_description=Call+555"])
async def test_an_answer_that_nobody_asked_for_is_not_taken(visitor: Visitor, query: str) -> None:
    await visitor.open(f"/login-results?{query}")
    await visitor.sees("belongs to no login that this tab has started")
    await expect(visitor.page.locator("body")).not_to_contain_text("555")
    assert visitor.page.url == f"{visitor.site.address}/login-results"


async def test_the_answer_to_another_login_is_not_taken(visitor: Visitor) -> None:
    await visitor.open("/login")
    await visitor.page.wait_for_url("**/u/login**")
    await visitor.open("/login-results?code=somebody-elses&state=somebody-elses")
    await visitor.sees("belongs to another login")


async def test_where_the_frame_gets_no_cookie_one_is_calmly_signed_out(browser: Browser, site: Site) -> None:
    async with visiting(browser, elsewhere(site)) as visitor:
        await visitor.log_in()
        await visitor.page.reload()
        await visitor.sees("You are not signed in.")


async def test_an_access_token_ends_is_refused_and_renewed(browser: Browser, tmp_path: Path, library: Path) -> None:
    port = str(free_port())
    address = f"http://127.0.0.1:{port}"
    async with local_issuer(origins=(address,), lifetime=3) as issuer:
        own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience, "AUTH0_CLIENT_ID": "dev-spa"}
        with serving(tmp_path, **own, AUTH0_LEEWAY="0", PORT=port):
            async with visiting(browser, Site(address, issuer.address.rstrip("/"))) as visitor:
                await visitor.log_in()
                ended = await visitor.token()
                await visitor.judged("The API refuses this token: The token has expired.")
                assert (await visitor.checks())["time"] == "failed"
                await expect(visitor.page.locator("#claims")).to_contain_text("ago")
                assert await visitor.call("/api/private") == 200
                assert await visitor.token() != ended
                await visitor.page.get_by_role("button", name="Get a new one").click()
                # Within one second it is the same one.
                await expect(visitor.page.locator("#said")).to_have_text(re.compile("new token was got|same token"))


async def test_the_issuer_goes_away_in_the_middle(browser: Browser, tmp_path: Path, library: Path) -> None:
    port, issuer_port = str(free_port()), free_port()
    address = f"http://127.0.0.1:{port}"
    issuing = local_issuer(port=issuer_port, origins=(address,))
    issuer = await issuing.__aenter__()
    own = {"AUTH0_DOMAIN": issuer.address, "AUTH0_AUDIENCE": issuer.audience, "AUTH0_CLIENT_ID": "dev-spa"}
    with serving(tmp_path, **own, PORT=port, JWKS_COOLDOWN="0.1"):
        async with visiting(browser, Site(address, issuer.address.rstrip("/"))) as visitor:
            await visitor.log_in()
            await issuing.__aexit__(None, None, None)
            # What was got is still good: the API has the keys.
            assert await visitor.call("/api/private") == 200
            await visitor.page.get_by_role("button", name="Get a new one").click()
            await visitor.hears("does not answer")
            await visitor.judged("The API accepts this token.")
            await visitor.page.reload()
            await visitor.sees("does not answer")
            await visitor.open("/login")
            await visitor.sees("does not answer")
            await expect(visitor.page.get_by_role("link", name="Try again")).to_be_visible()
            await visitor.open()
            await visitor.sees("does not answer")
            await visitor.open("/logout")
            await visitor.sees("You are logged out here, but not at the issuer.")
            await visitor.open()
            await visitor.sees("You are not signed in.")
            assert all("ERR_CONNECTION_REFUSED" in line for line in visitor.refusals)
            visitor.refusals.clear()
            async with local_issuer(port=issuer_port, origins=(address,)):
                await visitor.log_in("Edda Editor")
