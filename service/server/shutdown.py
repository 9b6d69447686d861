"""The end of a server: what was accepted is answered, what is open is closed, and nothing outlasts its time.

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

# Seconds for the heads of those who were accepted last, and have no connection elsewhere to send them on.
_LAST_HEADS = 0.2

# Seconds between two looks at what is left. Nothing tells of bytes that the kernel has taken.
_LOOKS = 0.02


async def shut_down(core: Core, listeners: Listeners, timeouts: ShutdownTimeouts) -> None:
    """End everything of a server, in the order above."""
    core.draining = True
    await asyncio.sleep(timeouts.delay)
    await listeners.close()
    until = core.time() + timeouts.grace
    await asyncio.sleep(_LAST_HEADS)
    core.closing_idle = True
    for connection in list(core.connections):
        if connection.busy:
            connection.say_goodbye()
        elif not connection.in_head and not connection.closing:
            connection.close()
    await _wait(core, lambda: any(each.busy or each.in_head for each in core.connections), until)
    for connection in list(core.connections):
        if connection.busy:
            # Also one whose WebSocket has been opened since.
            connection.say_goodbye()
            connection.cancel()
        elif connection.in_head:
            connection.refuse()
    await _flush(core, max(until, core.time()) + FLUSH_SECONDS)
    for connection in list(core.connections):
        connection.abort()
    # Since Python 3.12 a server waits for its connections, which close in the loop's next turn.
    await _wait(core, lambda: bool(core.connections), core.time() + FLUSH_SECONDS)


async def _wait(core: Core, while_true: Callable[[], bool], until: float) -> None:
    while while_true() and core.time() < until:  # noqa: ASYNC110 - what it looks at has no event
        await asyncio.sleep(_LOOKS)


async def _flush(core: Core, until: float) -> None:
    """Let clients take what was written, for as long as any of them takes something."""
    seen, seen_at = (0, 0), 0.0
    while core.connections and core.time() < until:
        left = (len(core.connections), sum(connection.unsent for connection in core.connections))
        if left != seen:
            seen, seen_at = left, core.time()
        elif core.time() - seen_at > FLUSH_SECONDS:
            return
        await asyncio.sleep(_LOOKS)
