"""Applications of one's own at the local issuer: Auth0's library as it is, on a page that is none of this project's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from .visitor import Site, Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Of the pages' origin, but without their policies. (To Chromium, a page that a test makes up is not of this machine, and
# may not call it.)
PAGE = "/healthz"

# `begin` keeps the outcome instead of waiting for it: meanwhile somebody logs in.
SETUP = """async ([domain, audience, origin, options]) => {
  const { Auth0Client } = await import("/assets/auth0-spa-js.production.esm.js");
  const { authorizationParams, ...rest } = options;
  window.client = new Auth0Client({
    domain,
    clientId: "dev-spa",
    // A worker, which keeps refresh tokens elsewhere, would have to be asked for them.
    cacheLocation: "localstorage",
    authorizationParams: { audience, redirect_uri: `${origin}/login-results`, ...authorizationParams },
    ...rest,
  });
  window.begin = (promise) => {
    window.outcome = promise.then(() => "done", (error) => error.error ?? error.message);
  };
}"""


class Application:
    """A page that uses the library in its own way."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    async def set_up(self, audience: str = "http://127.0.0.1:8100", **options: Any) -> None:
        site = self.visitor.site
        # Where no icon is named, a browser looks for this one, which the API refuses.
        await self.page.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        await self.visitor.open(PAGE)
        await self.page.evaluate(SETUP, [site.issuer, audience, site.address, options])

    async def open_popup(self) -> Page:
        async with self.page.expect_popup() as opened:
            await self.page.evaluate("void begin(client.loginWithPopup())")
        return await opened.value

    async def outcome(self) -> str:
        return str(await self.page.evaluate("outcome"))

    async def session(self) -> dict[str, Any]:
        return await self.page.evaluate("client.getIdTokenClaims()")  # type: ignore[no-any-return]


@pytest_asyncio.fixture(loop_scope="session")
async def application(browser: Browser, site: Site) -> AsyncIterator[Application]:
    async with visiting(browser, site) as visitor:
        yield Application(visitor)


async def test_a_popup_logs_in_and_closes(application: Application) -> None:
    await application.set_up()
    popup = await application.open_popup()
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Edda Editor").click()
    assert await application.outcome() == "done"
    assert (await application.session())["sub"] == "auth0|editor"
    assert await application.page.evaluate("client.getTokenSilently()")
    # Whoever is logged in already is not asked: the popup closes by itself.
    await application.page.evaluate("void begin(client.loginWithPopup())")
    assert await application.outcome() == "done"
    # The hidden frame has no opener, and its answer goes to the page around it.
    assert await application.page.evaluate("client.getTokenSilently({ cacheMode: 'off' })")


async def test_declining_in_a_popup_is_told_to_the_page_that_opened_it(application: Application) -> None:
    await application.set_up()
    popup = await application.open_popup()
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Decline").click()
    assert await application.outcome() == "access_denied"


async def test_an_answer_reaches_no_opener_of_another_origin(application: Application) -> None:
    await application.set_up()
    popup = await application.open_popup()
    await popup.wait_for_url("**/u/login**")
    address = popup.url
    # The same request, in a window that another site has opened.
    thief = await application.page.context.new_page()
    await thief.goto(f"{application.visitor.site.issuer}/.well-known/jwks.json")
    await thief.evaluate("window.heard = []; addEventListener('message', ({ data }) => heard.push(data))")
    async with thief.expect_popup() as opened:
        await thief.evaluate("(address) => void open(address)", address)
    other = await opened.value
    async with thief.expect_event("console", lambda message: "postMessage" in message.text):
        await other.get_by_role("button", name="Edda Editor").click()
    assert await thief.evaluate("heard") == []
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Rita Reader").click()
    assert await application.outcome() == "done"


async def test_max_age_satisfies_the_library(application: Application) -> None:
    await application.set_up(authorizationParams={"max_age": 3600})
    popup = await application.open_popup()
    await popup.get_by_role("button", name="Rita Reader").click()
    assert await application.outcome() == "done"
    claims = await application.session()
    assert abs(claims["iat"] - claims["auth_time"]) <= 1
    assert await application.page.evaluate("client.getTokenSilently({ cacheMode: 'off' })")


@pytest.mark.parametrize("use_form_data", [True, False])
async def test_the_library_revokes_its_refresh_token(application: Application, use_form_data: bool) -> None:
    await application.set_up(useRefreshTokens=True, useFormData=use_form_data)
    popup = await application.open_popup()
    await popup.get_by_role("button", name="Rita Reader").click()
    assert await application.outcome() == "done"
    assert await application.page.evaluate("client.getTokenSilently({ cacheMode: 'off' })")
    stored = await application.page.evaluate(
        "Object.values(localStorage).map((text) => JSON.parse(text).body?.refresh_token).find(Boolean)"
    )
    await application.page.evaluate("client.revokeRefreshToken()")
    form = {"grant_type": "refresh_token", "client_id": "dev-spa", "refresh_token": stored}
    answer = await application.page.request.post(f"{application.visitor.site.issuer}/oauth/token", form=form)
    assert (await answer.json())["error"] == "invalid_grant"
