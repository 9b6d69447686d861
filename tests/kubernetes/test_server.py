"""Over HTTPS, with httpx and with the real kubectl."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import threading
from pathlib import Path

import httpx
import pytest

from ..tenant import ManualClock
from ..tools import need
from . import Asked, Cluster, Pace, cluster
from .asking import DEPLOYMENTS, SPACE, Asking, deployment

RULES = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}]


def client(running: Cluster, token: str) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=running.authority)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=running.address, verify=trusted, headers=headers, trust_env=False, timeout=20)


def kubectl(running: Cluster, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [need("kubectl"), "--namespace", SPACE, *arguments],
        env={"PATH": os.environ["PATH"], **running.environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_its_token_nobody_is_let_in(running: Cluster, token: str) -> None:
    with client(running, token) as http:
        answer = http.get("/api")
    assert answer.status_code == 401
    assert answer.json()["reason"] == "Unauthorized"


def test_who_does_not_trust_its_authority_is_not_connected(running: Cluster) -> None:
    with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as http:
        http.get(running.address)


def test_a_watch_begins_after_a_version_and_goes_on(running: Cluster, api: Asking) -> None:
    api.apply(DEPLOYMENTS, deployment(replicas=2))
    version = api.get(DEPLOYMENTS)["metadata"]["resourceVersion"]
    running.pace = Pace.BY_HAND
    api.apply(DEPLOYMENTS, deployment("api:2", replicas=2))
    query = {"watch": "true", "resourceVersion": version, "fieldSelector": "metadata.name=api"}
    with client(running, running.token) as http, http.stream("GET", DEPLOYMENTS, params=query) as stream:
        changes = (json.loads(line) for line in stream.iter_lines())
        first = next(changes)
        assert (first["type"], first["object"]["metadata"]["generation"]) == ("MODIFIED", 2)
        running.settle()
        updated = [
            change["object"]["status"].get("updatedReplicas", 0) for change, _ in zip(changes, range(4), strict=False)
        ]
    assert updated == sorted(updated)
    assert updated[-1] > 0


def test_it_ends_with_its_context_also_when_a_test_fails_and_somebody_watches(
    tmp_path: Path, clock: ManualClock
) -> None:
    before = set(threading.enumerate())
    failed = RuntimeError("a test")
    try:
        with (
            cluster(tmp_path, clock) as one,
            client(one, one.token) as http,
            http.stream("GET", "/api/v1/namespaces", params={"watch": "true"}),
        ):
            address = one.address
            raise failed
    except RuntimeError as error:
        assert error is failed
    assert set(threading.enumerate()) == before
    with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as http:
        http.get(address)


def test_what_a_role_does_not_grant_is_forbidden_and_what_was_asked_is_remembered(
    running: Cluster, api: Asking
) -> None:
    api.create(DEPLOYMENTS, deployment())
    running.rights.asked.clear()
    running.rights.enforce(SPACE, RULES)
    assert kubectl(running, "get", "deployment", "api").returncode == 0
    refused = kubectl(running, "get", "pods")
    assert refused.returncode == 1
    assert refused.stderr == (
        'Error from server (Forbidden): pods is forbidden: User "deployer" cannot list resource "pods" '
        'in API group "" in the namespace "space"\n'
    )
    elsewhere = kubectl(running, "get", "deployment", "api", "--namespace", "elsewhere")
    assert 'deployments.apps "api" is forbidden' in elsewhere.stderr
    assert running.rights.asked == {Asked("get", "apps", "deployments"), Asked("list", "", "pods")}


def test_applying_what_is_not_there_needs_the_right_to_create(running: Cluster, api: Asking) -> None:
    running.rights.enforce(SPACE, [{**RULES[0], "verbs": ["patch"]}])
    refused = api.apply(DEPLOYMENTS, deployment(), expected=403)
    assert 'cannot create resource "deployments"' in refused["message"]


def test_kubectl_sees_conflicts_dry_runs_and_unknown_fields(running: Cluster, api: Asking) -> None:
    apply = ("apply", "--server-side", "--filename=-")
    assert kubectl(running, *apply, stdin=json.dumps(deployment(replicas=2))).returncode == 0
    api.patch(f"{DEPLOYMENTS}/api", {"spec": {"replicas": 5}}, "autoscaler")
    conflicting = json.dumps(deployment(replicas=3))
    refused = kubectl(running, *apply, stdin=conflicting)
    assert refused.returncode == 1
    assert 'conflict with "autoscaler" using apps/v1: .spec.replicas' in refused.stderr
    dry = kubectl(running, *apply, "--dry-run=server", "--force-conflicts", stdin=conflicting)
    assert dry.stdout == "deployment.apps/api serverside-applied (server dry run)\n"
    assert api.get(f"{DEPLOYMENTS}/api")["spec"]["replicas"] == 5
    unknown = kubectl(running, *apply, stdin=json.dumps(deployment(replica=2)))
    assert ".spec.replica: field not declared in schema" in unknown.stderr
    created = kubectl(running, "create", "--filename=-", stdin=json.dumps(deployment(replica=2)))
    assert 'strict decoding error: unknown field "spec.replica"' in created.stderr


def test_kubectl_undoes_by_the_old_replica_set_and_takes_the_field_over(running: Cluster, api: Asking) -> None:
    for image in ("api:1", "api:2"):
        api.apply(DEPLOYMENTS, deployment(image))
    undone = kubectl(running, "rollout", "undo", "deployment/api")
    assert undone.stdout == "deployment.apps/api rolled back\n"
    history = kubectl(running, "rollout", "history", "deployment/api").stdout
    assert [line.split()[0] for line in history.splitlines()[2:4]] == ["2", "3"]
    refused = api.apply(DEPLOYMENTS, deployment("api:3"), expected=409)
    assert 'conflict with "kubectl" using apps/v1' in refused["message"]


def test_kubectl_selects(running: Cluster, api: Asking) -> None:
    running.broken.add("api:1")
    api.apply(DEPLOYMENTS, deployment(replicas=2))
    assert (
        kubectl(running, "get", "pods", "--selector", "app=api,app in (api,web),!x,app!=web").stdout.count("CrashLoop")
        == 2
    )
    assert kubectl(running, "get", "pods", "--selector", "app notin (api)").stdout == ""
    events = kubectl(running, "get", "events", "--field-selector", "type!=Warning").stdout
    assert events.count("Scheduled") == 2
    assert "BackOff" not in events
    wrong = kubectl(running, "get", "events", "--field-selector", "message=x").stderr
    assert "field label not supported: message" in wrong
