"""What is an HTTP request of this service, and what is answered to everything else: the head alone, as bytes."""

from __future__ import annotations

import pytest

from service.server.limits import MAX_FIELDS, MAX_HEAD
from service.server.screening import (
    BAD_REQUEST,
    OTHER_VERSION,
    OTHER_WEBSOCKET,
    TOO_LARGE,
    Refused,
    Screened,
    cannot_become_good,
    screen,
    screen_trailers,
    valid_host,
)

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (b"Host: a", b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13", KEY)


def head(*lines: bytes, line: bytes = b"GET / HTTP/1.1", host: bytes | None = b"Host: a") -> bytes:
    return b"\r\n".join([line, *([host] if host is not None else []), *lines, b"", b""])


def read(raw: bytes) -> bytes:
    screened = screen(raw)
    assert isinstance(screened, Screened), raw
    return screened.head


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 0"),
        (b"Content-Length: 5", b"Content-Length: 5"),
        (b"Content-Length: 5", b"Content-Length: 6"),
        *((b"Content-Length: " + length,) for length in (
            b"", b"5, 5", b"5,6", b"+5", b"-5", b"-0", b"0x5", b"5_0", b"5 5", b"5.0", b"5e1", b"\xd9\xa5", b"\xb2", b"9" * 19, b"five",
        )),
        *((b"Transfer-Encoding: " + coding,) for coding in (
            b"", b"identity", b"gzip", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"chunked, identity", b"xchunked",
            b"chunked;q=1", b"chunked x", b"\"chunked\"", b"'chunked'", b"chunked,", b",chunked", b"chunk", b"cow",
        )),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
    ],
)  # fmt: skip
def test_a_length_that_can_be_read_in_two_ways_is_refused(lines: tuple[bytes, ...]) -> None:
    assert screen(head(*lines)) == BAD_REQUEST


@pytest.mark.parametrize("version", [b"1.0"])
def test_a_transfer_encoding_in_an_old_version_is_refused(version: bytes) -> None:
    for host in (b"Host: a", None):
        assert screen(head(b"Transfer-Encoding: chunked", line=b"GET / HTTP/" + version, host=host)) == BAD_REQUEST


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
        b"GET / HTTP/1.1\rHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\n\rX: y\r\n\r\n",
    ],
)
def test_a_line_ends_with_crlf_alone(raw: bytes) -> None:
    assert cannot_become_good(raw) == BAD_REQUEST or screen(raw) == BAD_REQUEST
    if raw.endswith(b"\r\n\r\n"):
        assert screen(raw) == BAD_REQUEST


@pytest.mark.parametrize(
    "line",
    [
        b" folded", b"\tfolded", b" X: y", b"\tX: y", b"X : y", b"X\t: y", b": y", b"X", b"X Y: z", b"X\x00: y", b"X: \x00", b"X: a\x00b",
        b"X: \x01", b"X: \x0b", b"X: \x0c", b"X: \x7f", b"X: \x1b[0m", b"X(: y", b"X\xff: y", b"{}: y", b"\"X\": y", b"X/Y: z", b"Content-Length : 5",
        b"Transfer-Encoding : chunked", b" Transfer-Encoding: chunked", b"Transfer-Encoding\x0b: chunked", b"Transfer-Encoding: \x0bchunked",
    ],
)  # fmt: skip
def test_a_field_that_is_none_is_refused(line: bytes) -> None:
    assert screen(head(line)) == BAD_REQUEST
    assert screen(head(line, host=None)) == BAD_REQUEST
    assert screen(head(b"X: y", line, b"Y: z")) == BAD_REQUEST


@pytest.mark.parametrize(
    "line",
    [
        b"", b"GET", b"GET /", b"GET  / HTTP/1.1", b"GET /  HTTP/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1", b"GET\t/ HTTP/1.1", b"GET / HTTP/1.1 x",
        b"GET / http/1.1", b"GET / HTTP/1", b"GET / HTTP/1.", b"GET / HTTP/1.11", b"GET / HTTP/01.1", b"GET / HTTP/11.1", b"GET / HTTP/+1.1",
        b"GET / HTTP/1.1\x00", b"GET / HTTP 1.1", b"GET / HTTPS/1.1", b"GET / ICY/1.1", b"GET /\x80 HTTP/1.1", b"GET /\xc3\xa9 HTTP/1.1",
        b"GET /a b HTTP/1.1", b"G(T / HTTP/1.1", b"GET: / HTTP/1.1", b"/ GET HTTP/1.1", b"HTTP/1.1 200 OK",
    ],
)  # fmt: skip
def test_a_request_line_that_is_none_is_refused(line: bytes) -> None:
    assert screen(head(line=line)) == BAD_REQUEST


