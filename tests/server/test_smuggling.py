"""Behind a real proxy: never two requests where the proxy saw one, and nobody gets another's answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import proxies
from .echo import Echo, exchange, serving
from .smuggling import payloads

# Clients at once.
AT_ONCE = 128

# More than it takes where a proxy waits for what does not come.
SECONDS = 20

# What was answered, and what the server says it was asked.
_ANSWER = re.compile(rb'HTTP/1\.1 [0-9]{3}|\["[^]]*\]')

Proxy = Callable[..., contextlib.AbstractContextManager[int]]


async def attack(port: int, payload: bytes) -> None:
    """Send a payload, and read until the proxy closes, or has no more to say."""
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(payload)
                await reader.read()
            finally:
                writer.transport.abort()


async def call(port: int, number: int) -> Any:
    """Ask as another client does, and return what the server says it was asked."""
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"GET /victim/%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % number)
            status, _, body = (await reader.read()).partition(b"\r\n\r\n")
            return json.loads(body) if status.startswith(b"HTTP/1.1 200 ") else status
        finally:
            writer.transport.abort()


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "hypercorn"])
@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
@pytest.mark.parametrize("proxy", [proxies.nginx, proxies.haproxy])
async def test_the_server_sees_what_the_proxy_saw(tmp_path: Path, proxy: Proxy, lenient: bool, plain: bool) -> None:
    app = Echo()
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(port: int, number: int, payload: bytes) -> None:
        async with limit:
            await attack(port, payload)
            # On a connection between proxy and server that the attack may have used.
            assert await call(port, number) == ["GET", f"/victim/{number}", ""], payload

    async with serving(app, plain=plain) as server:
        with proxy(tmp_path, server, lenient=lenient) as port:
            await asyncio.gather(*(one(port, number, payload) for number, payload in enumerate(payloads())))
    marks = [value for asked in app.asked for name, value in asked.headers if name == proxies.MARK]
    # Each request bears the mark of a proxy, once, and no two bear the same.
    assert len(marks) == len(app.asked) == len(set(marks))
    # Many attacks are requests, of which the proxy makes the one that it saw.
    assert len(app.asked) > sum(1 for _ in payloads()) * 1.1


async def test_without_a_proxy_both_paths_read_the_same() -> None:
    """What is not refused is read to its end in one way; what follows is a request of its own, or refused."""
    timeouts = {"head": 1.0, "idle": 1.0, "linger": 0.2}
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(ports: tuple[int, int], payload: bytes) -> None:
        async with limit:
            read, also_read = await asyncio.gather(*(exchange(port, payload) for port in ports))
        answers = _ANSWER.findall(read)
        assert answers == _ANSWER.findall(also_read), payload
        if (
            b"\r\nContent-Length: " in payload
            and b"\r\nTransfer-Encoding: chunked\r\n" in payload.partition(b"\r\n\r\n")[0]
        ):
            assert answers == [b"HTTP/1.1 400"], payload

    async with (
        serving(Echo(patience=1), plain=True, **timeouts) as plain,
        serving(Echo(patience=1), plain=False, **timeouts) as other,
    ):
        await asyncio.gather(*(one((plain, other), payload) for payload in payloads()))
