from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from service import server
from service.app import create_app
from service.web import Application

from ..tenant import ManualClock, Tenant, settings
from ..web.orders import blueprint

Serve = Callable[..., AbstractAsyncContextManager[int]]


@pytest.fixture
def app(tenant: Tenant, clock: ManualClock) -> Application:
    """The API, with routes of a user's own."""
    app = create_app(settings(cors_allow_origins=("https://app.example.com",)), clock=clock, transport=tenant.transport)
    app.register_blueprint(blueprint)
    return app


@pytest.fixture(params=[True, False], ids=["plain", "hypercorn"])
def plain(request: pytest.FixtureRequest) -> bool:
    """The value of PLAIN_PATH: everything of the contract holds with both."""
    return bool(request.param)


@pytest.fixture
def serve(app: Application, plain: bool) -> Serve:
    """Serves it in this event loop; gives its port."""

    @contextlib.asynccontextmanager
    async def serve_app(**patience: float) -> AsyncIterator[int]:
        listener = server.listen("127.0.0.1", 0)
        port = int(listener.getsockname()[1])
        async with server.running(app, listener, server.ClientTimeouts(**patience), plain=plain):
            yield port

    return serve_app
