"""What one client of a WebSocket may cost, in memory and in time, and how each of them ends."""

from __future__ import annotations

import asyncio
import time
import zlib

import pytest

from service.server.limits import MAX_MESSAGE

from .api import get, serving, until
from .frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Socket, frame, handshake
from .process import process

ECHO = "/streams/echo"


async def test_no_compression_is_offered() -> None:
    async with serving() as api:
        bomb = zlib.compress(bytes(1 << 22))
        for offer in ("permessage-deflate", "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"):
            socket = await api.socket(ECHO, f"Sec-WebSocket-Extensions: {offer}")
            assert b"extensions" not in socket.head.lower()
            # RFC 6455 section 5.2: a reserved bit without an extension that gives it a meaning fails the connection.
            socket.writer.write(frame(BINARY, bomb, flags=0x40))
            assert await socket.end() == 1002


@pytest.mark.parametrize(
    "data",
    [
        frame(BINARY, bytes(MAX_MESSAGE + 1)),
        frame(TEXT, "€".encode() * (MAX_MESSAGE // 3 + 1)),
        frame(TEXT, b"a" * 70_000, last=False) + frame(CONTINUATION, b"a" * 70_000, last=False) * 15,
        # It says how long it will be, and does not end.
        frame(BINARY, bytes(1 << 21))[: (1 << 20) + 100],
    ],
    ids=["binary", "text, in bytes", "fragments", "half a frame"],
)
async def test_a_message_over_the_bound_ends_the_socket_at_once_and_the_route(data: bytes) -> None:
    async with serving() as api:
        socket = await api.socket(ECHO)
        await socket.flood(data)
        assert await socket.end() == 1009
        await until(lambda: api.events == ["begun", "ended"])
        await until(lambda: api.statuses == [101])


async def test_messages_of_every_size_come_back() -> None:
    async with serving() as api:
        socket = await api.socket(ECHO)
        for opcode, data in ((BINARY, b""), (TEXT, b""), (BINARY, bytes(MAX_MESSAGE)), (TEXT, "€".encode() * 1000)):
            await socket.flood(frame(opcode, data))
            assert await socket.receive() == (opcode, data)
        # In fragments, one of them empty, with a ping between them, and split at each byte.
        parts = (
            frame(TEXT, "€".encode()[:2], last=False), frame(PING, b"?"), frame(CONTINUATION, last=False),
            frame(CONTINUATION, "€".encode()[2:]),
        )  # fmt: skip
        for byte in b"".join(parts):
            socket.writer.write(bytes([byte]))
            await socket.writer.drain()
        assert await socket.receive() == (PONG, b"?")
        assert await socket.receive() == (TEXT, "€".encode())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xff\xff", 1002),
        (frame(TEXT, b"a", masked=False), 1002),
        (frame(TEXT, b"\xff"), 1007),
        (frame(CONTINUATION, b"a"), 1002),
        (frame(PING, bytes(126)), 1002),
        (frame(PING, last=False), 1002),
        (frame(TEXT, b"a", last=False) + frame(TEXT, b"a"), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, b"\x03\xed"), 1002),
        (frame(CLOSE, b"\x03\xe8\xff"), 1007),
        (frame(CLOSE, b"\x03\xe8bye"), 1000),
        (frame(CLOSE, b"\x0f\xa0"), 4000),
        (frame(CLOSE), 0),
    ],
)
async def test_a_break_of_the_protocol_and_a_clients_close_get_a_close_frame(data: bytes, code: int) -> None:
    async with serving() as api:
        socket = await api.socket(ECHO)
        socket.writer.write(data)
        assert await socket.end() == code
        await until(lambda: api.events == ["begun", "ended"])


async def test_clients_that_ping_or_fragment_without_an_end_are_closed_and_others_are_answered() -> None:
    floods = [
        frame(PING) * 10_900,
        frame(PONG) * 10_900,
        frame(TEXT, last=False) + frame(CONTINUATION, last=False) * 10_900,
    ]
    async with serving() as api:
        sockets = [await api.socket(ECHO) for _ in range(4)]
        flooding = [asyncio.create_task(each.flood(floods[number % 3])) for number, each in enumerate(sockets)]
        began, longest = time.process_time(), 0.0
        for _ in range(10):
            before = time.process_time()
            assert (await api.get("/api/public")).startswith(b"HTTP/1.1 200")
            longest = max(longest, time.process_time() - before)
        # On the tree before, one of these held the loop for 400 ms, and four for 5 s.
        assert longest < 0.5, f"after {time.process_time() - began} s"
        assert [await each.end() for each in sockets] == [1008] * 4
        await asyncio.gather(*flooding)
        await until(lambda: api.events == ["begun"] * 4 + ["ended"] * 4)


