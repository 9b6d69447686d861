"""`serve`: the API in production."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING

from .. import logs, server, workers
from ..app import create_app
from ..configuration import load
from ..libraries.uses import Uses
from ..telemetry import exposition
from ..web.observing import unreadable
from . import CommandFailed

if TYPE_CHECKING:
    import argparse

    from ..settings import Settings
    from ..telemetry.watching import Telemetry


log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    settings = load(uses=Uses(traces=True, counts=True))
    logs.configure(settings.log_level, settings.log_format)
    if options.listener is not None:
        listener = socket.socket(fileno=options.listener)
    else:
        listener = server.listen(settings.host, settings.port)
    # Opened before anything runs, so that a port that is taken ends the command.
    metrics = server.listen(settings.host, settings.metrics_port) if settings.metrics_port else None

    if settings.workers == 1:
        return _work(settings, listener, metrics, watch_parent=options.listener is not None)

    def show_all_workers() -> None:
        if metrics is not None:
            exposition.serve(metrics, exposition.of_all_workers())

    try:
        with exposition.shared_by_workers():
            return workers.fork_workers(settings.workers, lambda: _work(settings, listener, None), show_all_workers)
    except exposition.NowhereToCount as error:
        raise CommandFailed(str(error)) from None


def spare_the_collector() -> None:
    """Take what was imported out of the garbage collector's sight, and call it less often.

    It looks at everything that has survived, which after importing is 200,000 objects that never become garbage;
    thousands of remembered tokens make it look often, and callers wait while it does.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _work(
    settings: Settings, listener: socket.socket, metrics: socket.socket | None, *, watch_parent: bool = False
) -> int:
    """Serve in this process, to the end. `metrics` is absent where this is one worker of several."""
    # Here, since what it counts with depends on whether there are several.
    from ..telemetry.watching import start

    telemetry = start(settings)
    if metrics is not None:
        exposition.serve(metrics, telemetry.metrics.registry)
    server.run(_serve(settings, listener, telemetry, watch_parent=watch_parent))
    return 0


async def _serve(settings: Settings, listener: socket.socket, telemetry: Telemetry, *, watch_parent: bool) -> None:
    stop = server.stop_on_signal()
    if watch_parent:
        # `dev` holds the other end of standard input: when it ends, however it ends, this becomes readable.
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    app = create_app(settings, telemetry=telemetry)
    spare_the_collector()
    host, port = listener.getsockname()[:2]
    log.info("listening", extra={"host": host, "port": port})

    def drain() -> None:
        app.draining = True
        log.info("draining", extra={"delay": settings.shutdown_delay, "grace": settings.shutdown_grace})

    def note(status: int) -> None:
        app.observer.ended(unreadable(status))

    how = server.Drain(settings.shutdown_delay, settings.shutdown_grace)
    await server.serve(app, listener, stop, how, drain, on_unreadable=note)
    log.info("stopped")
    # At once: a thread that asks for a name, or sends traces, and gets no answer would hold up the end.
    logging.shutdown()
    os._exit(0)
