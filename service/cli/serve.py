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
from ..libraries.uses import Uses
from ..settings.sources import load
from ..telemetry import exposition, shared_counts
from ..web import RouteError
from ..web.observing import unreadable
from . import CommandFailed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ..settings import Settings
    from ..telemetry.watching import Telemetry


log = logging.getLogger(__name__)

# What an end may take beside SHUTDOWN_DELAY and SHUTDOWN_GRACE: last words on connections, and the last traces.
_ENDING_SECONDS = 8.0

# Seconds in which it is logged once that there is no room for more connections. The metric has each time.
_FULL_AGAIN_SECONDS = 60.0


def run(options: argparse.Namespace) -> int:
    settings = load(uses=Uses(traces=True, counts=True))
    logs.configure(settings.log_level, settings.log_format)
    if options.listener is not None:
        listener = socket.socket(fileno=options.listener)
    else:
        listener = server.listen(settings.host, settings.port)
    # Opened before anything runs, so that a port that is taken ends the command.
    metrics = server.listen(settings.host, settings.metrics_port) if settings.metrics_port else None

    patience = settings.shutdown_delay + settings.shutdown_grace + _ENDING_SECONDS
    if settings.workers == 1:
        # `dev` holds the other end of standard input.
        parent = None if options.listener is None else sys.stdin.fileno()
        if parent is not None:
            workers.end_with_parent(parent, patience)
        _work(settings, listener, metrics, parent)
    try:
        with shared_counts.shared_by_workers() as shared:

            def work(parent: int) -> int:
                if metrics is not None:
                    # Open in two processes, it would stay taken while this one outlives the other.
                    metrics.close()
                shared.join()
                return _work(settings, listener, None, parent, at_end=shared.leave)

            def meanwhile() -> None:
                # The workers' alone: a copy that stays open would take connections that no worker accepts.
                listener.close()
                shared.hand_over()
                if metrics is not None:
                    exposition.serve(metrics, shared_counts.all_workers_registry())

            return workers.fork_workers(settings.workers, work, patience, meanwhile)
    except shared_counts.CannotCount as error:
        raise CommandFailed(str(error)) from None


def tune_gc() -> None:
    """Take what was imported out of the garbage collector's sight, and call it less often.

    It looks at everything that has survived, which after importing is 200,000 objects that never become garbage;
    thousands of remembered tokens make it look often, and callers wait while it does.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _work(
    settings: Settings,
    listener: socket.socket,
    metrics: socket.socket | None,
    parent: int | None,
    at_end: Callable[[], None] = lambda: None,
) -> NoReturn:
    """Serve in this process, and end it. `metrics` is absent where this is one worker of several; `parent` is a pipe
    that becomes readable when this process's parent ends, where it must not outlive it."""
    # Here, since what it counts with depends on whether there are several.
    from ..telemetry.watching import start

    telemetry = start(settings)
    if metrics is not None:
        exposition.serve(metrics, telemetry.metrics.registry)
    try:
        finished = server.run(lambda stop: _serve(settings, listener, telemetry, parent, stop), wait_for_threads=False)
        at_end()
    finally:
        # Before a traceback is printed.
        logs.finish()
    # At once: a thread that asks for a name, or sends traces, and gets no answer would hold up the end.
    os._exit(0 if finished else 1)


async def _serve(
    settings: Settings, listener: socket.socket, telemetry: Telemetry, parent: int | None, stop: asyncio.Event
) -> None:
    if parent is not None:
        _stop_with(parent, stop)
    try:
        app = create_app(settings, telemetry=telemetry)
    except RouteError as error:
        raise CommandFailed(str(error)) from None
    tune_gc()
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
        plain=settings.plain_path == "on",
        on_draining=drain,
        on_unreadable=note,
        on_full=full,
    )
    log.info("stopped")


def _stop_with(parent: int, stop: asyncio.Event) -> None:
    """Set `stop` when the parent ends; not by a signal, since a second one would cut short what has begun."""
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(parent)
        stop.set()

    loop.add_reader(parent, ended)
