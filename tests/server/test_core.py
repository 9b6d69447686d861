"""As many connections as there are descriptors for."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from .raw import HEAD, App, client, read_answer, serving, until

OK = HEAD % (b"GET", b"/ok", b"")
WAIT = HEAD % (b"GET", b"/wait", b"")
MOST = 8


@pytest.fixture(params=[True, False], ids=["plain", "hypercorn"])
def plain(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def test_what_waits_longest_is_closed_first(plain: bool) -> None:
    async with (
        serving(App(), plain=plain, most=MOST) as port,
        contextlib.AsyncExitStack() as stack,
        asyncio.timeout(20),
    ):

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            opened = await stack.enter_async_context(client(port))
            # One after the other, so that it is known which is the oldest.
            await asyncio.sleep(0.01)
            return opened

        clients = [await connect() for _ in range(MOST)]
        # One has been served meanwhile, and waits for less long; one is just sending a head, and another a byte of it.
        used, heading, silent = clients[0], clients[1], clients[2]
        used[1].write(OK)
        await read_answer(used[0])
        heading[1].write(OK[:5])
        await asyncio.sleep(0.15)
        later = [await connect() for _ in range(2)]
        # The one that sends its head byte by byte began to wait before the silent one.
        assert await heading[0].read() == b""
        assert await silent[0].read() == b""
        for reader, writer in (used, *clients[3:], *later):
            writer.write(OK)
            assert (await read_answer(reader))[1] == b"ok"


async def test_a_crowd_of_silent_clients_keeps_nobody_out(plain: bool) -> None:
    told: list[None] = []
    async with (
        serving(App(), plain=plain, most=MOST, on_full=lambda: told.append(None)) as port,
        contextlib.AsyncExitStack() as stack,
        asyncio.timeout(20),
    ):
        for _ in range(5 * MOST):
            await stack.enter_async_context(client(port))
        async with client(port) as (reader, writer):
            writer.write(OK)
            assert (await read_answer(reader))[1] == b"ok"
        assert told


async def test_where_all_are_in_use_new_clients_wait_and_are_served_then(plain: bool) -> None:
    app, told = App(), list[None]()
    async with (
        serving(app, plain=plain, most=MOST, on_full=lambda: told.append(None)) as port,
        contextlib.AsyncExitStack() as stack,
        asyncio.timeout(20),
    ):
        busy = [await stack.enter_async_context(client(port)) for _ in range(MOST)]
        for _, writer in busy:
            writer.write(WAIT)
        await until(lambda: app.seen == ["started"] * MOST)
        # The last that is accepted, and those that wait in the kernel.
        waiting = [await stack.enter_async_context(client(port)) for _ in range(2 * MOST)]
        for _, writer in waiting:
            writer.write(OK)
        await until(lambda: told)
        await asyncio.sleep(0.1)
        # No turn of the loop is spent on those that cannot be accepted.
        assert len(told) == 1
        assert app.seen.count("answered") < MOST
        app.go_on.set()
        for reader, writer in (*busy, *waiting):
            head, body = await read_answer(reader)
            assert body == b"ok"
            # Those who held up the others are told to come back on another connection.
            assert (reader, writer) in waiting or b"connection: close" in head
            writer.close()
        # With room again, connections are kept again.
        async with client(port) as (reader, writer):
            for _ in range(3):
                writer.write(OK)
                head, _ = await read_answer(reader)
            assert b"connection: close" not in head
