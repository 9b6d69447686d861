"""The one place that knows all parts."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import TYPE_CHECKING

from . import openapi, routes
from .auth import Clock, RefreshPolicy, RemoteKeySet, SystemClock, Verifier
from .key_set_client import KeySetFetcher, http_client
from .pages import assets, docs, site
from .web import Application, guard
from .web.origins import WebSocketOrigins, install_cors

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    import httpx

    from .auth.jwks import Fetch
    from .settings import Settings
    from .telemetry.watching import Telemetry


def create_app(
    settings: Settings,
    *,
    telemetry: Telemetry | None = None,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Application:
    """Build the API, watched over by `telemetry`. `clock` and `transport` replace the system's time and network, for
    tests."""
    clock = clock or SystemClock()
    client = http_client(transport, tls=any(issuer.startswith("https://") for issuer in settings.issuers))
    fetch: Fetch = KeySetFetcher(client, settings.jwks_timeout)
    fetch_context: Callable[[], Context] = Context
    if telemetry and telemetry.tracing:
        client.event_hooks["request"].append(telemetry.tracing.continue_fetch)
        fetch, fetch_context = telemetry.tracing.traced(fetch), telemetry.tracing.fetch_context
    policy = RefreshPolicy(ttl=settings.jwks_ttl, cooldown=settings.jwks_cooldown, max_stale=settings.jwks_max_stale)
    report = telemetry.key_set if telemetry else None
    sources = {
        issuer: RemoteKeySet(
            issuer,
            fetch,
            clock,
            algorithms=settings.algorithms,
            policy=policy,
            report=report,
            new_context=fetch_context,
        )
        for issuer in settings.issuers
    }
    verifier = Verifier(
        sources,
        audiences=settings.audiences,
        leeway=settings.leeway,
        clock=clock,
        remembered=settings.token_cache_size,
        algorithms=settings.algorithms,
        callers=settings.callers,
    )

    app = Application("service", verifier, settings.resource, telemetry)
    guard.install(app, WebSocketOrigins(settings.cors_allow_origins, settings.resource))
    install_cors(app, settings.cors_allow_origins)
    openapi.install(app)
    for blueprint in routes.blueprints():
        app.register_blueprint(blueprint)
    app.register_blueprint(assets.blueprint)
    for pages in (docs, site):
        app.register_blueprint(pages.create(settings.issuers[0], settings.client_id, settings.audiences[0]))
    app.check_routes()

    @app.while_serving
    async def keep_keys() -> AsyncGenerator[None, None]:
        # In the background: the API starts, and lives, whether its issuer can be reached or not.
        tasks = [asyncio.create_task(source.run(), name=f"keys of {source.issuer}") for source in sources.values()]
        if telemetry:
            tasks.append(asyncio.create_task(telemetry.watch(sources.values(), verifier.cache), name="telemetry"))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for source in sources.values():
            await source.close()
        await client.aclose()
        if telemetry:
            await telemetry.close()

    return app
