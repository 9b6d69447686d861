"""What OpenTelemetry's SDK and its exporter read. Nothing of them is imported."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .http import proxy_problems, tls_problems
from .rules import Rule, existing_path, number_between, one_of, problem, problems, readable_file, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_QUEUE, _BATCH = "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
_DEFAULTS = {_QUEUE: 2048, _BATCH: 512}

_SAMPLERS = ("always_on", "always_off", "traceidratio")
_WITH_PARENTS = tuple(f"parentbased_{name}" for name in _SAMPLERS)

_POSITIVE = Rule(whole_number(1), "a whole number over 0")
_LIMIT = Rule(whole_number(0), "a whole number, 0 or more; empty for no limit")
_FILE = Rule(readable_file, "a file in PEM form")


def _installed(group: str) -> Callable[[str], object]:
    def check(value: str) -> None:
        for name in filter(None, (part.strip() for part in value.split(","))):
            if name != "*" and not entry_points(group=group, name=name):
                raise ValueError("it names a part that is not installed")

    return check


def _headers(value: str) -> None:
    # The SDK would log what it cannot read, and a key for the collector stands in it.
    for header in filter(None, (part.strip() for part in value.split(","))):
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[\x20-\x7e]*", header):
            raise ValueError("it cannot be read")


def _of_exporter(name: str, rule: Rule) -> dict[str, Rule]:
    """Give the rule to both variables: that of all signals, and that of traces."""
    return {f"OTEL_EXPORTER_OTLP_{name}": rule, f"OTEL_EXPORTER_OTLP_TRACES_{name}": rule}


_RULES: Mapping[str, Rule] = {
    _QUEUE: _POSITIVE,
    _BATCH: _POSITIVE,
    "OTEL_BSP_SCHEDULE_DELAY": Rule(whole_number(1), "milliseconds, over 0"),
    "OTEL_BSP_EXPORT_TIMEOUT": Rule(whole_number(0), "milliseconds, 0 or more"),
    **dict.fromkeys(
        (
            "OTEL_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_SPAN_EVENT_COUNT_LIMIT",
            "OTEL_SPAN_LINK_COUNT_LIMIT",
        ),
        _LIMIT,
    ),
    "OTEL_TRACES_SAMPLER": Rule(one_of(*_SAMPLERS, *_WITH_PARENTS), f"one of {' '.join((*_SAMPLERS, *_WITH_PARENTS))}"),
    **_of_exporter("TIMEOUT", Rule(number_between(0, 86400, least_excluded=True), "seconds, over 0, to 86400")),
    **_of_exporter("COMPRESSION", Rule(one_of("none", "gzip", "deflate"), "none, gzip or deflate")),
    **_of_exporter("HEADERS", Rule(_headers, "name=value, separated by commas, in URL encoding")),
    **_of_exporter("CERTIFICATE", _FILE),
    **_of_exporter("CLIENT_CERTIFICATE", _FILE),
    **_of_exporter("CLIENT_KEY", _FILE),
    "OTEL_PYTHON_METER_PROVIDER": Rule(_installed("opentelemetry_meter_provider"), "sdk_meter_provider; unset it"),
    "OTEL_PYTHON_CONTEXT": Rule(_installed("opentelemetry_context"), "contextvars_context; unset it"),
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": Rule(
        _installed("opentelemetry_resource_detector"), "names of installed detectors, separated by commas"
    ),
    **dict.fromkeys(
        (
            "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
            "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
        ),
        Rule(_installed("opentelemetry_otlp_credential_provider"), "the name of an installed provider"),
    ),
}

_RATIO = {"OTEL_TRACES_SAMPLER_ARG": Rule(number_between(0, 1), "the part of traces that is kept, from 0 to 1")}
_BUNDLES = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), Rule(existing_path, "certificates in PEM form"))


def tracing_problems(environment: Mapping[str, str], endpoint: str) -> Iterator[str]:
    """Yield what keeps traces from being made and sent to `endpoint`, the URL of a collector."""
    found = list(problems(_RULES, environment))
    yield from found
    if not found:
        yield from _batch_problems(environment)
    if environment.get("OTEL_TRACES_SAMPLER", "").strip().lower().endswith("traceidratio"):
        yield from problems(_RATIO, environment)
    url = urlsplit(endpoint)
    if url.scheme == "https":
        yield from problems(_BUNDLES, environment)
        yield from tls_problems(environment)
    if url.hostname not in ("localhost", "127.0.0.1", "::1"):
        yield from proxy_problems(environment)


def _batch_problems(environment: Mapping[str, str]) -> Iterator[str]:
    queue, batch = (int(environment.get(name) or default) for name, default in _DEFAULTS.items())
    if batch > queue:
        name = _BATCH if environment.get(_BATCH) else _QUEUE
        rule = f"{_BATCH}, by default {_DEFAULTS[_BATCH]}, is at most {_QUEUE}, by default {_DEFAULTS[_QUEUE]}"
        yield problem(name, "a batch would be larger than the queue", rule)
