from __future__ import annotations

import asyncio
import re
from typing import Any

from prometheus_client import CollectorRegistry

from service.telemetry.watching import Telemetry
from service.web import Application

from ..processes import ROOT
from ..tenant import ManualClock, Tenant, settle
from ..web.test_guard import call

ISSUER = {"issuer": "https://tenant.test/"}


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def label_values(registry: CollectorRegistry, label: str) -> set[str]:
    return {
        sample.labels[label] for metric in registry.collect() for sample in metric.samples if label in sample.labels
    }


async def test_requests_are_counted_by_route_and_status(
    app: Application, registry: CollectorRegistry, make_token: Any
) -> None:
    token = make_token()
    for _ in range(3):
        await call(app, "/api/private", token)
    await call(app, "/api/private")
    await call(app, "/api/private", make_token(exp=1))
    requests = "http_requests_total"
    assert value(registry, requests, method="GET", route="/api/private", status="200") == 3
    assert value(registry, requests, method="GET", route="/api/private", status="401") == 2
    assert value(registry, "http_request_duration_seconds_count", method="GET", route="/api/private") == 5
    assert value(registry, "auth_refusals_total", code="token_expired") == 1
    assert value(registry, "auth_refusals_total", code="authorization_header_missing") == 1
    assert value(registry, "token_cache_lookups_total", outcome="hit") == 2
    assert value(registry, "token_cache_lookups_total", outcome="miss") == 2
    assert value(registry, "token_cache_entries") == 1
    assert 700 < (value(registry, "token_cache_bytes") or 0) < 3000


def test_what_the_alarms_ask_for_is_there(app: Application, registry: CollectorRegistry) -> None:
    """Those of deploy/README.md; a name that is not there is an alarm that never comes."""
    alarms = re.findall(r"^\|[^|]+\| `((?:[^`|]|\\\|)+)`", (ROOT / "deploy/README.md").read_text(), re.MULTILINE)
    asked = {name for alarm in alarms for name in re.findall(r"\b[a-z]+(?:_[a-z]+)+(?=[ {\[]|$)", alarm)}
    own = {
        name
        for metric in registry.collect()
        for name in (metric.name, *(f"{metric.name}_{part}" for part in ("total", "bucket")))
    }
    of_kubernetes = {
        "kube_deployment_status_condition",
        "kube_horizontalpodautoscaler_spec_max_replicas",
        "kube_horizontalpodautoscaler_status_current_replicas",
        "kube_pod_container_status_restarts_total",
    }
    assert asked - own == of_kubernetes
    assert len(asked - of_kubernetes) >= 4


async def test_what_is_no_refusal_of_the_door_is_not_counted_as_one(
    app: Application, registry: CollectorRegistry, make_token: Any
) -> None:
    await call(app, "/nope", make_token())
    await call(app, "/orders/abort/403", make_token())
    assert label_values(registry, "code") == set()


async def test_no_caller_chooses_a_label(app: Application, registry: CollectorRegistry, make_token: Any) -> None:
    for number in range(20):
        await call(app, f"/made/up/{number}", make_token(), method=f"METHOD{number}", X_Request_ID=f"id{number}")
        await call(app, f"/assets/{number}")
        await call(app, "/api/me", make_token(sub=f"auth0|{number}", azp=f"client{number}", iss="https://evil.test/"))
    assert label_values(registry, "method") == {"GET", "other"}
    assert label_values(registry, "route") == {"unmatched", "/assets/<name>", "/api/me"}
    assert label_values(registry, "issuer") <= {"https://tenant.test/"}


async def test_the_key_sets_age_and_state_and_fetches(
    app: Application, registry: CollectorRegistry, telemetry: Telemetry, tenant: Tenant, clock: ManualClock
) -> None:
    async def sampled() -> dict[str, float | None]:
        async with asyncio.timeout(30):
            delays = value(registry, "event_loop_delay_seconds_count")
            while value(registry, "event_loop_delay_seconds_count") == delays:
                await asyncio.sleep(0.02)
        await settle()
        return {state: value(registry, "jwks_state", **ISSUER, state=state) for state in ("fresh", "stale", "expired")}

    assert await sampled() == {"fresh": 1, "stale": 0, "expired": 0}
    tenant.down = True
    await clock.advance(1000)
    assert await sampled() == {"fresh": 0, "stale": 1, "expired": 0}
    assert value(registry, "jwks_age_seconds", **ISSUER) == 1000
    assert value(registry, "jwks_fetches_total", **ISSUER, outcome="success") == 1
    failures = value(registry, "jwks_fetches_total", **ISSUER, outcome="failure")
    assert failures is not None
    assert failures > 3
    await clock.advance(86400)
    assert await sampled() == {"fresh": 0, "stale": 0, "expired": 1}
