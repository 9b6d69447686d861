"""The framing of a chunked body has one reading, however it is split, and each byte of it is counted."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.server.chunked import BadFraming, Chunks
from service.server.limits import MAX_FIELDS, MAX_HEAD

NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def read(*pieces: bytes) -> tuple[bytes, bytes | None, int]:
    """Return the body, what follows it (`None` where it has not ended), and what its framing has cost."""
    chunks, body, cost = Chunks(), b"", 0
    for number, piece in enumerate(pieces):
        part = chunks.read(piece)
        body, cost = body + part.data, cost + part.cost
        if part.ended:
            return body, piece[part.taken :] + b"".join(pieces[number + 1 :]), cost
        assert part.taken == len(piece)
    return body, None, cost


def by_h11(raw: bytes) -> tuple[bytes, bytes | None] | None:
    """The same by h11, or `None` where it takes it for wrong."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.next_event()
    if raw:
        # Nothing would be the end of the connection.
        connection.receive_data(raw)
    body = b""
    try:
        while isinstance(event := connection.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError:
        return None
    return body, connection.trailing_data[0] if isinstance(event, h11.EndOfMessage) else None


GOOD = [
    (b"0\r\n\r\n", b""),
    (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"1\r\na\r\n2\r\nbc\r\n000\r\n\r\n", b"abc"),
    (b"00000005\r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"0000000000000005\r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    (b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    (b"5 \r\nhello\r\n0\t\r\n\r\n", b"hello"),
    (b"5;a=b\r\nhello\r\n0;c\r\n\r\n", b"hello"),
    (b'5; a="b;c" \r\nhello\r\n0\r\n\r\n', b"hello"),
    (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
    (b"5\r\n0\r\n\r\n\r\n0\r\n\r\n", b"0\r\n\r\n"),
    (b"0\r\nX: y\r\nZ:\r\n\r\n", b""),
    (b"1\r\na\r\n0;x\r\nX: y\r\n\r\n", b"a"),
]


@pytest.mark.parametrize(("raw", "body"), GOOD)
def test_a_body_is_the_same_however_it_is_split(raw: bytes, body: bytes) -> None:
    whole = raw + NEXT
    assert read(whole)[:2] == by_h11(whole) == (body, NEXT)
    assert read(*(bytes((byte,)) for byte in whole))[:2] == (body, NEXT)
    for at in range(len(whole)):
        assert read(whole[:at], whole[at:])[:2] == (body, NEXT)
    for end in range(len(raw)):
        assert read(raw[:end])[1] is None


BAD = [
    b"0x5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5_0\r\n", b" 5\r\nhello\r\n0\r\n\r\n", b"\t5\r\n", b"g\r\n", b"\r\n", b";\r\n",
    b";a\r\n", b"00000000000000005\r\nhello\r\n0\r\n\r\n", b"10000000000000005\r\nhello\r\n0\r\n\r\n", b"FFFFFFFFFFFFFFFFF\r\n", b"5 5\r\nhello\r\n", b"5,5\r\n", b"5.0\r\n", b"5\x00\r\n",
    b"5\nhello\n0\n\n", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\rhello\r\n0\r\n\r\n", b"5\r\rhello", b"5\r\nhello\r0\r\n\r\n", b"5\r\nhelloo\r\n0\r\n\r\n",
    b"5\r\nhelloXX0\r\n\r\n", b"5\r\nhello\r\r0\r\n\r\n", b"5\r\nhello\n\n0\r\n\r\n", b"5\r\nhell\r\n0\r\n\r\n",
    b"5;\nhello\r\n0\r\n\r\n", b"5;a\nhello\r\n0\r\n\r\n", b"5;a\rb\r\nhello\r\n0\r\n\r\n", b"5;\x00\r\nhello\r\n", b"5;a\x0b\r\nhello\r\n", b"5;a\r\r\nhello\r\n", b"5 a\r\nhello\r\n",
    b"5\x0b\r\n", b"5\x0c\r\n", b"5\xa0\r\n", b"\xef\xbc\x95\r\n", b"0\n\r\n", b"0\r\n\n", b"0\n\n", b"0\r\r\n\r\n", b"0\r\n\r\r\n",
    b"0\r\nX: y\n\n", b"0\r\nX: y\n\r\n", b"0\r\nX: y\r\n z\r\n\r\n", b"0\r\n X: y\r\n\r\n", b"0\r\nX : y\r\n\r\n", b"0\r\nX\r\n\r\n", b"0\r\nX: y\rZ: z\r\n\r\n",
    b"0\r\nX: \0\r\n\r\n", b"0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("raw", BAD)
def test_framing_that_can_be_read_in_two_ways_is_refused(raw: bytes) -> None:
    # What follows may be needed to see it.
    for pieces in ([raw + NEXT], [bytes((byte,)) for byte in raw + NEXT]):
        with pytest.raises(BadFraming) as refused:
            read(*pieces)
        assert refused.value.refused.status == 400


def test_white_space_before_an_extension_is_skipped() -> None:
    # RFC 9112 section 7.1.1 asks for it, and h11 does not.
    assert read(b"5 ; a = b\r\nhello\r\n0\t;\r\n\r\n")[:2] == (b"hello", b"")


def test_trailers_are_bounded_as_a_head_is() -> None:
    for trailers in (b"X: y\r\n" * (MAX_FIELDS + 3), b"X: " + b"a" * MAX_HEAD):
        for pieces in ([b"0\r\n" + trailers], [b"0\r\n", trailers], [b"0\r\n" + trailers + b"\r\n\r\n"]):
            with pytest.raises(BadFraming) as refused:
                read(*pieces)
            assert refused.value.refused.status == 431


def test_what_the_framing_costs_is_counted() -> None:
    # An extension has no end of its own: it is counted while it comes.
    chunks = Chunks()
    assert chunks.read(b"1;").cost >= 2
    assert chunks.read(b"a" * 10_000) == (b"", 10_000, 10_000, False)
    # Of 1,000 bytes in chunks of one, much more than their 5 of framing.
    assert read(b"1\r\na\r\n" * 1_000)[2] > 50_000
    # Of 100 KB as a client sends them, nearly nothing.
    assert read(b"2800\r\n" + b"a" * 0x2800 + b"\r\n")[2] == 8


SIZE = st.sampled_from(
    [b"0", b"1", b"2", b"5", b"a", b"00", b"0x1", b"+1", b"1 ", b" 1", b"1;x", b"1;\n", b'0;x="y"', b"f" * 17]
)
TEXT = st.sampled_from([b"", b"a", b"ab", b"hello", b"\r", b"\n", b"\r\n", b"0\r\n\r\n", b"X: y", b" z", b":", b"0"])
END = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b"", b"\r\r\n", b"\n\n"])


@given(st.lists(st.one_of(SIZE, TEXT, END), max_size=16).map(b"".join), st.data())
def test_what_is_taken_is_read_alike_by_h11(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw)))
    try:
        body, rest, _ = read(raw[:at], raw[at:])
    except BadFraming:
        return
    expected = by_h11(raw)
    assert expected is not None
    assert (body, rest) == expected
