"""Serving an app, from its start to the last answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import TYPE_CHECKING, Any

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.config import Config
from hypercorn.utils import wrap_app

from .core import Core
from .limits import MAX_HEAD, MAX_MESSAGE, ClientTimeouts, ShutdownTimeouts
from .listening import Listeners, most_connections
from .shutdown import shut_down

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Coroutine

log = logging.getLogger(__name__)


async def serve(
    app: Any,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    shutdown: ShutdownTimeouts | None = None,
    timeouts: ClientTimeouts | None = None,
    plain: bool = True,
    most: int | None = None,
    on_draining: Callable[[], None] = lambda: None,
    on_unreadable: Callable[[int], None] = lambda status: None,
    on_full: Callable[[], None] = lambda: None,
) -> None:
    """Serve an ASGI app until `stop` is set, then stop as `shutdown` says. The listener is closed in the end.

    `plain` turns the plain path on; `most` is the largest number of connections, by default what the process has
    descriptors for. `on_unreadable` is told the status of each answer to what no app could be given, since it is no
    HTTP; `on_full` is called whenever there were more than `most`: then idle ones are closed, the longest waiting
    first, and where each is in use, new ones wait.
    """
    config = _config()
    listeners: Listeners
    core = Core(
        app,
        config=config,
        timeouts=timeouts or ClientTimeouts(),
        plain=plain,
        most=most_connections() if most is None else most,
        on_unreadable=on_unreadable,
        on_full=on_full,
        pause=lambda: listeners.pause(),
        resume=lambda: listeners.resume(),
    )
    listeners = Listeners(listener, core.connect)
    async with _lifespan(app, config):
        await listeners.open()
        sweep = asyncio.create_task(core.sweep(), name="sweep of connections")
        try:
            await stop.wait()
            on_draining()
            await shut_down(core, listeners, shutdown or ShutdownTimeouts())
        finally:
            listeners.close()
            sweep.cancel()
            for connection in list(core.connections):
                connection.abort()


@contextlib.asynccontextmanager
async def _lifespan(app: Any, config: Config) -> AsyncIterator[None]:
    """Start the app, and shut it down."""
    loop = asyncio.get_running_loop()
    lifespan = Lifespan(wrap_app(app, config.wsgi_max_body_size, "asgi"), config, loop, {})
    task = loop.create_task(lifespan.handle_lifespan(), name="lifespan")
    await lifespan.wait_for_startup()
    if task.done():
        task.result()
    try:
        yield
    finally:
        await lifespan.wait_for_shutdown()
        task.cancel()
        await asyncio.wait({task})


def _config() -> Config:
    """Hypercorn's settings, as far as its classes read them here."""
    config = Config()
    config.h11_max_incomplete_size = MAX_HEAD
    config.websocket_max_message_size = MAX_MESSAGE
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    return config


@contextlib.asynccontextmanager
async def running(
    app: Any, listener: socket.socket, timeouts: ClientTimeouts | None = None, *, plain: bool = True
) -> AsyncIterator[None]:
    """Serve in the background, in this event loop, while the context lasts."""
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app, listener, stop, timeouts=timeouts, plain=plain))
    try:
        yield
    finally:
        stop.set()
        await task


def run(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]], *, wait_for_threads: bool = True) -> bool:
    """Run a coroutine in a new event loop: uvloop's where it is installed. `main` is given the event that the first
    SIGTERM or SIGINT sets.

    Returns False where a second signal came: then nothing was waited for, and the process should leave at once.
    `wait_for_threads` is for a process that goes on: a thread that asks for a name, and gets no answer, takes long.
    """
    runner = asyncio.Runner(loop_factory=_loop_factory())
    finished = runner.run(_until_second_signal(main))
    if finished and wait_for_threads:
        runner.close()
    return finished


async def _until_second_signal(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> bool:
    loop = asyncio.get_running_loop()
    stop, at_once = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (at_once if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    work = asyncio.create_task(main(stop), name="main")
    waiting = asyncio.create_task(at_once.wait())
    await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not work.done():
        return False
    work.result()
    return True


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
