"""A bare ASGI app behind a real server, and clients that do what no client library would."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

from service import server
from service.server.serving import serve

HEAD = b"%b %b HTTP/1.1\r\nHost: a\r\n%b\r\n"
LARGE = 4 * 1024 * 1024
PAGE = b"a" * 20_000


class App:
    """Answers by the path: `/ok` and `/page` at once, whatever the body, `/large` with 4 MiB, `/stream` with parts
    without an end, `/length` with the body's length. `/wait` waits until `go_on` is set, `/part` does so after the
    first part of the body. `seen` has what came of each request: "started", and in the end its outcome."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.seen: list[str] = []
        self.taken = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        self.seen.append("started")
        try:
            await self._answer(scope["path"], receive, send)
        except asyncio.CancelledError:
            self.seen.append("cancelled")
            raise
        self.seen.append("answered")

    async def _answer(self, path: str, receive: Any, send: Any) -> None:
        body = b"ok"
        if path in ("/page", "/large"):
            body = PAGE if path == "/page" else b"a" * LARGE
        elif path in ("/length", "/part"):
            more, length = True, 0
            while more:
                message = await receive()
                length += len(message.get("body", b""))
                more = message.get("more_body", False)
                self.taken = max(self.taken, length)
                if path == "/part":
                    await self.go_on.wait()
            body = b"%d" % length
        elif path == "/wait":
            await self.go_on.wait()
        headers = [] if path == "/stream" else [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while path == "/stream":
            await send({"type": "http.response.body", "body": PAGE, "more_body": True})
        await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def serving(
    app: Any,
    *,
    plain: bool = True,
    most: int | None = None,
    on_full: Callable[[], None] = lambda: None,
    **seconds: float,
) -> AsyncIterator[int]:
    """Serve in this event loop; gives the port."""
    listener = server.listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    stop = asyncio.Event()
    timeouts = server.ClientTimeouts(**seconds)
    task = asyncio.create_task(serve(app, listener, stop, timeouts=timeouts, plain=plain, most=most, on_full=on_full))
    try:
        yield port
    finally:
        stop.set()
        await task


@contextlib.asynccontextmanager
async def client(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def until(condition: Any, seconds: float = 10) -> Any:
    async with asyncio.timeout(seconds):
        while not (result := condition()):
            await asyncio.sleep(0.005)
    return result


async def read_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read one answer with a Content-Length; return its head, in lower case, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, await reader.readexactly(length)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset, as a client does whose process is killed while something is unread."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def blocking_client(port: int, receive_buffer: int | None = None) -> socket.socket:
    """Connect; what is not read stays in a buffer of this many bytes, and then with the server."""
    sock = socket.socket()
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.connect(("127.0.0.1", port))
    sock.setblocking(False)
    return sock