async def test_a_client_that_pings_and_fragments_as_usual_is_left_alone() -> None:
    async with serving() as api:
        socket = await api.socket(ECHO)
        message = frame(TEXT, b"a", last=False) + frame(CONTINUATION, b"b") + frame(PING, b"1")
        for _ in range(300):
            socket.writer.write(message)
        received = [await socket.receive() for _ in range(600)]
        assert received.count((TEXT, b"ab")) == received.count((PONG, b"1")) == 300


async def test_quiet_clients_are_pinged_and_those_that_do_not_answer_are_ended() -> None:
    async with serving(ping=0.05) as api:
        alive, dead = [await api.socket(ECHO) for _ in range(2)]
        pings = 0
        # As long as it answers.
        while pings < 10:
            received = await alive.receive()
            assert received.opcode == PING
            alive.writer.write(frame(PONG, received.data))
            pings += 1
        # Three pings, and then the end, without a Close frame: there is nobody to read it.
        assert await dead.reader.read() == b"\x89\x00" * 3
        await until(lambda: api.events.count("ended") == 1)


async def test_a_client_that_reads_nothing_of_a_flood_and_leaves_ends_it() -> None:
    async with serving(response=0.3) as api:
        # One that leaves, and one that stays.
        for leaves in (True, False):
            socket = await api.socket("/streams/floods")
            socket.reader._transport.pause_reading()  # type: ignore[attr-defined]
            assert (await api.get("/api/public")).startswith(b"HTTP/1.1 200")
            if leaves:
                socket.writer.transport.abort()
            await until(lambda: api.statuses.count(101) == (1 if leaves else 2))  # noqa: B023


async def test_bytes_before_the_handshake_is_answered_wait() -> None:
    async with serving() as api:
        reader, writer = await api.connect(handshake(ECHO) + frame(TEXT, b"early") + frame(CLOSE, b"\x03\xe8"))
        socket = await Socket.opened(reader, writer)
        assert await socket.end() == 1000


async def test_a_socket_after_a_plain_request_on_the_same_connection() -> None:
    async with serving() as api:
        reader, writer = await api.connect(get("/api/public") + handshake(ECHO) + frame(TEXT, b"a"))
        await reader.readuntil(b'see this."}\n')
        socket = await Socket.opened(reader, writer)
        assert await socket.receive() == (TEXT, b"a")


async def test_no_client_fills_the_memory() -> None:
    """In a process of its own, and far from the 256 MiB that `deploy/base` grants it."""
    attacks = {
        # Messages to a handler that does not look at them, of every size.
        "/streams/sends": [frame(TEXT, b"a" * 60_000), frame(BINARY, bytes(MAX_MESSAGE)), frame(BINARY) * 9000],
        # One message without an end.
        ECHO: [frame(BINARY, bytes(60_000), last=False), frame(TEXT, "€".encode() * 20_000, last=False)],
    }
    sockets: list[Socket] = []
    flooding: list[asyncio.Task[None]] = []
    with process() as served:
        before = served.peak
        try:
            async with asyncio.timeout(30):
                for path, floods in attacks.items():
                    for flood in floods:
                        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
                        writer.write(handshake(path))
                        sockets.append(await Socket.opened(reader, writer))
                        sends = sockets[-1].flood(flood, 48_000_000 // len(flood))
                        flooding.append(asyncio.create_task(sends))
                # Each is held back or ended: the buffers between the two processes are full when nothing moves.
                done = 0.0
                while done != (done := served.peak):
                    await asyncio.wait(flooding, timeout=0.4)
                assert served.peak - before < 32 << 20
        finally:
            for socket in sockets:
                socket.writer.transport.abort()
            await asyncio.gather(*flooding)
