"""Time, passed in wherever it matters."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch, which a token's times are compared with (RFC 7519 section 2)."""

    def monotonic(self) -> float:
        """Seconds since some moment; never set back, so that ages and waits are measured with it."""

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