@pytest.mark.parametrize("version", [b"0.9", b"2.0", b"2.1", b"3.0", b"9.9"])
def test_another_major_version_is_refused_with_505(version: bytes) -> None:
    for host in (b"Host: a", None):
        assert screen(head(line=b"GET / HTTP/" + version, host=host)) == OTHER_VERSION
    assert screen(head(*HANDSHAKE, line=b"GET / HTTP/" + version, host=None)) == OTHER_VERSION
    assert screen(b"PRI * HTTP/2.0\r\n\r\n") == OTHER_VERSION


def test_a_minor_version_that_is_not_known_is_read_as_1_1() -> None:
    for minor in (b"1", b"2", b"9"):
        assert read(head(line=b"GET / HTTP/1." + minor)) == head()
        assert screen(head(line=b"GET / HTTP/1." + minor, host=None)) == BAD_REQUEST
    assert read(head(line=b"GET / HTTP/1.0", host=None)) == b"GET / HTTP/1.0\r\n\r\n"


@pytest.mark.parametrize(
    "target",
    [
        b"api/public", b"ftp://a/api/public", b"http:/api/public", b"http:///api/public", b"http://[/api/public", b"http://]/", b"http://[]/",
        b"http://:80/", b"http://a:b/", b"http://a:123456/", b"http://a@b/", b"http://a:b@c/", b"http://a b/", b"http://a,b/", b"http://a..b/", b"http://?x",
        b"http://#", b"http://", b"http:", b"https://", b"https:a/", b"*", b"*/", b"?", b"?a", b"a:b", b"a:80", b"#", b"\\api", b"%2fapi/public", b".", b"../x",
        b"http://[1:2]/", b"http://[::1/x", b"http://[gggg::]/", b"http://[v1.x]/", b"http://[::1]x/", b"http://a[::1]/", b"http://a%/", b"ws://a/", b"file:///x",
    ],
)  # fmt: skip
def test_a_target_that_is_none_is_refused(target: bytes) -> None:
    for method in (b"GET", b"POST", b"PROPFIND", b"options"):
        assert screen(head(line=method + b" " + target + b" HTTP/1.1")) == BAD_REQUEST
    if target != b"*":
        assert screen(head(line=b"OPTIONS " + target + b" HTTP/1.1")) == BAD_REQUEST


def test_connect_is_refused() -> None:
    for target in (b"a:80", b"/", b"*", b"http://a/"):
        assert screen(head(line=b"CONNECT " + target + b" HTTP/1.1")) == BAD_REQUEST


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        (b"http://b/x?y", b"/x?y", b"b"),
        (b"HTTPS://b:443/x", b"/x", b"b:443"),
        (b"http://b", b"/", b"b"),
        (b"http://b?y", b"/?y", b"b"),
        (b"http://b//x", b"//x", b"b"),
        (b"http://[::1]:80/", b"/", b"[::1]:80"),
        (b"http://b:/", b"/", b"b:"),
    ],
)
def test_an_absolute_target_is_its_path_and_its_host_goes_before_the_field(
    target: bytes, path: bytes, host: bytes
) -> None:
    expected = head(line=b"GET " + path + b" HTTP/1.1", host=b"Host: " + host)
    assert read(head(line=b"GET " + target + b" HTTP/1.1")) == expected
    # RFC 9112 section 3.2: the field must be there, once, and valid all the same.
    for bad in (None, b"Host: [", b"Host: a/b", b"Host: a\r\nHost: a"):
        assert screen(head(line=b"GET " + target + b" HTTP/1.1", host=bad)) == BAD_REQUEST
    assert b"\r\nhost: " + host in read(head(line=b"GET " + target + b" HTTP/1.0", host=None)).lower()


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"//api/public",
        b"/%2fapi/public",
        b"/a?b?c",
        b"/a//b/../c",
        b"/%",
        b"/%00",
        b"/;x",
        b"/\\",
        b"/a:b@c",
        b"/?",
    ],
)
def test_a_target_with_a_leading_slash_stays_as_it_was_sent(target: bytes) -> None:
    for method in (b"GET", b"gEt", b"delete", b"M-SEARCH", b"!"):
        line = b"%b %b HTTP/1.1" % (method, target)
        assert read(head(line=line)) == head(line=line)


