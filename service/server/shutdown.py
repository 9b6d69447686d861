"""The end of a server: what is in flight is answered, what is open is closed, and nothing outlasts its time.

stop ── delay ──> listeners closed ── grace ──> cancelled ── flush ──> aborted
  answers end       idle ones closed,             503 to what            whatever is
  connections       WebSockets told 1001          is not answered        left
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .limits import FLUSH_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .core import Core
    from .limits import ShutdownTimeouts
    from .listening import Listeners


async def shut_down(core: Core, listeners: Listeners, timeouts: ShutdownTimeouts) -> None:
    """End everything of a server, in the order above."""
    core.draining = True
    await asyncio.sleep(timeouts.delay)
    listeners.close()
    core.closing_idle = True
    for connection in list(core.connections):
        if connection.busy:
            connection.say_goodbye()
        else:
            connection.close()
    await _wait_until(core, lambda: not core.busy, timeouts.grace)
    for connection in core.busy:
        connection.cancel()
    await _wait_until(core, lambda: not core.connections, FLUSH_SECONDS)
    for connection in list(core.connections):
        connection.abort()
    # Since Python 3.12 a server waits for its connections, which close in the loop's next turn.
    await _wait_until(core, lambda: not core.connections, FLUSH_SECONDS)


async def _wait_until(core: Core, condition: Callable[[], bool], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                core.changed.clear()
                await core.changed.wait()
    except TimeoutError:
        return
