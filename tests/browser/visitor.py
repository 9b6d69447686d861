"""Somebody who looks at the pages, with an eye on what a person does not see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, expect

__all__ = ["Site", "Visitor", "elsewhere", "expect", "visiting"]


@dataclass(frozen=True)
class Site:
    """Addresses without a "/" at the end."""

    address: str
    issuer: str


def elsewhere(site: Site) -> Site:
    """To a browser localhost is another site than 127.0.0.1, where the issuer is."""
    return Site(site.address.replace("127.0.0.1", "localhost"), site.issuer)


@dataclass
class Visitor:
    """`refusals` are the browser's own lines on answers and connections that failed, see `provoked`. What the pages themselves print or break is in `complaints`."""

    page: Page
    site: Site
    refusals: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"pageerror: {error}"))
        self.page.context.on("request", lambda request: self.addresses.append(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.text.startswith("Failed to load resource"):
            self.refusals.append(message.text)
        elif message.type not in ("log", "info", "debug"):
            self.complaints.append(f"{message.type}: {message.text}")

    async def open(self, path: str = "/") -> None:
        await self.page.goto(f"{self.site.address}{path}")

    async def log_in(self, name: str = "Rita Reader") -> None:
        """From the start page, as somebody who is built into the issuer, to the token page."""
        await self.open()
        await self.page.get_by_role("main").get_by_role("link", name="Log in").click()
        await self.page.get_by_role("button", name=name).click()
        await self.sees(f"You are signed in as {name}")
        await self.judged("The API accepts this token.")

    async def sees(self, text: str) -> None:
        await expect(self.page.locator("#status")).to_contain_text(text)

    async def hears(self, text: str) -> None:
        """What is said beside the buttons."""
        await expect(self.page.locator("#said")).to_contain_text(text)

    async def judged(self, text: str) -> None:
        await expect(self.page.locator("#verdict")).to_contain_text(text)

    async def checks(self) -> dict[str, str]:
        """The ticks, by name."""
        rows = self.page.locator("#checks li")
        names = [await row.get_attribute("data-check") for row in await rows.all()]
        outcomes = await rows.locator(".outcome").all_text_contents()
        return dict(zip(map(str, names), outcomes, strict=True))

    async def call(self, path: str) -> int:
        """Press a button that calls the API, and return the status that is shown."""
        await self.page.locator(f"[data-call='{path}']").click()
        called = self.page.locator("#called")
        await expect(called).to_contain_text(f"{path} answers")
        return int((await called.inner_text()).removeprefix(f"{path} answers ")[:3])

    async def paste(self, token: str) -> None:
        await self.page.get_by_label("Paste a token").fill(token)
        await self.page.get_by_role("button", name="Look at it").click()

    async def token(self) -> str:
        return await self.page.locator("#raw").inner_text()

    async def storage(self) -> str:
        """All that the pages keep in the browser."""
        return str(
            await self.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
        )

    async def provoked(self, text: str) -> None:
        """Wait for one of the browser's lines, which the test has provoked."""
        async with asyncio.timeout(10):
            while not (found := [line for line in self.refusals if text in line]):
                await asyncio.sleep(0.02)
        self.refusals.remove(found[0])

    async def evaluate(self, script: str) -> Any:
        return await self.page.evaluate(script)


@contextlib.asynccontextmanager
async def visiting(browser: Browser, site: Site, **options: Any) -> AsyncIterator[Visitor]:
    """Open a fresh profile. In the end, nothing may have gone wrong, nor anything have been asked of elsewhere."""
    async with await browser.new_context(**options) as context:
        context.set_default_timeout(15_000)
        visitor = Visitor(await context.new_page(), site)
        visitor.watch()
        yield visitor
        assert visitor.complaints == []
        assert visitor.refusals == []
        known = {urlsplit(site.address).netloc, urlsplit(site.issuer).netloc}
        assert {urlsplit(address).netloc for address in visitor.addresses} <= known
