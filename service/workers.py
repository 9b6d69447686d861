"""Several processes on one listening socket: forked, watched, and stopped together."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_STOPPING = (signal.SIGTERM, signal.SIGINT)


def fork_workers(
    count: int, work: Callable[[int], int], patience: float, meanwhile: Callable[[], None] = lambda: None
) -> int:
    """Run `work` in `count` processes, and return the exit status of the whole. `meanwhile` is for this one, which
    only waits for them: it is called once they run, and returns at once.

    SIGTERM and SIGINT go on to each of them. When one ends by itself, the others are stopped too and the status
    is 1: whoever runs this process starts all of them again, rather than go on with fewer. A worker that has not ended
    `patience` seconds after it was told to is killed, and so is each at a second signal.

    `work` is given the reading end of a pipe, which becomes readable when this process ends, however it ends.
    """
    # Of the writing end there is one, in this process: the kernel closes it, also after a SIGKILL.
    parent, own = os.pipe()
    # They wait until all workers are there to be told.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    workers = {_fork(work, parent, own, patience) for _ in range(count)}
    stopping = False

    def tell(number: int) -> None:
        for pid in workers:
            # It may have ended just now.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(*_: object) -> None:
        nonlocal stopping
        tell(signal.SIGKILL if stopping else signal.SIGTERM)
        stopping = True
        signal.setitimer(signal.ITIMER_REAL, patience)

    def kill(*_: object) -> None:
        log.error("%d workers did not end within %g s, and are killed", len(workers), patience)
        tell(signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    for number in _STOPPING:
        signal.signal(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    meanwhile()
    status = 0
    while workers:
        pid, ended = os.wait()
        workers.discard(pid)
        if os.waitstatus_to_exitcode(ended) != 0 or not stopping:
            status = 1
        if not stopping:
            stop()
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.close(parent)
    os.close(own)
    return status


def end_with_parent(parent: int, patience: float) -> None:
    """End this process `patience` seconds after its parent, which holds the writing end of the pipe `parent`.

    That is for a process that is stuck; another one sees for itself that the pipe is readable, and ends in good order.
    So it is a thread that waits, and nothing is asked of the event loop.
    """

    def watch() -> None:
        while os.read(parent, 1):
            pass
        threading.Event().wait(patience)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _fork(work: Callable[[int], int], parent: int, parents_own: int, patience: float) -> int:
    pid = os.fork()
    if pid != 0:
        return pid
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        # In a new session a terminal's Ctrl-C reaches the parent alone, which passes it on once.
        os.setsid()
        os.close(parents_own)
        end_with_parent(parent, patience)
        status = work(parent)
    except Exception:
        log.exception("a worker failed")
    finally:
        # Whatever happened: beyond this, the child would go on as if it were the parent.
        os._exit(status)
