"""Traces, received by a collector that speaks OTLP over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.app import create_app
from service.telemetry.metrics import Metrics
from service.telemetry.request_log import RequestLog
from service.telemetry.tracing import Tracing
from service.telemetry.watching import Telemetry

from ..tenant import ManualClock, Tenant, settings
from ..web.test_guard import call
from .conftest import Log

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


class Collector(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.spans: list[Span] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        import gzip

        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        yield collector
        collector.shutdown()


async def test_a_callers_trace_is_continued_into_the_key_fetch_and_says_nothing_personal(
    collector: Collector, log: Log, tenant: Tenant, clock: ManualClock
) -> None:
    telemetry = Telemetry(Metrics(), RequestLog(), Tracing(collector.address))
    app = create_app(settings(), telemetry=telemetry, clock=clock, transport=tenant.transport)
    token = tenant.token()
    parent = f"00-{TRACE}-{PARENT}-01"
    # Before the service keeps keys by itself: this request has to wait for them.
    await call(app, f"/api/me?access_token={token}", token, traceparent=parent)
    assert tenant.fetches[0].headers["traceparent"].split("-")[1] == TRACE
    assert log.requests[0]["trace_id"] == TRACE
    await call(app, f"/{token}", token, traceparent="nonsense")
    await telemetry.close()
    first, second = collector.spans
    assert (first.trace_id.hex(), first.parent_span_id.hex(), first.name) == (TRACE, PARENT, "GET /api/me")
    assert {item.key: _value(item.value) for item in first.attributes} == {
        "http.request.method": "GET",
        "http.route": "/api/me",
        "http.response.status_code": 200,
    }
    assert second.trace_id.hex() != TRACE
    assert (second.name, second.parent_span_id) == ("GET", b"")
    for part in token.split("."):
        assert part[:12] not in str(collector.spans)


def _value(value: Any) -> object:
    return value.string_value or value.int_value
