"""A response that outlives its token: it ends when the token does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from quart.wrappers.response import ResponseBody

from ..auth import TokenExpired

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType


class ExpiringBody(ResponseBody):
    """Raises TokenExpired at its deadline: the answer is cut, and does not end as if it were whole."""

    def __init__(self, body: ResponseBody, seconds: float) -> None:
        self._body = body
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + seconds

    async def __aenter__(self) -> ExpiringBody:
        self._chunks = aiter(await self._body.__aenter__())
        return self

    async def __aexit__(self, exc_type: type[BaseException], exc_value: BaseException, tb: TracebackType) -> None:
        await self._body.__aexit__(exc_type, exc_value, tb)

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            # Also looked at here: a timeout never comes to a body that never waits.
            if self._loop.time() >= self._deadline:
                raise TokenExpired("The token expired while the answer was being sent.")
            try:
                async with asyncio.timeout_at(self._deadline) as limit:
                    chunk = await anext(self._chunks)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if limit.expired():
                    continue
                raise
            yield chunk
