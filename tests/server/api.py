"""The API with the routes of `routes`, on the real server in this event loop, and what a client sees of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from service import server
from service.app import create_app
from service.web import Application
from service.web.observing import NoObserver, RequestRecord

from ..tenant import ManualClock, Tenant, settings
from .frames import Socket, handshake
from .routes import blueprint

ORIGIN = "https://app.example.com"


class Recorder(NoObserver):
    """Remembers what the log is told."""

    def __init__(self) -> None:
        self.records: list[RequestRecord] = []

    def ended(self, record: RequestRecord) -> None:
        self.records.append(record)


@dataclass
class Api:
    port: int
    app: Application
    tenant: Tenant
    recorder: Recorder = field(default_factory=Recorder)
    opened: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def events(self) -> list[str]:
        """What the routes have noted."""
        return self.app.extensions.setdefault("events", [])  # type: ignore[no-any-return]

    @property
    def statuses(self) -> list[int]:
        return [record.status for record in self.recorder.records]

    async def connect(self, request: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.opened.append(writer)
        writer.write(request)
        return reader, writer

    async def socket(self, path: str, *fields: str) -> Socket:
        reader, writer = await self.connect(handshake(path, *fields))
        return await Socket.opened(reader, writer)

    async def send(self, request: bytes) -> bytes:
        """Send a request, and return what comes until the end of the connection."""
        reader, writer = await self.connect(request)
        try:
            return await reader.read()
        finally:
            writer.close()

    async def get(self, path: str, *fields: str, method: str = "GET") -> bytes:
        return await self.send(get(path, "Connection: close", *fields, method=method))


def get(path: str, *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/{version}", "Host: a", *fields, "", "")).encode()


def bearer(token: str) -> str:
    return f"Authorization: Bearer {token}"


@contextlib.asynccontextmanager
async def serving(plain: bool = True, seconds: float = 20, **timeouts: float) -> AsyncIterator[Api]:
    """Serve for as long as the context lasts, and not much longer than `seconds`."""
    tenant = Tenant()
    made = settings(cors_allow_origins=(ORIGIN,))
    app = create_app(made, clock=ManualClock(), transport=tenant.transport)
    app.register_blueprint(blueprint)
    listener = server.listen("127.0.0.1", 0)
    api = Api(int(listener.getsockname()[1]), app, tenant)
    app.observer = api.recorder
    async with asyncio.timeout(seconds), server.running(app, listener, server.ClientTimeouts(**timeouts), plain=plain):
        try:
            yield api
        finally:
            for writer in api.opened:
                writer.transport.abort()


async def until(condition: Any) -> Any:
    while not (result := condition()):
        await asyncio.sleep(0.005)
    return result
