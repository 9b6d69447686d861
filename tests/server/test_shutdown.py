"""The end, as a process with one worker and with two: each request that was accepted is answered, or refused with 503."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from .api import get
from .frames import TEXT, Socket, frame, handshake
from .process import Process, process

DELAY, GRACE = 0.5, 2.0

BODY = b"POST /streams/length HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc"
REFUSED = b"POST /streams HTTP/1.1\r\nHost: a\r\nContent-Length: 600000\r\n\r\nabc"


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def rest(self) -> bytes:
        """Read to the end, whether that is a proper one or not."""
        data = b""
        with contextlib.suppress(ConnectionError):
            while part := await self.reader.read(65536):
                data += part
        return data


Connect = Callable[..., Awaitable[Client]]


@contextlib.asynccontextmanager
async def clients(served: Process) -> AsyncIterator[Connect]:
    opened: list[Client] = []

    async def connect(request: bytes = b"") -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", served.port))
        opened.append(client)
        client.writer.write(request)
        return client

    try:
        async with asyncio.timeout(30):
            yield connect
    finally:
        for client in opened:
            client.writer.transport.abort()


def is_answer(answer: bytes, status: int) -> bool:
    """Whether there is one answer, which says that the connection ends with it."""
    said = answer.lower().split(b"\r\n")
    retry = status != 503 or b"retry-after: 1" in said
    return (
        answer.startswith(b"HTTP/1.1 %d" % status)
        and answer.count(b"HTTP/1.1") == 1
        and b"connection: close" in said
        and retry
    )


@pytest.mark.parametrize(("workers", "plain"), [(1, True), (1, False), (2, True)], ids=["1", "1, hypercorn", "2"])
async def test_at_each_moment_of_a_request(workers: int, plain: bool) -> None:
    with process(workers, plain, DELAY, GRACE) as served:
        async with clients(served) as connect:
            whole = get("/api/public")
            silent, late = await connect(), await connect()
            half, halves = await connect(whole[:20]), await connect(whole[:20])
            body, bodies = await connect(BODY), await connect(BODY)
            waits, naps = await connect(get("/streams/wait")), await connect(get("/streams/nap"))
            ticks, deaf = await connect(get("/streams/ticks")), await connect(get("/streams/rows"))
            lingers, idle = await connect(REFUSED), await connect(whole)
            shakes, opens = await connect(handshake("/streams/handshake")), await connect(handshake("/streams/echo"))
            deaf.reader._transport.pause_reading()  # type: ignore[attr-defined]
            # What is told first tells that all of them have been read.
            opened = await Socket.opened(opens.reader, opens.writer)
            opened.writer.write(frame(TEXT, b"a"))
            assert (await opened.receive()).data == b"a"
            assert (await idle.reader.readuntil(b'see this."}\n')).startswith(b"HTTP/1.1 200")
            await ticks.reader.readuntil(b"tick\n")
            await lingers.reader.readuntil(b"\r\n\r\n")
            fresh = await connect(get("/streams/nap"))

            served.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            # For the delay it goes on, and ends each connection with its answer.
            late.writer.write(whole)
            assert (await late.rest()).startswith(b"HTTP/1.1 200")
            assert await silent.rest() == b""
            assert time.monotonic() - began >= DELAY
            # The listener is closed: what was begun before is finished, and no other is begun.
            assert await idle.rest() == b""
            with pytest.raises(ConnectionError):
                while True:
                    # Each worker closes its own.
                    await (await connect()).rest()
            halves.writer.write(whole[20:])
            bodies.writer.write(b"def")
            for client in (halves, bodies, naps, fresh):
                assert is_answer(await client.rest(), 200)
            assert await opened.end() == 1001
            # And what takes longer is refused.
            for client in (half, body, waits, shakes):
                assert is_answer(await client.rest(), 503)
            assert not (await ticks.rest()).endswith(b"0\r\n\r\n")
            assert await served.ended(30) == 0
            assert time.monotonic() - began < DELAY + GRACE + 10


@pytest.mark.parametrize("workers", [1, 2])
async def test_who_connects_just_before_the_listener_closes_is_answered(workers: int) -> None:
    with process(workers) as served:
        async with clients(served) as connect:
            assert (await (await connect(get("/api/public", "Connection: close"))).rest()).startswith(b"HTTP/1.1 200")
            answers: list[bytes] = []

            async def call() -> None:
                with contextlib.suppress(ConnectionError):
                    while True:
                        client = await connect(get("/api/public", "Connection: close"))
                        answers.append(await client.rest())

            calling = [asyncio.create_task(call()) for _ in range(20)]
            while len(answers) < 50:
                await asyncio.sleep(0)
            served.process.send_signal(signal.SIGTERM)
            await asyncio.gather(*calling)
            assert {answer[:12] for answer in answers} == {b"HTTP/1.1 200"}
            assert await served.ended(30) == 0


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_second_signal_ends_at_once(workers: int) -> None:
    with process(workers, delay=60, grace=60) as served:
        async with clients(served) as connect:
            waiting = await connect(get("/streams/wait"))
            assert (await (await connect(get("/api/public", "Connection: close"))).rest()).startswith(b"HTTP/1.1 200")
            # Two signals of one kind that come at once are one.
            began = time.monotonic()
            while served.process.poll() is None:
                served.process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.05)
            assert served.process.returncode == 1
            assert time.monotonic() - began < 20
            assert await waiting.rest() == b""
