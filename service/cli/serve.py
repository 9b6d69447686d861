"""`serve`: the API in production."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import sys
from typing import TYPE_CHECKING

from .. import logs, server, workers
from ..app import create_app
from ..configuration import load

if TYPE_CHECKING:
    import argparse

    from ..settings import Settings


log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    if options.listener is not None:
        listener = socket.socket(fileno=options.listener)
    else:
        listener = server.listen(settings.host, settings.port)

    def work() -> int:
        server.run(_serve(settings, listener, watch_parent=options.listener is not None))
        return 0

    return work() if settings.workers == 1 else workers.fork_workers(settings.workers, work)


def spare_the_collector() -> None:
    """Take what was imported out of the garbage collector's sight, and call it less often.

    It looks at everything that has survived, which after importing is 200,000 objects that never become garbage;
    thousands of remembered tokens make it look often, and callers wait while it does.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


async def _serve(settings: Settings, listener: socket.socket, *, watch_parent: bool) -> None:
    stop = server.stop_on_signal()
    if watch_parent:
        # `dev` holds the other end of standard input: when it ends, however it ends, this becomes readable.
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    app = create_app(settings)
    spare_the_collector()
    log.info("listening on %s port %d", *listener.getsockname()[:2])

    def drain() -> None:
        app.draining = True

    await server.serve(app, listener, stop, server.Drain(settings.shutdown_delay, settings.shutdown_grace), drain)
