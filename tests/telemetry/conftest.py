from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog
from prometheus_client import CollectorRegistry

from service import logs
from service.app import create_app
from service.telemetry.metrics import Metrics
from service.telemetry.request_log import RequestLog
from service.telemetry.watching import Telemetry
from service.web import Application

from ..tenant import ManualClock, Tenant, settings
from ..web import ruled
from ..web.orders import blueprint


class Log(io.StringIO):
    """What was logged."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] in ("request", "websocket")]


@pytest.fixture
def log() -> Iterator[Log]:
    import logging

    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = Log()
    logs.configure("info", "json", stream)
    yield stream
    root.handlers, root.level = before
    structlog.reset_defaults()


@pytest.fixture
def telemetry(log: Log) -> Telemetry:
    return Telemetry(Metrics(), RequestLog(b"a key of sixteen bytes or more"))


@pytest.fixture
async def app(tenant: Tenant, clock: ManualClock, telemetry: Telemetry) -> AsyncIterator[Application]:
    """The API, watched over."""
    app = create_app(settings(), telemetry=telemetry, clock=clock, transport=tenant.transport)
    app.register_blueprint(blueprint)
    app.register_blueprint(ruled.blueprint)
    async with app.test_app():
        yield app


@pytest.fixture
def registry(telemetry: Telemetry) -> CollectorRegistry:
    return telemetry.metrics.registry
