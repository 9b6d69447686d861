"""`dev`: the API on this machine, with an issuer of its own where no tenant is configured.

The issuer lives in this process, the API in a child that is replaced at every change: keys, and the tokens made
with them, outlive a reload. This process holds the API's listening socket, so callers wait a reload out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import watchfiles

from .. import development, logs, server
from ..libraries import counting
from ..libraries.uses import Uses
from ..plain_text import unbroken
from ..settings.sources import WrongSettings, is_set
from ..tls import trusting_nobody
from .api_process import ApiProcess
from .client_credentials import TokenRefused
from .npm_assets import install_library
from .output import note
from .tenant import load_settings, machine_token, uses_local_issuer

if TYPE_CHECKING:
    import argparse
    import socket

    from ..settings import Settings

SOURCES = Path(__file__).parent.parent


def run(options: argparse.Namespace) -> int:
    defaults = {"LOG_FORMAT": "console", **({"PORT": str(options.port)} if options.port else {})}
    settings = load_settings(options.issuer_port, defaults, uses=Uses(traces=True))
    logs.configure(settings.log_level, settings.log_format)
    port = options.port or settings.port
    with server.listen("127.0.0.1", port) as listener:
        finished = server.run(lambda stop: _dev(settings, listener, port, options, stop))
    if not finished:
        logs.finish()
        os._exit(1)
    return 0


async def _dev(
    settings: Settings, listener: socket.socket, port: int, options: argparse.Namespace, stop: asyncio.Event
) -> None:
    address = f"http://127.0.0.1:{port}"
    async with contextlib.AsyncExitStack() as stack:
        if uses_local_issuer():
            from ..issuer import local_issuer

            issuer = local_issuer(
                port=options.issuer_port,
                audience=settings.audiences[0],
                origins=(address, f"http://localhost:{port}"),
                browser_client=settings.client_id or development.BROWSER_CLIENT,
                lifetime=options.token_lifetime,
            )
            await stack.enter_async_context(issuer)
        api = ApiProcess(listener, _environment(settings, address))
        stack.push_async_callback(api.stop)
        await api.start()
        works = (install_library(), _greet(settings, address), _reload(api))
        background = {asyncio.create_task(work) for work in works}
        stack.callback(lambda: [task.cancel() for task in background])
        await _until(stop, background)


async def _until(stop: asyncio.Event, background: set[asyncio.Task[None]]) -> None:
    """Wait for `stop`, or for the first of the tasks that fails: its output cannot be written, for one."""
    stopping = asyncio.create_task(stop.wait())
    waited: set[asyncio.Task[Any]] = {stopping, *background}
    while not stopping.done():
        done, waited = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def _environment(settings: Settings, address: str) -> dict[str, str]:
    """What the API's process sees: this one's environment, and what `dev` decides."""
    own = {
        "AUTH0_DOMAIN": ",".join(settings.issuers),
        "AUTH0_AUDIENCE": ",".join(settings.audiences),
        "AUTH0_CLIENT_ID": settings.client_id or "",
        "PUBLIC_URL": settings.public_url or address,
        "LOG_FORMAT": settings.log_format,
        "WORKERS": "1",
        # Only where it was asked for: the usual port is that of Prometheus' own exporter, too.
        **({} if is_set("METRICS_PORT") else {"METRICS_PORT": "0"}),
        # Nobody balances load between a developer and the API.
        "SHUTDOWN_DELAY": "0",
        "SHUTDOWN_GRACE": "0.5",
    }
    # One process needs no files to count in, so they cannot keep it from starting.
    inherited = {name: value for name, value in os.environ.items() if name not in counting.NAMES}
    return {**inherited, **own}


async def _reload(api: ApiProcess) -> None:
    only = watchfiles.DefaultFilter(ignore_paths=[SOURCES / "issuer"])
    async for changes in watchfiles.awatch(SOURCES, watch_filter=only, debounce=200, step=50):
        names = sorted({str(Path(path).relative_to(SOURCES.parent)) for _, path in changes})
        note(unbroken(f"Changed: {', '.join(names)}. Reloading."))
        await api.stop()
        await api.start()


async def _greet(settings: Settings, address: str) -> None:
    """Print the addresses once the API answers; then a token and a line to paste, or why there is none."""
    await _until_ok(f"{address}/healthz")
    with contextlib.suppress(TimeoutError):
        # What the log says of the keys comes first, where they come at all.
        async with asyncio.timeout(2):
            await _until_ok(f"{address}/readyz")
    own = uses_local_issuer()
    _tell(
        "",
        f"  Pages     {address}/   log in, look at the token",
        f"  API       {address}   its description: {address}/docs",
        f"  Issuer    {settings.issuers[0]}   {'local, with real RS256 keys' if own else 'your tenant'}",
        f"  Audience  {settings.audiences[0]}",
        "",
    )
    try:
        token = await asyncio.to_thread(machine_token, settings)
    except (TokenRefused, WrongSettings) as error:
        _tell(f"  No token  {' '.join(str(error).split())}")
    else:
        # Without the issuer's keys the line would not succeed. A wrong AUTH0_DOMAIN never has any.
        await _until_ok(f"{address}/readyz")
        _tell(f"  Token     {token}", "")
        _tell(f"  Try       curl -H 'Authorization: Bearer {token}' {address}/api/private")
    _tell("", "  Ctrl-C ends it.", "")


def _tell(*lines: str) -> None:
    print(*map(unbroken, lines), sep="\n", flush=True)  # noqa: T201


async def _until_ok(url: str) -> None:
    patient = httpx.AsyncClient(verify=trusting_nobody(), trust_env=False, timeout=None)  # noqa: S113 - a reload may be waited out
    async with patient as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.05)
