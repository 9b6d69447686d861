"""A connection whose client leaves, stops reading, or is refused before its body has come."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from typing import Any

import pytest

from service.server.connection import Connection
from service.server.exchange import Exchange
from service.server.fallback import Fallback

from .raw import HEAD, PAGE, App, blocking_client, client, read_answer, reset, serving, until


@pytest.fixture(params=[True, False], ids=["plain", "hypercorn"])
def plain(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(autouse=True)
def no_errors(caplog: pytest.LogCaptureFixture) -> Any:
    """Whatever a client does, nothing is logged as an error, by the server or by the event loop."""
    caplog.set_level(logging.WARNING)
    yield
    assert [record.getMessage() for record in caplog.records] == []


def connections() -> list[Any]:
    """Everything of a connection that is still in memory."""
    gc.collect()
    return [found for found in gc.get_objects() if isinstance(found, Connection | Exchange | Fallback)]


POST = HEAD % (b"POST", b"/length", b"Content-Length: 6\r\n") + b"abcdef"
CHUNKED = HEAD % (b"POST", b"/length", b"Transfer-Encoding: chunked\r\n") + b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"


@pytest.mark.parametrize("request_", [POST, CHUNKED], ids=["length", "chunked"])
@pytest.mark.parametrize("leave", ["eof", "close", "reset"])
async def test_a_client_may_leave_at_each_moment_of_a_request(plain: bool, request_: bytes, leave: str) -> None:
    app = App()
    async with serving(app, plain=plain) as port, asyncio.timeout(30):
        for length in range(len(request_)):
            async with client(port) as (reader, writer):
                writer.write(request_[:length])
                await asyncio.sleep(0)
                if leave == "reset":
                    reset(writer)
                elif leave == "eof":
                    writer.write_eof()
                    assert await reader.read() == b""
        async with client(port) as (reader, writer):
            writer.write(request_)
            head, body = await read_answer(reader)
            assert (head[:12], body) == (b"http/1.1 200", b"6")
        await until(lambda: not connections())
    assert app.seen.count("answered") == 1
    assert app.seen.count("started") - 1 == app.seen.count("cancelled")


async def test_a_whole_request_is_answered_although_its_client_sends_no_more(plain: bool) -> None:
    async with serving(App(), plain=plain) as port, asyncio.timeout(10), client(port) as (reader, writer):
        writer.write(POST + POST)
        writer.write_eof()
        assert (await reader.read()).count(b"\r\n\r\n6") == 2


@pytest.mark.parametrize("behind", [b"", HEAD % (b"GET", b"/ok", b""), b"a" * 200_000], ids=["0", "one", "many"])
@pytest.mark.parametrize("leave", ["close", "reset"])
async def test_a_client_that_vanishes_has_its_request_cancelled(plain: bool, behind: bytes, leave: str) -> None:
    """Also with more behind it than is read: the loop does not tell of it then."""
    app = App()
    # The sweep is as frequent as the shortest of these asks for.
    async with serving(app, plain=plain, ping=0.2) as port, client(port) as (_, writer):
        writer.write(HEAD % (b"GET", b"/wait", b"") + behind)
        await until(lambda: app.seen == ["started"])
        await asyncio.sleep(0.05)
        if leave == "reset" or len(behind) > 100_000:
            reset(writer)
        else:
            writer.close()
        await until(lambda: app.seen == ["started", "cancelled"])
        await until(lambda: not connections())


async def test_clients_that_close_right_after_their_request_leave_nothing_behind(plain: bool) -> None:
    loop = asyncio.get_running_loop()
    failures: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: failures.append(context))
    app = App()
    async with serving(app, plain=plain) as port:
        await asyncio.sleep(0)
        for _ in range(20):
            async with client(port) as (_, writer):
                writer.write(HEAD % (b"GET", b"/ok", b""))
                writer.close()
        await until(lambda: len(app.seen) == 40)
        await until(lambda: not connections())
        # The test, what serves, its lifespan, its sweep.
        await until(lambda: len(asyncio.all_tasks()) == 4)
    assert failures == []


async def test_one_who_pipelines_and_reads_nothing_is_held_back_and_then_ended(plain: bool) -> None:
    app = App()
    requests = HEAD % (b"GET", b"/page", b"") * 1400
    async with serving(app, plain=plain, response=0.4) as port:
        with contextlib.closing(blocking_client(port, 4096)) as sock:
            writing = asyncio.create_task(asyncio.get_running_loop().sock_sendall(sock, requests))
            await until(lambda: len(app.seen) > 2)
            # Ended while all that was written stands still, and not before.
            await until(lambda: not connections())
            with contextlib.suppress(ConnectionError):
                await writing
    # What the server and the sockets hold.
    assert app.seen.count("started") * len(PAGE) < 1024 * 1024


@pytest.mark.parametrize("path", [b"/large", b"/stream"])
async def test_a_client_that_stands_still_is_ended_and_a_slow_one_is_not(plain: bool, path: bytes) -> None:
    app, loop = App(), asyncio.get_running_loop()
    async with serving(app, plain=plain, response=1) as port, asyncio.timeout(30):
        with contextlib.closing(blocking_client(port, 4096)) as sock:
            await loop.sock_sendall(sock, HEAD % (b"GET", path, b""))
            # Twice as long as the timeout, with 64 KiB read in a quarter of it.
            for _ in range(8):
                read = 0
                while read < 65536:
                    read += len(await loop.sock_recv(sock, 16384))
                await asyncio.sleep(0.25)
            assert app.seen == ["started"]
            await until(lambda: app.seen == ["started", "cancelled"])
            await until(lambda: not connections())


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_an_answer_before_the_body_has_come_arrives_each_time(plain: bool, framing: str) -> None:
    size = 5 * 1024 * 1024
    length = b"Content-Length: %d\r\n" % size if framing == "length" else b"Transfer-Encoding: chunked\r\n"
    body = b"a" * size if framing == "length" else b"100000\r\n%b\r\n" % (b"a" * 0x100000) * 5 + b"0\r\n\r\n"
    async with serving(App(), plain=plain) as port, asyncio.timeout(60):
        for _ in range(20):
            async with client(port) as (reader, writer):
                writer.write(HEAD % (b"POST", b"/ok", length) + body)
                # As most clients do: everything is sent before anything is read.
                await writer.drain()
                head, content = await read_answer(reader)
                assert content == b"ok"
                assert b"\r\nconnection: close\r\n" in head
                assert await reader.read() == b""
        await until(lambda: not connections())


async def test_one_who_sends_on_and_on_after_an_answer_is_cut_off(plain: bool) -> None:
    async with serving(App(), plain=plain) as port, asyncio.timeout(20), client(port) as (reader, writer):
        writer.write(HEAD % (b"POST", b"/ok", b"Content-Length: 999999999\r\n"))
        assert (await read_answer(reader))[1] == b"ok"
        with pytest.raises(ConnectionError):
            while True:
                writer.write(b"a" * 1_000_000)
                await writer.drain()


async def test_one_who_neither_sends_the_rest_nor_closes_is_cut_off(plain: bool) -> None:
    async with serving(App(), plain=plain, linger=0.1) as port, asyncio.timeout(20), client(port) as (reader, writer):
        writer.write(HEAD % (b"POST", b"/ok", b"Content-Length: 9\r\n"))
        assert (await read_answer(reader))[1] == b"ok"
        await until(lambda: not connections())


@pytest.mark.parametrize("size", [1, 1000, 12_000])
@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_a_body_that_has_come_is_discarded_and_the_connection_kept(plain: bool, size: int, framing: str) -> None:
    length = b"Content-Length: %d\r\n" % size if framing == "length" else b"Transfer-Encoding: chunked\r\n"
    body = b"a" * size if framing == "length" else b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"a" * size)
    async with serving(App(), plain=plain) as port, asyncio.timeout(20), client(port) as (reader, writer):
        for _ in range(5):
            writer.write(HEAD % (b"POST", b"/ok", length) + body)
            head, content = await read_answer(reader)
            assert content == b"ok"
            assert b"connection: close" not in head


async def test_no_more_of_a_body_is_read_than_the_app_takes(plain: bool) -> None:
    app = App()
    size = 20 * 1024 * 1024
    async with serving(app, plain=plain) as port, asyncio.timeout(30), client(port) as (reader, writer):
        writer.write(HEAD % (b"POST", b"/part", b"Content-Length: %d\r\n" % size) + b"a" * size)
        await until(lambda: app.taken)
        await asyncio.sleep(0.2)
        (connection,) = (found for found in connections() if isinstance(found, Connection))
        assert connection.reading_paused
        assert len(connection.unread) <= 48 * 1024
        assert app.taken <= 64 * 1024
        app.go_on.set()
        assert (await read_answer(reader))[1] == b"%d" % size


async def test_empty_lines_do_not_stop_the_reading(plain: bool) -> None:
    """RFC 9112 section 2.2: they are skipped before a request, also where more come than are kept."""
    app = App()
    async with serving(app, plain=plain) as port, asyncio.timeout(20), client(port) as (reader, writer):
        writer.write(HEAD % (b"GET", b"/wait", b"") + b"\r\n" * 200_000 + HEAD % (b"GET", b"/ok", b""))
        await until(lambda: app.seen)
        await asyncio.sleep(0.05)
        app.go_on.set()
        for _ in range(2):
            assert (await read_answer(reader))[1] == b"ok"


async def test_an_app_that_reads_on_after_its_answer_learns_that_nothing_comes(plain: bool) -> None:
    """As Quart's own connection class does on Python 3.13: until then its request has not ended, and the next waits."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})
            return
        read = asyncio.create_task(drain(receive))
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": b"1"})
        await read

    async def drain(receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async with serving(app, plain=plain) as port, asyncio.timeout(30), client(port) as (reader, writer):
        for request in (POST, POST, HEAD % (b"GET", b"/", b""), POST):
            writer.write(request)
            head, body = await read_answer(reader)
            assert (head[:12], body) == (b"http/1.1 200", b"1")
