"""An answer is framed as h11 frames it, or the app is told what is wrong with it."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import h11
import pytest

from service.server.response import BadResponse, chunk, refusal, write_head

from .echo import GET_AND_CLOSE, Echo, exchange, serving, split

DATE = b"Sun, 06 Nov 1994 08:49:37 GMT"

Fields = list[tuple[bytes, bytes]]


def by_client(method: str, raw: bytes) -> tuple[int, Fields, bytes, bool]:
    """Read an answer as a client does: its status, its fields, its body, and whether the connection can be kept."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(raw)
    response, body = client.next_event(), b""
    assert isinstance(response, h11.Response), response
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage), event
    assert client.trailing_data[0] == b""
    return response.status_code, sorted(response.headers), body, client.their_state is h11.DONE


def by_h11(method: str, status: int, fields: Fields, body: bytes) -> bytes:
    """Write an answer by h11. Raises LocalProtocolError."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    server.next_event()
    server.next_event()
    raw = server.send(h11.Response(status_code=status, headers=[*fields, (b"date", DATE)])) or b""
    if method != "HEAD" and status not in (204, 304) and body:
        raw += server.send(h11.Data(data=body)) or b""
    return raw + (server.send(h11.EndOfMessage()) or b"")


def by_us(method: str, status: int, fields: Fields, body: bytes) -> bytes:
    """The same, of a body that is made while it is sent, as h11 takes each to be."""
    written = write_head(status, fields, DATE, to_head=method == "HEAD")
    if written.bodiless:
        return written.head
    if written.length is not None:
        assert written.length == len(body)
        return written.head + body
    return written.head + b"".join(chunk(body) if body else ()) + b"0\r\n\r\n"


@pytest.mark.parametrize("status", [200, 201, 204, 206, 304, 400, 404, 500, 599, 999])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_each_kind_of_answer_is_read_as_h11s_is(method: str, status: int) -> None:
    for fields, body in itertools.product(
        (
            [],
            [(b"content-type", b"text/plain"), (b"x-y", b"a  b, c"), (b"x-y", b"\xe9"), (b"empty", b"")],
            [(b"connection", b"close")],
            [(b"Content-Type", b"text/plain"), (b"X-Y", b"z")],
            [(b"transfer-encoding", b"chunked")],
        ),
        (b"", b"hello", b"0\r\n\r\n"),
    ):
        no_body = status in (204, 304) or method == "HEAD"
        length = [(b"content-length", b"%d" % len(body))]
        for more in ([], length, [(b"Content-Length", b"%d" % len(body))], length * 2):
            if status in (204, 304):
                # h11 keeps what RFC 9110 section 8.6 and RFC 9112 section 6.1 forbid.
                kept = [field for field in fields if field[0] != b"transfer-encoding"]
                expected = by_client(method, by_h11(method, status, kept, b""))
            elif (b"transfer-encoding", b"chunked") in fields and more:
                # Both at once is never sent; the length wins here, and the coding at h11.
                expected = by_client(method, by_h11(method, status, more, body))
            else:
                expected = by_client(method, by_h11(method, status, [*fields, *more], body))
            found = by_client(method, by_us(method, status, [*fields, *more], b"" if no_body else body))
            assert found == expected, (fields, more)


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        *((status, []) for status in (0, 99, 100, 101, 103, 199, 1000, -1)),
        *((200, [(b"x", value)]) for value in (
            b"a\r\nb: c", b"a\nb", b"a\rb", b"a\r\n b", b"a\r\n\r\nHTTP/1.1 200 OK", b"\0", b"a\0b", b"a\x0bb", b"a\x0cb",
        )),
        *((200, [(name, b"y")]) for name in (b"", b"a b", b"a:", b"a\r\nb", b"a\n", b"\xff", b"a\0", b":status", b" a", b"a ", b"(a)")),
        *((200, [(b"content-length", value)]) for value in (b"", b"-1", b"+1", b"1.0", b"x", b"0x1", b"1, 2", b"\xb2")),
        (200, [(b"content-length", b"1"), (b"content-length", b"2")]),
        (200, [(b"Content-Length", b"1"), (b"content-length", b"2")]),
        (200, [(b"transfer-encoding", b"gzip")]),
        (200, [(b"transfer-encoding", b"gzip, chunked")]),
    ],
)  # fmt: skip
def test_an_answer_that_h11_does_not_write_is_not_written(status: int, fields: Fields) -> None:
    with pytest.raises(h11.LocalProtocolError):
        by_h11("GET", status, fields, b"")
    with pytest.raises(BadResponse):
        write_head(status, fields, DATE)


def test_a_204_and_a_304_have_neither_length_nor_coding() -> None:
    for status in (204, 304):
        for fields in ([], [(b"content-length", b"5")], [(b"transfer-encoding", b"chunked")]):
            written = write_head(status, fields, DATE)
            assert (written.length, written.bodiless) == (0, True)
            assert b"content-length" not in written.head
            assert b"transfer-encoding" not in written.head


def test_a_refusal_is_whole() -> None:
    assert refusal(431, (), DATE) == (
        b"HTTP/1.1 431 \r\ncontent-length: 0\r\nconnection: close\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
    )
    fields = (b"upgrade", b"websocket"), (b"connection", b"Upgrade, close")
    assert refusal(426, fields, DATE).count(b"connection: ") == 1


# What both paths make of an app's answer


def start(status: int = 200, *fields: tuple[bytes, bytes]) -> Any:
    return {"type": "http.response.start", "status": status, "headers": list(fields)}


def part(data: bytes, *, more: bool = False) -> Any:
    return {"type": "http.response.body", "body": data, "more_body": more}


LENGTH = (b"content-length", b"5")

DEFECTS = {
    "a line break in a value": [start(200, (b"x", b"a\r\nb: c")), part(b"")],
    "a line break in a name": [start(200, (b"x\r\ny", b"z")), part(b"")],
    "NUL": [start(200, (b"x", b"\0")), part(b"")],
    "a vertical tab": [start(200, (b"x", b"a\x0bb")), part(b"")],
    "no name": [start(200, (b"", b"a")), part(b"")],
    "100": [start(100), part(b"")],
    "101": [start(101), part(b"")],
    "103": [start(103), part(b"")],
    "1000": [start(1000), part(b"")],
    "two lengths": [start(200, LENGTH, (b"content-length", b"6")), part(b"hello")],
    "a length that is none": [start(200, (b"content-length", b"five")), part(b"hello")],
    "another coding": [start(200, (b"transfer-encoding", b"gzip")), part(b"hello")],
    "too many bytes": [start(200, LENGTH), part(b"hello!")],
    "too few bytes": [start(200, LENGTH), part(b"hell")],
    "none of the bytes": [start(200, LENGTH), part(b"")],
    "no start": [part(b"hello")],
    "no body": [start(200, LENGTH)],
    "an unknown message": [{"type": "http.response.nonsense"}],
    "nothing": [],
}


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "hypercorn"])
async def test_a_defect_of_the_app_is_a_500(plain: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    sent: list[Any] = []

    async def answer(send: Any) -> None:
        for message in sent:
            await send(message)

    async with serving(Echo(answer), plain=plain) as port:
        for name, messages in DEFECTS.items():
            sent[:] = messages
            [(status, fields, body)] = split(await exchange(port, GET_AND_CLOSE))
            assert (status, body) == (500, b""), name
            assert sorted(fields)[:2] == [(b"connection", b"close"), (b"content-length", b"0")], name


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "hypercorn"])
async def test_what_has_begun_and_cannot_go_on_is_cut(plain: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    sent: list[Any] = []

    async def answer(send: Any) -> None:
        for message in sent:
            await send(message)
        if sent[-1]["more_body"]:
            raise RuntimeError("the app broke")

    async with serving(Echo(answer), plain=plain) as port:
        for messages, body in (
            ([start(200, LENGTH), part(b"hel", more=True)], b"hel"),
            ([start(200, LENGTH), part(b"hel", more=True), part(b"")], b"hel"),
            ([start(), part(b"hel", more=True)], b"3\r\nhel\r\n"),
        ):
            sent[:] = messages
            raw = await exchange(port, GET_AND_CLOSE)
            assert raw.startswith(b"HTTP/1.1 200 ")
            assert raw.partition(b"\r\n\r\n")[2] == body


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
async def test_both_paths_write_the_same_answer(method: bytes) -> None:
    sent: list[Any] = []

    async def answer(send: Any) -> None:
        for message in sent:
            await send(message)

    async with serving(Echo(answer), plain=True) as one, serving(Echo(answer), plain=False) as other:
        for status in (200, 204, 304, 404):
            for messages in (
                [start(status), part(b"")],
                [start(status), part(b"hello")],
                [start(status, LENGTH), part(b"hello")],
                [start(status, LENGTH, LENGTH), part(b"hello")],
                [start(status, (b"Content-Length", b"5")), part(b"hello")],
                [start(status), part(b"he", more=True), part(b"llo")],
                [start(status), part(b"", more=True), part(b"")],
                [start(status, LENGTH), part(b"he", more=True), part(b"llo")],
                [start(status, LENGTH), part(b"hello", more=True), part(b"")],
                [start(status, (b"connection", b"close")), part(b"hello")],
                [start(status, (b"X-Y", b" z ")), part(b"hello")],
                [
                    start(status, (b"date", b"now"), (b"transfer-encoding", b"chunked")),
                    part(b"a", more=True),
                    part(b"b"),
                ],
            ):
                sent[:] = messages
                request = GET_AND_CLOSE.replace(b"GET", method)
                answers = [split(await exchange(port, request)) for port in (one, other)]
                dated = [sum(name == b"date" for name, _ in fields) for each in answers for _, fields, _ in each]
                assert dated == [1, 1]
                first, second = (
                    [
                        (code, sorted(field for field in fields if field[0] != b"date"), body)
                        for code, fields, body in each
                    ]
                    for each in answers
                )
                assert first == second, messages
                assert all(len(fields) == len(dict(fields)) for each in answers for _, fields, _ in each), messages
