"""Traces, received by a collector that speaks OTLP over HTTP."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from quart.datastructures import Headers

from service.app import create_app
from service.telemetry.metrics import Metrics
from service.telemetry.request_log import RequestLog
from service.telemetry.tracing import Tracing
from service.telemetry.watching import Telemetry
from service.web import Application

from ..signing import Signer, jwks, rsa_key
from ..tenant import ManualClock, Tenant, settings, settle
from ..web.orders import blueprint
from ..web.test_guard import call
from .conftest import Log

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


class Collector(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.received = b""
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces"
        self.server.received += str(self.headers).encode() + body
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


@pytest.fixture
def telemetry(collector: Collector, log: Log) -> Telemetry:
    return Telemetry(Metrics(), RequestLog(), Tracing(collector.address))


@pytest.fixture
def app(telemetry: Telemetry, tenant: Tenant, clock: ManualClock) -> Application:
    """The API before it keeps keys by itself: the first request has to wait for them."""
    app = create_app(settings(), telemetry=telemetry, clock=clock, transport=tenant.transport)
    app.register_blueprint(blueprint)
    return app


async def test_a_callers_trace_is_continued_and_says_nothing_personal(
    app: Application, telemetry: Telemetry, collector: Collector, log: Log, tenant: Tenant
) -> None:
    token = tenant.token()
    await call(app, f"/api/me?access_token={token}", token, traceparent=f"00-{TRACE}-{PARENT}-01")
    assert log.requests[0]["trace_id"] == TRACE
    await call(app, f"/{token}", token, traceparent="nonsense")
    await telemetry.close()
    _, first, second = collector.spans
    assert (first.trace_id.hex(), first.parent_span_id.hex(), first.name) == (TRACE, PARENT, "GET /api/me")
    assert _attributes(first) == {
        "http.request.method": "GET",
        "http.route": "/api/me",
        "http.response.status_code": 200,
    }
    assert second.trace_id.hex() != TRACE
    assert (second.name, second.parent_span_id) == ("GET", b"")
    for part in token.split("."):
        assert part[:12] not in str(collector.spans)


async def test_a_key_fetch_is_a_trace_of_its_own_that_links_to_its_cause(
    app: Application, telemetry: Telemetry, collector: Collector, tenant: Tenant
) -> None:
    await call(app, "/api/me", tenant.token(), traceparent=f"00-{TRACE}-{PARENT}-01")
    await telemetry.close()
    fetch, request = collector.spans
    assert (fetch.name, fetch.kind, fetch.parent_span_id) == ("fetch a key set", Span.SPAN_KIND_CLIENT, b"")
    assert fetch.trace_id.hex() != TRACE
    assert [(link.trace_id, link.span_id) for link in fetch.links] == [(request.trace_id, request.span_id)]
    assert _attributes(fetch) == {"url.full": "https://tenant.test/.well-known/jwks.json"}
    assert fetch.status.code == Status.STATUS_CODE_UNSET
    # The issuer may continue the fetch's own.
    sent = tenant.fetches[0].headers
    assert sent["traceparent"].split("-")[1:3] == [fetch.trace_id.hex(), fetch.span_id.hex()]


async def test_a_fetch_in_the_background_has_no_cause_and_one_that_fails_says_so(
    app: Application, telemetry: Telemetry, collector: Collector, tenant: Tenant
) -> None:
    tenant.down = True
    async with app.test_app():
        await settle()
    assert len(tenant.fetches) == 1
    (fetch,) = collector.spans
    assert (list(fetch.links), fetch.status.code, fetch.status.message) == ([], Status.STATUS_CODE_ERROR, "")


TEXT = "stranger"
"""In what a stranger sends beside the ids of a trace; none of it may be found outside of this process."""


@pytest.mark.parametrize(
    "state",
    [
        f"{TEXT}={'x' * 40}",
        f"{TEXT}={'x' * 8000}",
        ",".join(f"{TEXT}{number}=x" for number in range(33)),
        f"not a member {TEXT}",
        f"{TEXT}=1,{TEXT}=2",
    ],
    ids=["small", "8 kB", "33 members", "malformed", "doubled"],
)
@pytest.mark.parametrize("verified", [True, False])
async def test_nothing_else_of_a_request_leaves_the_process(
    app: Application,
    telemetry: Telemetry,
    collector: Collector,
    log: Log,
    tenant: Tenant,
    state: str,
    verified: bool,
) -> None:
    # Not verified: of the trusted issuer, with a key that it does not publish; so the keys are fetched for it.
    token = tenant.token() if verified else tenant.token({"kid": TEXT}, sub=TEXT)
    response = await call(
        app,
        f"/api/me?{TEXT}",
        token,
        traceparent=f"00-{TRACE}-{PARENT}-01",
        tracestate=state,
        baggage=f"{TEXT}=1",
        b3=f"{TRACE}-{PARENT}-1-{TEXT}",
        cookie=f"{TEXT}=1",
        user_agent=TEXT,
    )
    assert response.status_code == (200 if verified else 401)
    await telemetry.close()
    (fetch,) = tenant.fetches
    assert sorted(fetch.headers) == [
        "accept",
        "accept-encoding",
        "connection",
        "host",
        "traceparent",
        "user-agent",
    ]
    assert TRACE not in fetch.headers["traceparent"]
    assert len(collector.spans) == 2
    for outside in (str(fetch.headers), collector.received.decode("latin-1"), log.getvalue()):
        assert TEXT not in outside


@pytest.mark.parametrize(
    "parents",
    [
        [f"00-{TRACE}-{PARENT}-01"] * 2,
        [f"01-{TRACE}-{PARENT}-01-{'x' * 8000}"],
        [f"00-{TRACE}-{PARENT}-01-more"],
        [f"ff-{TRACE}-{PARENT}-01"],
        [f"00-{'0' * 32}-{PARENT}-01"],
        [f"00-{TRACE}-{'0' * 16}-01"],
        [f"00-{TRACE.upper()}-{PARENT}-01"],
        [""],
    ],
    ids=["two", "8 kB", "more than version 00 has", "version ff", "no trace", "no parent", "upper case", "empty"],
)
async def test_a_traceparent_that_is_not_one_valid_field_begins_a_new_trace(
    app: Application, telemetry: Telemetry, collector: Collector, log: Log, parents: list[str]
) -> None:
    headers = Headers([("traceparent", parent) for parent in parents])
    response = await app.test_client().get("/api/public", headers=headers)
    assert response.status_code == 200
    await telemetry.close()
    (span,) = collector.spans
    assert span.trace_id.hex().upper() != TRACE.upper()
    assert span.parent_span_id == b""
    assert [line["event"] for line in log.lines] == ["request"]


async def test_a_failure_while_the_answer_is_sent_does_not_export_its_message(
    app: Application, telemetry: Telemetry, collector: Collector, tenant: Tenant
) -> None:
    token = tenant.token()

    @app.get("/export")
    async def export() -> tuple[AsyncIterator[bytes], int]:
        async def rows() -> AsyncIterator[bytes]:
            yield b"1,2,3\n"
            raise ValueError(f"cannot go on for {token}")

        return rows(), 200

    await call(app, "/export", token)
    await telemetry.close()
    _, span = collector.spans
    assert (span.name, span.status.code) == ("GET /export", Status.STATUS_CODE_ERROR)
    assert (span.status.message, list(span.events)) == ("", [])
    assert token.encode() not in collector.received


async def test_a_strangers_headers_cannot_make_the_issuer_refuse(
    app: Application, telemetry: Telemetry, tenant: Tenant, clock: ManualClock
) -> None:
    """As it was found: with a stranger's tracestate the issuer refused the fetch, and a rotation was not seen."""

    def issuer(request: httpx.Request) -> httpx.Response:
        if sum(len(name) + len(value) for name, value in request.headers.raw) > 600:
            return httpx.Response(431)
        return httpx.Response(200, content=json.dumps(jwks(*tenant.published)).encode())

    app = create_app(settings(), telemetry=telemetry, clock=clock, transport=httpx.MockTransport(issuer))
    await call(app, "/api/me", tenant.token())
    tenant.published = [Signer(rsa_key("rotated"), "rotated")]
    await clock.advance(11)
    stranger = call(
        app,
        "/api/me",
        tenant.token({"kid": "made-up"}),
        traceparent=f"00-{TRACE}-{PARENT}-01",
        tracestate=f"a={'x' * 250},b={'x' * 250}",
    )
    good = [call(app, "/api/me", tenant.token(signer=tenant.published[0])) for _ in range(39)]
    responses = await asyncio.gather(stranger, *good)
    assert [response.status_code for response in responses] == [401] + [200] * 39
    await telemetry.close()


def _attributes(span: Span) -> dict[str, object]:
    return {item.key: _value(item.value) for item in span.attributes}


def _value(value: Any) -> object:
    return value.string_value or value.int_value
