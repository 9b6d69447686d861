"""An ASGI app that tells what it was asked, on the server itself, without Quart."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

from service import server

Answer = Callable[[Any], Awaitable[None]]

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
GET_AND_CLOSE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Asked(NamedTuple):
    method: str
    raw_path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Echo:
    """Answers with what it was asked, as JSON; with 408 where the body has not come in `patience` seconds. `asked` are
    the requests in the order in which they were read whole. `answer` is what is sent instead."""

    def __init__(self, answer: Answer | None = None, patience: float | None = None) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._patience = patience

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await _websocket(receive, send)
        elif self._answer is not None:
            await self._answer(send)
        else:
            await self._echo(scope, receive, send)

    async def _echo(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        try:
            async with asyncio.timeout(self._patience):
                while more:
                    event = await receive()
                    if event["type"] == "http.disconnect":
                        return
                    body += event["body"]
                    more = event["more_body"]
        except TimeoutError:
            await send({"type": "http.response.start", "status": 408, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        headers = [(bytes(name), bytes(value)) for name, value in scope["headers"]]
        asked = Asked(scope["method"], bytes(scope["raw_path"]), bytes(scope["query_string"]), headers, body)
        self.asked.append(asked)
        data = json.dumps([scope["method"], asked.raw_path.decode("latin-1"), body.decode("latin-1")]).encode()
        fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(data))]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": data})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def _websocket(receive: Any, send: Any) -> None:
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})


@contextlib.asynccontextmanager
async def serving(app: Any, *, plain: bool, **timeouts: float) -> AsyncIterator[int]:
    """Serve in this event loop; gives the port."""
    listener = server.listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    async with server.running(app, listener, server.ClientTimeouts(**timeouts), plain=plain):
        yield port


async def exchange(port: int, *parts: bytes, eof: bool = False, seconds: float = 20) -> bytes:
    """Send the parts, each in a packet of its own, and return all that comes back until the server closes."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                if len(parts) > 1:
                    # Until the server, in this loop, has read it.
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
            if eof:
                writer.write_eof()
            return await reader.read()
        finally:
            writer.transport.abort()


async def statuses(port: int, *parts: bytes, **options: Any) -> list[int]:
    """As `exchange`; the status of each answer that has no body, or one with a Content-Length."""
    return [status for status, _, _ in split(await exchange(port, *parts, **options))]


def split(stream: bytes) -> list[tuple[int, list[tuple[bytes, bytes]], bytes]]:
    """Take answers apart. Names are lower-case; a chunked body stays as it was sent."""
    found = []
    while stream:
        head, end, stream = stream.partition(b"\r\n\r\n")
        assert end, f"a head without its end: {head!r}"
        status_line, *lines = head.split(b"\r\n")
        assert status_line.startswith(b"HTTP/1.1 "), status_line
        fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
        length = next((int(value) for name, value in fields if name == b"content-length"), None)
        if length is None and int(status_line[9:12]) >= 200 and int(status_line[9:12]) not in (204, 304):
            length = len(stream)
        body, stream = stream[: length or 0], stream[length or 0 :]
        found.append((int(status_line[9:12]), fields, body))
    return found
