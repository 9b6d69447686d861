"""Bodies that are made while they are sent: who leaves one, which token one outlives, and how one fails."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from ..tenant import NOW
from .api import ORIGIN, Api, bearer, get, serving, until

pytestmark = pytest.mark.parametrize("plain", [True, False], ids=["plain", "hypercorn"])

# Its token ends in 300 ms, leeway included, by the clock that is passed in.
SOON = NOW - 4.7

END = b"0\r\n\r\n"


async def longest_wait(api: Api, count: int = 5) -> float:
    """How long the event loop works until another client is answered, in seconds of this process alone."""
    longest = 0.0
    for _ in range(count):
        began = time.process_time()
        assert (await api.get("/api/public")).startswith(b"HTTP/1.1 200")
        longest = max(longest, time.process_time() - began)
    return longest


async def test_a_client_that_reads_nothing_of_a_stream_and_leaves_ends_it(plain: bool) -> None:
    async with serving(plain) as api:
        reader, writer = await api.connect(get("/streams/rows"))
        await reader.readuntil(b"row 1\n")
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        assert await longest_wait(api) < 1
        writer.transport.abort()
        await until(lambda: api.statuses[-1:] == [499])
        assert api.events == ["begun", "ended"]
        assert await longest_wait(api) < 1


async def test_others_are_answered_while_a_stream_that_never_waits_is_read(plain: bool) -> None:
    async with serving(plain) as api:
        reader, writer = await api.connect(get("/streams/endless", bearer(api.tenant.token())))

        async def read() -> None:
            while await reader.read(1 << 20):
                pass

        reading = asyncio.create_task(read())
        assert await longest_wait(api) < 1
        reading.cancel()
        writer.transport.abort()
        await until(lambda: 499 in api.statuses)


async def test_a_stream_is_not_made_for_head(plain: bool) -> None:
    async with serving(plain) as api:
        head = await api.get("/streams/rows", method="HEAD")
        assert head.startswith(b"HTTP/1.1 200")
        assert head.endswith(b"\r\n\r\n")
        assert api.events == []
        assert api.statuses == [200]


@pytest.mark.parametrize("path", ["/streams/rows", "/streams/wait"])
async def test_leaving_is_noticed_with_a_second_request_queued_behind(plain: bool, path: str) -> None:
    async with serving(plain) as api:
        _, writer = await api.connect(get(path) + get("/api/public"))
        await until(lambda: api.events == ["begun"])
        writer.transport.abort()
        await until(lambda: api.events == ["begun", "ended"])
        await until(lambda: api.statuses)
        assert api.statuses == [499]


@pytest.mark.parametrize("path", ["/streams/endless", "/streams/endless/sync", "/streams/quiet"])
async def test_a_stream_ends_in_time_with_its_token_and_is_not_whole(plain: bool, path: str) -> None:
    async with serving(plain) as api:
        began = time.monotonic()
        answer = await api.get(path, bearer(api.tenant.token(exp=SOON)))
        assert 0.2 < time.monotonic() - began < 10
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"row\n" in answer or b"first\n" in answer or b"auth0|somebody\n" in answer
        assert not answer.endswith(END)
        ended = await until(lambda: api.recorder.records)
        assert [(each.status, each.code, each.sent > 0) for each in ended] == [(401, "token_expired", True)]


async def test_with_http_1_0_it_ends_with_a_reset(plain: bool) -> None:
    async with serving(plain) as api:
        for path in ("/streams/endless", "/streams/quiet"):
            reader, writer = await api.connect(get(path, bearer(api.tenant.token(exp=SOON)), version="1.0"))
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.transport.abort()
        # What is whole is not.
        answer = await api.send(get("/streams/who?q=1", bearer(api.tenant.token()), version="1.0"))
        assert answer.endswith(b"\r\n\r\nauth0|somebody 1 service")


async def test_a_reader_that_stands_still_does_not_keep_a_stream_beyond_its_token(plain: bool) -> None:
    async with serving(plain) as api:
        reader, writer = await api.connect(get("/streams/endless", bearer(api.tenant.token(exp=SOON))))
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: api.statuses == [401])
        writer.transport.abort()


async def test_a_streams_generator_has_the_request_and_its_token(plain: bool) -> None:
    async with serving(plain) as api:
        answer = await api.get("/streams/who?q=1", bearer(api.tenant.token()))
        assert answer.endswith(b"f\r\nauth0|somebody \r\n9\r\n1 service\r\n" + END)
        # One that was read to its end is told of as such.
        assert [(each.status, each.sent) for each in api.recorder.records] == [(200, 24)]


@pytest.mark.parametrize("when", ["at-once", "later"])
async def test_a_stream_that_fails_before_its_first_byte_is_a_500(plain: bool, when: str) -> None:
    async with serving(plain) as api:
        fields = (f"Origin: {ORIGIN}", "X-Request-ID: abc")
        head, _, body = (await api.get(f"/streams/broken/{when}", *fields)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 500")
        lines = head.lower().split(b"\r\n")
        for line in (
            b"content-type: application/problem+json", b"x-request-id: abc", b"cache-control: no-store",
            b"access-control-allow-origin: " + ORIGIN.encode(), b"x-content-type-options: nosniff",
        ):  # fmt: skip
            assert lines.count(line) == 1
        assert json.loads(body)["code"] == "internal_error"
        assert json.loads(body)["request_id"] == "abc"
        assert [(each.status, each.code) for each in api.recorder.records] == [(500, "internal_error")]


async def test_its_failure_meets_the_handlers_that_any_other_does(plain: bool) -> None:
    async with serving(plain) as api:
        conflict = await api.get("/streams/broken/abort")
        assert conflict.startswith(b"HTTP/1.1 409")
        assert b"application/problem+json" in conflict
        special = await api.get("/streams/broken/special")
        assert special.startswith(b"HTTP/1.1 503")
        assert special.endswith(b"\r\n\r\nspecial")


async def test_after_its_first_byte_the_answer_is_cut(plain: bool, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(plain) as api:
        answer = await api.get("/streams/broken/after")
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"6\r\nfirst\n\r\n")
        assert [(each.status, each.code, each.sent) for each in api.recorder.records] == [(500, "internal_error", 6)]
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["unhandled exception"]


@pytest.mark.parametrize("how", ["raise", "many", "few", "nul", "name", "line"])
async def test_an_answer_that_cannot_be_written_is_a_500_and_harms_no_other(plain: bool, how: str) -> None:
    async with serving(plain) as api:
        answer = await api.get(f"/streams/wrong/{how}")
        assert answer.startswith(b"HTTP/1.1 500")
        assert answer.count(b"HTTP/1.1") == 1
        assert b"\r\nX-B" not in answer
        assert api.statuses == [500]
        assert (await api.get("/api/public")).startswith(b"HTTP/1.1 200")
        # To HEAD, nothing follows what is not there.
        assert (await api.get(f"/streams/wrong/{how}", method="HEAD")).count(b"HTTP/1.1") == 1
