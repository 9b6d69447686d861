"""The alarms of `components/alarms`, by Debian's promtool, against metrics that the service itself serves."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ..processes import free_port, service
from ..tools import need
from .rendering import DEPLOY

RULE = yaml.safe_load((DEPLOY / "components/alarms/prometheus-rule.yaml").read_text())
RULES: dict[str, dict[str, Any]] = {rule["alert"]: rule for group in RULE["spec"]["groups"] for rule in group["rules"]}

# How long the series of a test are.
MINUTES = 40


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The labels of each series that a service serves: one that has no keys, asked without a token and with a bad one."""
    port, metrics = free_port(), free_port()
    settings = {
        "AUTH0_DOMAIN": f"http://127.0.0.1:{free_port()}/",
        "AUTH0_AUDIENCE": "https://api.example.com",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "METRICS_PORT": str(metrics),
        "SHUTDOWN_DELAY": "0",
    }
    with service("serve", directory=tmp_path_factory.mktemp("serve"), **settings) as running:
        running.wait_for("listening")
        for headers in ({}, {"Authorization": "Bearer x"}):
            assert (
                httpx.get(f"http://127.0.0.1:{port}/api/private", headers=headers, trust_env=False).status_code == 401
            )
        text = httpx.get(f"http://127.0.0.1:{metrics}/metrics", trust_env=False).text
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(dict(sample.labels))
    return found


def test_each_alarm_asks_for_what_the_service_serves(served: dict[str, list[dict[str, str]]]) -> None:
    """Names and labels; what begins with kube_ is served by others."""
    for name, rule in RULES.items():
        for metric, selector in re.findall(r"\b([a-z_]+(?:_total|_bucket|_state))(?:\{([^}]*)\})?", rule["expr"]):
            if metric.startswith("kube_"):
                continue
            assert metric in served, name
            labels = set(re.findall(r"(\w+)[=!]", selector)) | set(re.findall(r"by \((\w+)\)", rule["expr"]))
            assert labels <= set().union(*served[metric]), (name, metric)
            # Of a key set every state is served, each with 0 or 1.
            for state in re.findall(r'state="(\w+)"', selector):
                assert state in {one["state"] for one in served[metric]}, name


def series(metric: str, labels: dict[str, str], values: str) -> dict[str, str]:
    inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return {"series": f"{metric}{{{inside}}}", "values": values}


def one(served: dict[str, list[dict[str, str]]], metric: str, **wanted: str) -> dict[str, str]:
    """The labels of a series as it is served, with some of another value."""
    return {**served[metric][0], **wanted}


def promtool(
    where: Path,
    alert: str,
    inputs: list[dict[str, str]],
    *,
    fires: bool,
    labels: dict[str, str],
    minutes: int = MINUTES,
) -> None:
    """Let promtool evaluate one rule over these series, up to the last minute."""
    (where / "rules.yaml").write_text(yaml.safe_dump(RULE["spec"]))
    expected = {"exp_labels": {**RULES[alert]["labels"], **labels}}
    expected["exp_annotations"] = {
        name: re.sub(r"{{ \$labels\.(\w+) }}", lambda found: labels.get(found[1], ""), text)
        for name, text in RULES[alert]["annotations"].items()
    }
    check = {"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": [expected] if fires else []}
    test = {"interval": "1m", "input_series": inputs, "alert_rule_test": [check]}
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (where / "test.yaml").write_text(yaml.safe_dump(document))
    ended = subprocess.run(
        [need("promtool", "apt-get install prometheus"), "test", "rules", "test.yaml"],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


STEADY, NONE = f"0+60x{MINUTES}", f"0x{MINUTES}"


@pytest.mark.parametrize(
    ("alert", "changes"),
    [
        ("CallersSeeErrors", [("http_requests_total", {"route": "/api/me", "status": "500"}, "0+6x40", "0+0x40"),
                              ("http_requests_total", {"route": "/api/me", "status": "200"}, STEADY, STEADY)]),
        ("KeysAreStale", [("jwks_state", {"state": "stale"}, "1x40", NONE)]),
        ("KeysHaveExpired", [("jwks_state", {"state": "expired"}, "1x40", NONE)]),
        ("EventLoopIsLate", [("event_loop_delay_seconds_bucket", {"le": "0.1"}, NONE, STEADY),
                             ("event_loop_delay_seconds_bucket", {"le": "1.0"}, STEADY, STEADY),
                             ("event_loop_delay_seconds_bucket", {"le": "+Inf"}, STEADY, STEADY)]),
        ("ConnectionsAreFull", [("connections_full_total", {}, "0+1x40", NONE)]),
        ("LogLinesAreLost", [("log_lines_dropped_total", {}, "0+1x40", NONE)]),
        ("AutoscalerIsAtItsEnd", [
            ("kube_horizontalpodautoscaler_status_current_replicas", {"horizontalpodautoscaler": "auth0-api"}, "10x40", "9x40"),
            ("kube_horizontalpodautoscaler_spec_max_replicas", {"horizontalpodautoscaler": "auth0-api"}, "10x40", "10x40")]),
        ("PodsRestart", [("kube_pod_container_status_restarts_total", {"container": "api", "pod": "p"}, "0+1x40", NONE)]),
        ("RolloutDoesNotSettle", [("kube_deployment_status_condition",
                                   {"deployment": "auth0-api", "condition": "Progressing", "status": "false"}, "1x40", NONE)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fires", [True, False])
def test_an_alarm_fires_when_it_has_to_and_not_otherwise(
    served: dict[str, list[dict[str, str]]], tmp_path: Path, alert: str, changes: list[Any], fires: bool
) -> None:
    inputs = []
    for metric, wanted, bad, good in changes:
        labels = wanted if metric.startswith("kube_") else one(served, metric, **wanted)
        inputs.append(series(metric, labels, bad if fires else good))
    # What an alarm says is of what it sums by, or else of the whole series.
    labels = {} if "sum(" in RULES[alert]["expr"] or "by (le)" in RULES[alert]["expr"] else labels
    if "max by (issuer)" in RULES[alert]["expr"]:
        labels = {"issuer": labels["issuer"]}
    promtool(tmp_path, alert, inputs, fires=fires, labels=labels)


def test_refusals_are_compared_with_those_of_a_day_ago(served: dict[str, list[dict[str, str]]], tmp_path: Path) -> None:
    labels = one(served, "auth_refusals_total", code="invalid_token")
    for values, fires in (("0+10x1440 0+60x60", True), ("0+10x1500", False)):
        inputs = [series("auth_refusals_total", labels, values)]
        promtool(tmp_path, "RefusalsTripled", inputs, fires=fires, labels={"code": "invalid_token"}, minutes=1500)


def test_the_readme_has_each_alarm_and_no_other() -> None:
    section = (DEPLOY / "README.md").read_text().partition("## What to watch")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == RULES.keys()
