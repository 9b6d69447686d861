"""WebSocket frames and handshakes that no client library would send (RFC 6455 section 5.2)."""

from __future__ import annotations

import asyncio
import struct
from typing import NamedTuple

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


def frame(opcode: int, data: bytes = b"", *, last: bool = True, flags: int = 0, masked: bool = True) -> bytes:
    """Make a client's frame, masked with zeros."""
    mask = 0x80 if masked else 0
    if len(data) < 126:
        size = bytes([mask | len(data)])
    elif len(data) < 1 << 16:
        size = struct.pack(">BH", mask | 126, len(data))
    else:
        size = struct.pack(">BQ", mask | 127, len(data))
    return bytes([(0x80 if last else 0) | flags | opcode]) + size + bytes(4 if masked else 0) + data


def handshake(path: str, *fields: str) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *fields, "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


class Received(NamedTuple):
    opcode: int
    data: bytes

    @property
    def code(self) -> int:
        assert self.opcode == CLOSE, self
        return int.from_bytes(self.data[:2], "big")


class Socket:
    """The client's end of a WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.reader, self.writer, self.head = reader, writer, head

    @classmethod
    async def opened(cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Socket:
        """Read the answer to a handshake, which must open a WebSocket."""
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        return cls(reader, writer, head)

    async def flood(self, data: bytes, times: int = 1) -> None:
        """Send until all is sent, or the server has had enough."""
        try:
            for _ in range(times):
                self.writer.write(data)
                await self.writer.drain()
        except ConnectionError:
            return

    async def receive(self) -> Received:
        first, size = await self.reader.readexactly(2)
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return Received(first & 0x0F, await self.reader.readexactly(size))

    async def end(self) -> int:
        """Read to the Close frame, and to the end of the connection after it. Returns its code."""
        while (received := await self.receive()).opcode != CLOSE:
            pass
        assert await self.reader.read() == b""
        self.writer.close()
        return received.code
