"""What OpenTelemetry reads, judged as its SDK would: each wrong value is one over which it stumbles or which it ignores."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.libraries.traces import tracing_problems

COLLECTOR = "http://127.0.0.1:4318"

WRONG = [
    *((name, value) for name in ("OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_SCHEDULE_DELAY") for value in ("0", "-1", "x", "1.5")),
    ("OTEL_BSP_EXPORT_TIMEOUT", "x"),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100000"), ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
    *((name, value) for name in (
        "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
    ) for value in ("-1", "x")),
    ("OTEL_TRACES_SAMPLER", "sometimes"),
    *((f"OTEL_EXPORTER_OTLP_{signal}{name}", value) for signal in ("", "TRACES_") for name, value in (
        ("TIMEOUT", "x"), ("TIMEOUT", "nan"), ("TIMEOUT", "inf"), ("TIMEOUT", "-1"), ("TIMEOUT", "0"), ("COMPRESSION", "brotli"),
        ("HEADERS", "s3cret"), ("HEADERS", "a=b,s3cret"), ("HEADERS", "a b=s3cret"), ("HEADERS", "a=s3cr\net"),
        ("CERTIFICATE", "/no/such"), ("CLIENT_KEY", "/no/such"), ("CLIENT_CERTIFICATE", "/no/such"),
    )),
    ("OTEL_PYTHON_METER_PROVIDER", "none_such"), ("OTEL_PYTHON_CONTEXT", "none_such"),
    ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "otel,none_such"),
    ("OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER", "none_such"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_told_by_name_and_not_repeated(name: str, value: str) -> None:
    (problem,) = tracing_problems({name: value}, COLLECTOR)
    assert problem.startswith(f"{name}: ")
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    "environment",
    [
        {"OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100"}, {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": ""},
        {"OTEL_SPAN_LINK_COUNT_LIMIT": "0"}, {"OTEL_TRACES_SAMPLER": "ParentBased_TraceIdRatio", "OTEL_TRACES_SAMPLER_ARG": "0.5"},
        {"OTEL_TRACES_SAMPLER": "always_on", "OTEL_TRACES_SAMPLER_ARG": "x"}, {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b, y=z==,"},
        {"OTEL_PYTHON_METER_PROVIDER": "sdk_meter_provider"}, {"OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process, otel"},
        {"OTEL_EXPORTER_OTLP_TIMEOUT": "2.5", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"},
        # Neither is of use on this machine over http://.
        {"HTTP_PROXY": "socks5://proxy", "SSLKEYLOGFILE": "/no/such/log"},
    ],
)  # fmt: skip
def test_what_works_is_no_problem(environment: dict[str, str]) -> None:
    assert list(tracing_problems(environment, COLLECTOR)) == []


@pytest.mark.parametrize("share", ["x", "1.5", "-0.1", "nan"])
@pytest.mark.parametrize("sampler", ["traceidratio", "parentbased_traceidratio"])
def test_the_share_of_traces_is_looked_at_where_there_is_one(sampler: str, share: str) -> None:
    environment = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": share}
    (problem,) = tracing_problems(environment, COLLECTOR)
    assert problem.startswith("OTEL_TRACES_SAMPLER_ARG: ")


def test_what_requests_reads_is_looked_at_where_it_is_used(tmp_path: Path) -> None:
    environment = {
        "HTTPS_PROXY": "socks5://proxy",
        "REQUESTS_CA_BUNDLE": str(tmp_path / "none"),
        "SSLKEYLOGFILE": str(tmp_path / "no" / "log"),
    }
    found = [problem.split(":")[0] for problem in tracing_problems(environment, "https://otel.example.com")]
    assert found == ["REQUESTS_CA_BUNDLE", "SSLKEYLOGFILE", "HTTPS_PROXY"]