def test_the_asterisk_is_a_target_of_options_alone() -> None:
    assert read(head(line=b"OPTIONS * HTTP/1.1")) == head(line=b"OPTIONS * HTTP/1.1")


def test_exactly_one_valid_host() -> None:
    assert screen(head(host=None)) == BAD_REQUEST
    assert screen(head(b"Host: a")) == BAD_REQUEST
    assert screen(head(b"host: a")) == BAD_REQUEST
    assert screen(head(b"Host: b", line=b"GET / HTTP/1.0")) == BAD_REQUEST
    for good in (
        b"",
        b"a",
        b"a.b",
        b"a.",
        b"a-b_c",
        b"A1",
        b"1.2.3.4",
        b"a:80",
        b"a:",
        b":80",
        b"[::1]",
        b"[::1]:80",
        b"[1::ffff:1.2.3.4]",
    ):
        assert valid_host(good), good
        assert read(head(host=b"Host: " + good)) == head(host=b"Host: " + good)
    for bad in (
        b"a b", b"a,b", b"a/b", b"a?b", b"a#b", b"a@b", b"@a", b"http://a", b"[", b"]", b"[]", b"[a]", b"[1:2]", b"[:::]", b"[::1", b"::1", b"a:b", b"a:80:80",
        b"a:-1", b"a:+80", b"a:123456", b"a..b", b".", b".a", b"a" * 64, b".".join([b"a" * 50] * 6), b"\xff", b"a\xff", b"%41", b"a\"", b"a\\b", b"a;b", b"<a>",
    ):  # fmt: skip
        assert not valid_host(bad), bad
        assert screen(head(host=b"Host: " + bad)) == BAD_REQUEST


def test_a_head_has_a_bound_in_fields_and_bytes_that_is_counted_before_it_is_parsed() -> None:
    # Each field is wrong, too: what is counted comes first.
    for field in (b"X: y", b"no field", b":"):
        assert screen(head(*[field] * MAX_FIELDS)) == TOO_LARGE
        assert screen(head(*[field] * 5_000)) == TOO_LARGE
    assert isinstance(screen(head(*[b"X: y"] * (MAX_FIELDS - 1))), Screened)
    room = MAX_HEAD - len(head(b"X: "))
    assert isinstance(screen(head(b"X: " + b"a" * room)), Screened)
    assert screen(head(b"X: " + b"a" * (room + 1))) == TOO_LARGE
    assert screen(head(b"\x00" * (room + 4))) == TOO_LARGE


def test_what_has_come_is_judged_before_the_rest_is_there() -> None:
    whole = head(b"X: y", b"Content-Length: 5")
    for end in range(len(whole) - 1):
        assert cannot_become_good(whole[:end]) is None
    assert cannot_become_good(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (MAX_FIELDS + 2)) == TOO_LARGE
    assert cannot_become_good(b"GET /" + b"a" * MAX_HEAD) == TOO_LARGE
    for part in (b"\n", b"GET\n", b"GET / HTTP/1.1\rX", b"\rX", b"\x16\x03\x01\x02\x00\x01\x00", b"GET /\x00"):
        assert cannot_become_good(part) == BAD_REQUEST, part


def test_a_handshake_is_read_in_every_form_in_which_it_may_be_written() -> None:
    plain = screen(head(*HANDSHAKE[1:]))
    assert isinstance(plain, Screened)
    assert plain.websocket
    for lines in (
        (b"Upgrade: WebSocket", b"Connection: keep-alive", b"Connection: upgrade", *HANDSHAKE[3:]),
        (b"Upgrade: websocket", b"Connection: Upgrade", b"Connection: keep-alive", *HANDSHAKE[3:]),
        (b"Upgrade: h2c, websocket", b"Connection: keep-alive, Upgrade", *HANDSHAKE[3:]),
        (b"Upgrade: h2c", b"Upgrade: websocket", b"Connection: , Upgrade ,", *HANDSHAKE[3:]),
    ):
        screened = screen(head(*lines))
        assert isinstance(screened, Screened), lines
        assert screened.websocket
        assert sorted(screened.head.splitlines()) == sorted(plain.head.splitlines())
    offers = head(*HANDSHAKE[1:], b"Sec-WebSocket-Protocol: a, b", b"Sec-WebSocket-Protocol: c")
    assert b"sec-websocket-protocol: a, b, c\r\n" in read(offers)
    offers = head(*HANDSHAKE[1:], b"Sec-WebSocket-Extensions: permessage-deflate")
    assert b"deflate" not in read(offers)


