"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT asks for them. Nothing of it is imported otherwise.

A caller's trace is continued by the two ids in its `traceparent` (W3C Trace Context), and nothing else that it sends
is taken: a `tracestate` or `baggage` is its own text, and a span is begun before the caller is verified. A span says
what the log says: no path, query, header or message of an exception, any of which may hold a token.

A fetch of a key set is a trace of its own, since it is made for all callers. It links to the span that caused it.
"""

from __future__ import annotations

import contextlib
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context as TraceContext
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx

    from ..auth.jwks import Fetch
    from ..web.observing import RequestRecord
    from ..web.requests import ApiRequest, ApiWebsocket

_PROPAGATOR = TraceContextTextMapPropagator()

# The one known version of `traceparent` has 55 characters; later ones may have more.
_LONGEST_PARENT = 512

_CAUSE: ContextVar[SpanContext | None] = ContextVar("cause of a fetch", default=None)


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
        parent = _parent(connection.headers.getlist("traceparent"))
        with self._start("request", SpanKind.SERVER, parent) as span:
            try:
                yield
            except Exception:
                span.set_status(StatusCode.ERROR)
                raise

    def ended(self, record: RequestRecord) -> str:
        """Say how the current request's span has ended. Returns its trace id, in hexadecimal, if there is one."""
        span = trace.get_current_span()
        span.update_name(f"{record.method or 'HTTP'} {record.route}" if record.route else record.method or "HTTP")
        span.set_attribute("http.request.method", record.method or "_OTHER")
        if record.route:
            span.set_attribute("http.route", record.route)
        span.set_attribute("http.response.status_code", record.status)
        if record.code is not None:
            span.set_attribute("error.type", record.code)
        if record.status >= 500:
            span.set_status(StatusCode.ERROR)
        context = span.get_span_context()
        return trace.format_trace_id(context.trace_id) if context.is_valid else ""

    def fetch_context(self) -> Context:
        """Make a context for a fetch of a key set, which knows of the current one's request only its span."""
        cause = trace.get_current_span().get_span_context()
        fetch_context = Context()
        if cause.is_valid:
            fetch_context.run(_CAUSE.set, cause)
        return fetch_context

    def traced(self, fetch: Fetch) -> Fetch:
        """Surround `fetch`, called in a `fetch_context`, with a span."""

        async def traced_fetch(url: str) -> bytes:
            cause = _CAUSE.get()
            links = [Link(cause)] if cause is not None else []
            with self._start("fetch a key set", SpanKind.CLIENT, TraceContext(), links) as span:
                span.set_attribute("url.full", url)
                try:
                    return await fetch(url)
                except Exception:
                    # Why, the log says.
                    span.set_status(StatusCode.ERROR)
                    raise

        return traced_fetch

    async def continue_fetch(self, request: httpx.Request) -> None:
        """Tell the issuer the trace of the fetch (an event hook of httpx)."""
        carrier: dict[str, Any] = {}
        _PROPAGATOR.inject(carrier)
        request.headers.update(carrier)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _start(
        self, name: str, kind: SpanKind, parent: TraceContext, links: Sequence[Link] = ()
    ) -> contextlib.AbstractContextManager[trace.Span]:
        # Left to itself, the SDK would export the messages of exceptions.
        return self._tracer.start_as_current_span(
            name, parent, kind, links=links, record_exception=False, set_status_on_exception=False
        )


def _parent(values: Sequence[str]) -> TraceContext:
    """Read the `traceparent` fields of a request; of anything but one that is valid, none is taken."""
    if len(values) != 1 or len(values[0]) > _LONGEST_PARENT:
        return TraceContext()
    return _PROPAGATOR.extract({"traceparent": values[0]})
