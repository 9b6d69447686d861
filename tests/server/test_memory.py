"""A connection takes a bounded part of the memory, whatever its client does. Real processes."""

from __future__ import annotations

import asyncio

import pytest

from .api import get
from .crowds import KINDS, crowd, memory, settled
from .process import process

COUNT = 50


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "hypercorn"])
@pytest.mark.parametrize("keys", [True, False], ids=["keys", "no keys"])
async def test_a_crowd_of_every_kind_stays_below_its_bound(plain: bool, keys: bool) -> None:
    kinds = [kind for kind in KINDS.values() if kind.keys == keys]
    taken = await memory(kinds, COUNT, plain=plain, keys=keys)
    assert taken < COUNT * sum(kind.bound for kind in kinds) * 1024


async def test_uploads_with_forged_tokens_do_not_end_the_process_while_a_fetch_hangs() -> None:
    """300 bodies of 1 MB: more than the 256 MiB that `deploy/base` grants it."""
    with process(keys=False) as served:
        async with asyncio.timeout(60), crowd(served.port, KINDS["upload that waits for keys"], 300):
            await settled(served)
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(get("/api/public", "Connection: close"))
            assert (await reader.read()).startswith(b"HTTP/1.1 200")
            writer.close()
            assert served.descriptors > 300
            assert served.peak < 256 << 20
        assert served.process.poll() is None


async def test_memory_and_descriptors_level_after_thousands_of_connections() -> None:
    with process() as served:
        await connect_often(served.port, 1000)
        descriptors, memory = served.descriptors, await settled(served)
        await connect_often(served.port, 4000)
        async with asyncio.timeout(10):
            while served.descriptors > descriptors:
                await asyncio.sleep(0.05)
        assert await settled(served) - memory < 2 << 20


async def connect_often(port: int, count: int) -> None:
    """Open connections, each for one request, and leave them in different ways."""

    async def once(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(get("/api/public")[: 10 if number % 4 == 0 else None])
        if number % 4 > 1:
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        if number % 2:
            writer.transport.abort()
        else:
            writer.close()

    for begin in range(0, count, 50):
        await asyncio.gather(*(once(number) for number in range(begin, begin + 50)))
