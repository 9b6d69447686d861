"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT asks for them. Nothing of it is imported otherwise.

A caller's `traceparent` is continued (W3C Trace Context), and goes on with the fetch of a key set. A span says what
the log says: no path, query or header, any of which may hold a token.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from ..web.observing import Exchange
    from ..web.requests import ApiRequest, ApiWebsocket

_PROPAGATOR = TraceContextTextMapPropagator()


class Tracing:
    """Sends spans to `endpoint`, the base URL of an OTLP collector. The SDK reads the other OTEL_* variables itself."""

    def __init__(self, endpoint: str) -> None:
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over it.
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "auth0-quart-service"}))
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("service")

    @contextlib.contextmanager
    def request(self, connection: ApiRequest | ApiWebsocket) -> Iterator[None]:
        carrier = {name: connection.headers.get(name, "") for name in ("traceparent", "tracestate")}
        with self._tracer.start_as_current_span(
            "request", _PROPAGATOR.extract(carrier), SpanKind.SERVER, record_exception=False
        ):
            yield

    def ended(self, exchange: Exchange) -> str:
        """Say how the current request's span has ended. Returns its trace id, in hexadecimal, if there is one."""
        span = trace.get_current_span()
        span.update_name(
            f"{exchange.method or 'HTTP'} {exchange.route}" if exchange.route else exchange.method or "HTTP"
        )
        span.set_attribute("http.request.method", exchange.method or "_OTHER")
        if exchange.route:
            span.set_attribute("http.route", exchange.route)
        span.set_attribute("http.response.status_code", exchange.status)
        if exchange.code is not None:
            span.set_attribute("error.type", exchange.code)
        if exchange.status >= 500:
            span.set_status(StatusCode.ERROR)
        context = span.get_span_context()
        return trace.format_trace_id(context.trace_id) if context.is_valid else ""

    async def key_fetch(self, request: httpx.Request) -> None:
        """Continue the trace in a request for a key set (an event hook of httpx)."""
        carrier: dict[str, Any] = {}
        _PROPAGATOR.inject(carrier)
        request.headers.update(carrier)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
