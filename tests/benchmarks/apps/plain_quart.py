"""Quart on Hypercorn with one route and nothing else: what all the rows are compared with."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

if TYPE_CHECKING:
    from collections.abc import Callable

app = Quart(__name__)
message = os.environ["MESSAGE"]


@app.get("/api/private")
async def answer() -> dict[str, str]:
    return {"message": message}


def main() -> None:
    config = Config()
    config.bind = [f"127.0.0.1:{os.environ['PORT']}"]
    # By default Hypercorn ends a connection after 1,000 requests. The service does not, and new connections cost
    # time: the comparison would flatter the service.
    config.keep_alive_max_requests = sys.maxsize
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(app, config))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    # As the service has it: uvloop where it runs.
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
