"""`serve`: the API in production."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import os
import socket
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from .. import logs, server, workers
from ..app import create_app
from ..configuration import load
from ..telemetry import exposition
from ..web.observing import unreadable
from . import CommandFailed

if TYPE_CHECKING:
    import argparse

    from ..settings import Settings
    from ..telemetry.watching import Telemetry


log = logging.getLogger(__name__)

# Seconds in which it is logged once that there is no room for more connections. The metric has each time.
_FULL_AGAIN_SECONDS = 60.0


def run(options: argparse.Namespace) -> int:
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    if options.listener is not None:
        listener = socket.socket(fileno=options.listener)
    else:
        listener = server.listen(settings.host, settings.port)
    # Opened before anything runs, so that a port that is taken ends the command.
    metrics = server.listen(settings.host, settings.metrics_port) if settings.metrics_port else None

    if settings.workers == 1:
        _work(settings, listener, metrics, watch_parent=options.listener is not None)

    def show_all_workers() -> None:
        # The workers' alone: a copy that stays open would take connections that nobody accepts.
        listener.close()
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
) -> NoReturn:
    """Serve in this process, and end it. `metrics` is absent where this is one worker of several."""
    # Here, since what it counts with depends on whether there are several.
    from ..telemetry.watching import start

    telemetry = start(settings)
    if metrics is not None:
        exposition.serve(metrics, telemetry.metrics.registry)
    try:
        finished = server.run(
            lambda stop: _serve(settings, listener, telemetry, stop, watch_parent=watch_parent), wait_for_threads=False
        )
    finally:
        # Before a traceback is printed.
        logs.finish()
    # At once: a thread that asks for a name, or sends traces, and gets no answer would hold up the end.
    os._exit(0 if finished else 1)


async def _serve(
    settings: Settings, listener: socket.socket, telemetry: Telemetry, stop: asyncio.Event, *, watch_parent: bool
) -> None:
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

    told_at = -math.inf

    def full() -> None:
        nonlocal told_at
        telemetry.metrics.connections_full()
        now = time.monotonic()
        if now - told_at >= _FULL_AGAIN_SECONDS:
            told_at = now
            log.warning("as many connections as there are descriptors for: idle ones are closed, or new ones wait")

    def note(status: int) -> None:
        app.observer.ended(unreadable(status))

    await server.serve(
        app,
        listener,
        stop,
        shutdown=server.ShutdownTimeouts(settings.shutdown_delay, settings.shutdown_grace),
        plain=settings.plain_path,
        on_draining=drain,
        on_unreadable=note,
        on_full=full,
    )
    log.info("stopped")
