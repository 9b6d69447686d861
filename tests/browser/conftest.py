"""A real Chromium, with Auth0's real library, against real processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from service.cli.npm_assets import npm_ci
from service.pages.assets import LIBRARY, PACKAGE

from ..processes import free_port, service, until_ready
from ..tools import missing, need
from .visitor import Site, Visitor, visiting

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

HERE = Path(__file__).parent


def install(folder: Path, wanted: Path) -> Path:
    if problem := asyncio.run(npm_ci(folder, wanted)):
        missing(f"npm cannot install {wanted.name}: {problem}")
    return wanted


@pytest.fixture(scope="session")
def library() -> Path:
    return install(PACKAGE, LIBRARY)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which looks at a page for what keeps people out."""
    return install(HERE, HERE / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = need("chromium")
    async with async_playwright() as playwright:
        # Each of its contexts is a fresh profile.
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def site(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """What `dev` runs: the API with its pages, and the local issuer."""
    port, issuer_port = free_port(), free_port()
    where = tmp_path_factory.mktemp("dev")
    with service("dev", "--port", str(port), "--issuer-port", str(issuer_port), directory=where) as dev:
        dev.wait_for("Ctrl-C")
        yield Site(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{issuer_port}")


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, site: Site) -> AsyncIterator[Visitor]:
    """Somebody with a fresh browser profile, at whom nothing went wrong unseen."""
    async with visiting(browser, site) as visitor:
        yield visitor


@contextlib.contextmanager
def serving(directory: Path, **environment: str) -> Iterator[str]:
    """Run `serve` alone, and return its address."""
    port = environment.setdefault("PORT", str(free_port()))
    usual = {"HOST": "127.0.0.1", "SHUTDOWN_DELAY": "0", "SHUTDOWN_GRACE": "1", "METRICS_PORT": "0"}
    with service("serve", directory=directory, **{**usual, **environment}) as process:
        process.wait_for("listening")
        yield f"http://127.0.0.1:{port}"


__all__ = ["serving", "until_ready"]
