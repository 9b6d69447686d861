from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from service.issuer import LocalIssuer, local_issuer

from ..tenant import ManualClock
from .browser import Application


@pytest.fixture
async def issuer(clock: ManualClock) -> AsyncIterator[LocalIssuer]:
    async with local_issuer(clock=clock) as issuer:
        yield issuer


@pytest.fixture
async def http(issuer: LocalIssuer) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's side: it keeps cookies, and shows redirects instead of following them."""
    async with httpx.AsyncClient(base_url=issuer.address, trust_env=False) as client:
        yield client


@pytest.fixture
def application(issuer: LocalIssuer, http: httpx.AsyncClient) -> Application:
    return Application(http, issuer.audience)