@pytest.mark.parametrize("version", [b"8", b"12", b"14", b"0", b"", b"13, 8", b"8, 13", b"1 3", b"013", b"x"])
def test_another_version_of_websocket_is_refused_with_426(version: bytes) -> None:
    old = b"Sec-WebSocket-Version: " + version
    assert screen(head(*HANDSHAKE[1:3], old, KEY)) == OTHER_WEBSOCKET
    # Other versions may have other keys.
    assert screen(head(*HANDSHAKE[1:3], old)) == OTHER_WEBSOCKET
    assert OTHER_WEBSOCKET.status == 426
    assert dict(OTHER_WEBSOCKET.headers) == {
        b"upgrade": b"websocket",
        b"connection": b"Upgrade, close",
        b"sec-websocket-version": b"13",
    }


@pytest.mark.parametrize(
    "lines",
    [
        (b"Sec-WebSocket-Version: 13",),
        (b"Sec-WebSocket-Version: 13", KEY, KEY),
        (b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 13", KEY),
        (KEY,),
        *((b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: " + key) for key in (
            b"", b"x", b"dGhlIHNhbXBsZSBub25j", b"dGhlIHNhbXBsZSBub25jZXM=", b"dGhlIHNhbXBsZSBub25jZQ", b"dGhlIHNhbXBsZSBub25jZQ==x",
            b"dGhlIHNhbXBsZSBub25jZQ=", b"dGhlIHNhbXBsZSBub2=jZQ==", b"dGhl IHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
            b"-Ghl_HNhbXBsZSBub25jZQ==",
        )),
        (b"Sec-WebSocket-Version: 13", KEY, b"Transfer-Encoding: chunked"),
        (b"Sec-WebSocket-Version: 13", KEY, b"Content-Length: 5"),
        (b"Sec-WebSocket-Version: 13", KEY, b"Sec-WebSocket-Protocol: a b"),
        (b"Sec-WebSocket-Version: 13", KEY, b"Sec-WebSocket-Protocol: \xff"),
        (b"Sec-WebSocket-Version: 13", KEY, b"Sec-WebSocket-Protocol: a", b"Sec-WebSocket-Protocol: (b)"),
    ],
)  # fmt: skip
def test_a_broken_handshake_is_refused(lines: tuple[bytes, ...]) -> None:
    assert screen(head(*HANDSHAKE[1:3], *lines)) == BAD_REQUEST


def test_a_handshake_in_an_old_version_is_none() -> None:
    refused = screen(head(*HANDSHAKE[1:], line=b"GET / HTTP/1.0"))
    assert isinstance(refused, Refused)
    assert refused.status == 400


def test_an_upgrade_to_something_else_is_a_request() -> None:
    for lines in (
        (b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAMAAABkAAQAAP__"),
        (b"Upgrade: websocket",),
        (b"Connection: Upgrade",),
        (b"Upgrade: TLS/1.0", b"Connection: Upgrade"),
    ):
        screened = screen(head(*lines))
        assert isinstance(screened, Screened)
        assert not screened.websocket
    posted = screen(head(*HANDSHAKE[1:], line=b"POST / HTTP/1.1"))
    assert isinstance(posted, Screened)
    assert not posted.websocket


def test_trailers_are_fields() -> None:
    assert screen_trailers(b"\r\n") is None
    assert screen_trailers(b"X: y\r\nZ:\r\n\r\n") is None
    for bad in (
        b"X\r\n\r\n",
        b"X : y\r\n\r\n",
        b" X: y\r\n\r\n",
        b"X: y\r\n z\r\n\r\n",
        b"X: y\nZ: a\r\n\r\n",
        b"X: y\rZ: a\r\n\r\n",
        b"X: \0\r\n\r\n",
    ):
        assert screen_trailers(bad) == BAD_REQUEST, bad
    assert screen_trailers(b"X: y\r\n" * (MAX_FIELDS + 2) + b"\r\n") == TOO_LARGE
    assert screen_trailers(b"X: " + b"a" * MAX_HEAD + b"\r\n\r\n") == TOO_LARGE
