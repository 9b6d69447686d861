"""Several processes on one listening socket: forked, watched, and stopped together."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def fork_workers(count: int, work: Callable[[], int], meanwhile: Callable[[], None] = lambda: None) -> int:
    """Run `work` in `count` processes, and return the exit status of the whole. `meanwhile` is for this one, which
    only waits for them: it is called once they run, and returns at once.

    SIGTERM and SIGINT go on to each of them. When one ends by itself, the others are stopped too and the status
    is 1: whoever runs this process starts all of them again, rather than go on with fewer.
    """
    workers = {_fork(work) for _ in range(count)}
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in workers:
            os.kill(pid, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    meanwhile()
    status = 0
    while workers:
        pid, ended = os.wait()
        workers.discard(pid)
        if os.waitstatus_to_exitcode(ended) != 0 or not stopping:
            status = 1
        if not stopping:
            stop()
    return status


def _fork(work: Callable[[], int]) -> int:
    pid = os.fork()
    if pid == 0:
        # In a new session a terminal's Ctrl-C reaches the parent alone, which passes it on once.
        os.setsid()
        os._exit(work())
    return pid
