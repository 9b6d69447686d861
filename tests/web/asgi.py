"""Calls an app as the server does: with the bytes that a caller sent, which no client library would send."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from quart import Quart

Fields = list[tuple[bytes, bytes]]


@dataclass
class Answer:
    """`status` is 101 for a WebSocket that was accepted, whose messages are in `sent`."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    sent: list[Any] = field(default_factory=list)


async def ask(
    app: Quart,
    path: str,
    headers: Fields = [],  # noqa: B006 - never changed
    *,
    method: str = "GET",
    query: bytes = b"",
    body: bytes = b"",
    socket: bool = False,
    scheme: str = "",
    raw_path: bytes = b"",
    message: bytes | str | None = None,
) -> Answer:
    """Ask an app for a decoded `path`, with header fields as they stood; a `Host` is added where there is none.

    `message` is what a WebSocket gets after it was opened.
    """
    answer = Answer()
    if not any(name.lower() == b"host" for name, _ in headers):
        headers = [(b"host", b"api.example.com"), *headers]
    incoming: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
    if socket:
        incoming = [{"type": "websocket.connect"}]
        if message is not None:
            kind = "text" if isinstance(message, str) else "bytes"
            incoming.append({"type": "websocket.receive", "bytes": None, "text": None, kind: message})

    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop(0)
        # As the server does: the caller stays until it has its answer.
        await answered.wait()
        return {"type": "websocket.disconnect", "code": 1000} if socket else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        match message["type"]:
            case "http.response.start" | "websocket.http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode().title(): value.decode() for name, value in message["headers"]}
            case "http.response.body" | "websocket.http.response.body":
                answer.body += message["body"]
                if not message.get("more_body"):
                    answered.set()
            case "websocket.accept":
                answer.status = 101
            case "websocket.send" | "websocket.close":
                answer.sent.append(message.get("text") or message.get("bytes") or message.get("code"))
                if message["type"] == "websocket.close":
                    answered.set()

    scope: Any = {
        "type": "websocket" if socket else "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": method,
        "scheme": scheme or ("ws" if socket else "http"),
        "path": path,
        "raw_path": raw_path or path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8100),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}} if socket else {},
    }
    async with asyncio.timeout(30):
        await app(scope, receive, send)
    return answer
