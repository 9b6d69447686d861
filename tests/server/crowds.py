"""What many clients may do at once, each of which a server has to hold something for.

    uv run -m tests.server.crowds [COUNT]

prints the memory that one of COUNT connections of each kind takes, with the plain path and without.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from ..tenant import Tenant
from .api import bearer, get
from .frames import BINARY, TEXT, frame, handshake
from .process import Process, process
from .raw import blocking_client

# Of a trusted issuer, and by a key that has to be asked for.
_FORGED = bearer(Tenant().token(header={"kid": "unknown"}, exp=9_000_000_000))


def upload(size: int = 1_000_000, *, chunked: bool = False) -> bytes:
    """A request with a body, and a token for which keys are fetched."""
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    body = b"8000\r\n%b\r\n" % bytes(0x8000) * (size // 0x8000) if chunked else bytes(size)
    return "\r\n".join(("POST /api/private HTTP/1.1", "Host: a", framing, _FORGED, "", "")).encode() + body


@dataclass(frozen=True)
class Kind:
    """What each client sends; then it reads a few KiB, as often as `reads` says. `keys` says that the issuer answers;
    `bound` is what one connection may take, in KiB: about twice what it did when it was measured."""

    sends: bytes
    bound: int
    reads: int = 0
    keys: bool = True


_HALF_A_HEAD = get("/api/public", *(f"X-{number}: {'a' * 700}" for number in range(42)))[:-2]

KINDS = {
    "idle": Kind(get("/api/public"), 16),
    "half of a large head": Kind(_HALF_A_HEAD, 64),
    "pipelines, and reads nothing": Kind(get("/streams/large") * 20, 64),
    "upload that waits for keys": Kind(upload(), 128, keys=False),
    "upload in chunks that waits for keys": Kind(upload(chunked=True), 128, keys=False),
    "large answer, read slowly": Kind(get("/streams/large"), 64, reads=20),
    "stream, read slowly": Kind(get("/streams/parts"), 192, reads=20),
    "WebSocket, idle": Kind(handshake("/streams/echo"), 64),
    "WebSocket that reads nothing": Kind(handshake("/streams/floods"), 128, reads=20),
    "WebSocket that sends to a route that only sends": Kind(
        handshake("/streams/sends") + frame(TEXT, b"a" * 20_000) * 20, 160
    ),
    "WebSocket that sends, and reads nothing": Kind(
        handshake("/streams/echo") + frame(BINARY, bytes(20_000)) * 50, 256
    ),
}


@contextlib.asynccontextmanager
async def crowd(port: int, kind: Kind, count: int) -> AsyncIterator[list[socket.socket]]:
    """Connect, and do what clients of this kind do, while the context lasts."""
    loop = asyncio.get_running_loop()
    clients: list[socket.socket] = []
    sending: list[asyncio.Task[None]] = []
    try:
        for _ in range(count):
            clients.append(blocking_client(port, 4096))
            sending.append(loop.create_task(_send(clients[-1], kind.sends)))
            await asyncio.sleep(0)
        yield clients
    finally:
        for task in sending:
            task.cancel()
        await asyncio.wait(sending)
        for client in clients:
            client.close()


async def settled(served: Process) -> int:
    """Wait until the memory of a process hardly changes any more, and return it."""
    before, now = 0, 1 << 40
    while abs(now - before) >= 100_000:
        before, now = now, served.resident
        await asyncio.sleep(0.3)
    return now


async def memory(kinds: Iterable[Kind], count: int, *, plain: bool, keys: bool) -> int:
    """What `count` connections of each kind take of a process of its own, in bytes."""
    with process(plain=plain, keys=keys) as served:
        async with contextlib.AsyncExitStack() as stack:
            for kind in kinds:
                # What the first ones need is needed once.
                await stack.enter_async_context(crowd(served.port, kind, 5))
            before = await settled(served)
            crowds = [(kind, await stack.enter_async_context(crowd(served.port, kind, count))) for kind in kinds]
            await settled(served)
            for number in range(max(kind.reads for kind in kinds)):
                for kind, clients in crowds:
                    for client in clients if kind.reads > number else ():
                        with contextlib.suppress(BlockingIOError):
                            client.recv(8192)
                await asyncio.sleep(0.02)
            return await settled(served) - before


async def _send(client: socket.socket, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        await asyncio.get_running_loop().sock_sendall(client, data)


def main(count: int) -> None:
    for name, kind in KINDS.items():
        each = [asyncio.run(memory([kind], count, plain=plain, keys=kind.keys)) / count for plain in (True, False)]
        print(f"{name:48}", *(f"{taken / 1024:6.1f} KiB" for taken in each), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1000)
