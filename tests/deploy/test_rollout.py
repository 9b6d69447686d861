"""`deploy/rollout` with the real kubectl, on a stand-in for the cluster: what it deploys, and what it undoes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..kubernetes import Cluster, Pace
from ..tenant import ManualClock
from ..tools import need
from .project import BACK, SPACE, Project, changed, commit_of, deployment, image, serving
from .rendering import one, render


def scale(cluster: Cluster, replicas: int) -> None:
    """As the autoscaler does."""
    cluster.patch("deployments.apps", SPACE, "auth0-api", {"spec": {"replicas": replicas}}, "autoscaler")
    cluster.settle()


def versions(cluster: Cluster) -> dict[str, str]:
    """Of each object that an overlay renders: the version in which it is stored."""
    kinds = (
        "configmaps",
        "services",
        "serviceaccounts",
        "deployments.apps",
        "horizontalpodautoscalers.autoscaling",
        "ingresses.networking.k8s.io",
        "networkpolicies.networking.k8s.io",
        "poddisruptionbudgets.policy",
    )
    found = [(kind, one["metadata"]) for kind in kinds for one in cluster.list(kind, SPACE)]
    return {f"{kind}/{metadata['name']}": metadata["resourceVersion"] for kind, metadata in found}


def test_a_first_deployment_shows_all_of_it_and_stays_until_it_runs(project: Project, production: Cluster) -> None:
    status, log = project.rollout(image("1"))
    assert status == 0, log
    assert f"+        image: {image('1')}" in changed(log)
    assert 'Waiting for deployment "auth0-api" rollout to finish' in log
    assert log.endswith(f"== {SPACE} runs {image('1')}\n")
    assert serving(production) == [image("1")]
    assert commit_of(production) == project.git("rev-parse", "HEAD")
    assert len(versions(production)) == 8
    assert project.git("status", "--porcelain") == ""


def test_of_a_second_image_only_that_is_shown_which_changes(project: Project, production: Cluster) -> None:
    first = project.git("rev-parse", "HEAD")
    project.rollout(image("1"))
    scale(production, 3)
    second = project.commit("the second")
    before = versions(production)
    status, log = project.rollout(image("2"))
    assert status == 0, log
    assert [line for line in changed(log) if "generation" not in line] == [
        f"-    auth0-api/commit: {first}",
        f"+    auth0-api/commit: {second}",
        f"-        image: {image('1')}",
        f"+        image: {image('2')}",
    ]
    assert serving(production) == [image("2")] * 3
    assert commit_of(production) == second
    after = versions(production)
    assert {name for name in after if after[name] != before[name]} == {"deployments.apps/auth0-api"}


def test_a_changed_setting_rolls_the_pods_to_another_config_map(project: Project, production: Cluster) -> None:
    project.rollout(image("1"))
    (old,) = [one["metadata"]["name"] for one in production.list("configmaps", SPACE)]
    settings = project.root / "deploy/overlays/production/settings.env"
    settings.write_text(settings.read_text() + "JWKS_TTL=60\n")
    project.commit("a setting")
    status, log = project.rollout(image("1"))
    assert status == 0, log
    assert '+  JWKS_TTL: "60"' in changed(log)
    (new,) = [one["metadata"]["name"] for one in production.list("configmaps", SPACE) if one["metadata"]["name"] != old]
    assert f"-            name: {old}" in changed(log)
    assert f"+            name: {new}" in changed(log)
    (pod,) = production.list("pods", SPACE)
    assert pod["spec"]["containers"][0]["envFrom"] == [{"configMapRef": {"name": new}}]


def test_the_same_again_changes_nothing(project: Project, production: Cluster) -> None:
    project.rollout(image("1"))
    before = versions(production)
    status, log = project.rollout(image("1"))
    assert status == 0, log
    assert changed(log) == []
    assert versions(production) == before


def test_a_broken_first_deployment_has_nothing_to_return_to(project: Project, production: Cluster) -> None:
    production.broken.add("b" * 64)
    status, log = project.rollout(image("b"))
    assert status == 1
    assert "== It does not settle" in log
    assert "CrashLoopBackOff" in log
    assert log.endswith("This is the first deployment, so there is nothing to return to. Mend it, and deploy again.\n")
    # And a good one afterwards is no problem.
    status, log = project.rollout(image("1"))
    assert status == 0, log
    assert serving(production) == [image("1")]


@pytest.mark.parametrize("replicas", [1, 3])
def test_a_broken_image_is_undone(project: Project, production: Cluster, replicas: int) -> None:
    first = project.git("rev-parse", "HEAD")
    project.rollout(image("1"))
    scale(production, replicas)
    production.broken.add("b" * 64)
    project.commit("broken")
    status, log = project.rollout(image("b"))
    assert status == 1
    told = log.partition("== It does not settle")[2]
    assert re.search(r"auth0-api-\S+ +1/1 +Running", told)
    assert re.search(r"auth0-api-\S+ +0/1 +CrashLoopBackOff", told)
    assert re.search(r"Warning +BackOff +pod/auth0-api-\S+ +Back-off restarting failed container api", told)
    assert "Normal" not in told
    assert log.endswith(f'deployment "auth0-api" successfully rolled out\n{BACK}')
    assert serving(production) == [image("1")] * replicas
    assert commit_of(production) == first


def test_after_an_undo_a_good_image_is_deployed_as_ever(project: Project, production: Cluster) -> None:
    project.rollout(image("1"))
    production.broken.add("b" * 64)
    project.rollout(image("b"))
    fixed = project.commit("fixed")
    status, log = project.rollout(image("2"))
    assert status == 0, log
    assert serving(production) == [image("2")]
    assert commit_of(production) == fixed


def test_the_same_broken_image_twice_is_undone_twice(project: Project, production: Cluster) -> None:
    project.rollout(image("1"))
    production.broken.add("b" * 64)
    for _ in range(2):
        status, log = project.rollout(image("b"))
        assert status == 1
        assert log.endswith(BACK)
        assert serving(production) == [image("1")]


def test_when_what_ran_before_fails_by_itself_no_older_one_takes_its_place(
    project: Project, production: Cluster
) -> None:
    project.rollout(image("1"))
    second = project.commit("the second")
    project.rollout(image("2"))
    # Pods that are to come will not become ready: a node is full, a secret is gone.
    production.broken.add("2" * 64)
    scale(production, 3)
    project.commit("documents only")
    status, log = project.rollout(image("2"), TIMEOUT="1")
    assert status == 1
    assert log.endswith("It is what ran before, with the same settings, so there is nothing to return to.\n")
    assert serving(production) == [image("2")]
    assert commit_of(production) == second


def test_when_what_ran_before_does_not_settle_either_that_is_said(project: Project, production: Cluster) -> None:
    production.broken.update(("a" * 64, "b" * 64))
    project.rollout(image("a"))
    status, log = project.rollout(image("b"), TIMEOUT="1")
    assert status == 1
    assert log.endswith("What ran before is asked for again, but does not settle either.\n")


def test_an_apply_that_fails_halfway_is_undone_as_well(project: Project, production: Cluster, tmp_path: Path) -> None:
    project.rollout(image("1"))
    # The connection breaks after the Deployment has been changed.
    shim = tmp_path / "bin" / "kubectl"
    shim.parent.mkdir()
    real = need("kubectl")
    once = f'[ "$word" = apply ] && mkdir {tmp_path}/broken 2>/dev/null && exit 1'
    shim.write_text(f'#!/bin/sh\n"{real}" "$@" || exit\nfor word; do {once}; done; exit 0\n')
    shim.chmod(0o755)
    status, log = project.rollout(image("2"), PATH=f"{shim.parent}:/usr/bin:/bin")
    assert status == 1
    assert log.endswith(BACK)
    assert serving(production) == [image("1")]


def test_the_deadline_is_the_deployments_own(project: Project, production: Cluster, clock: ManualClock) -> None:
    project.rollout(image("1"))
    production.hasty = False
    production.pace = Pace.BY_HAND
    production.broken.add("b" * 64)
    production.watched.clear()
    rollout = project.start("production", image("b"))
    assert production.watched.wait(30)
    production.settle()
    assert rollout.poll() is None
    production.pace = Pace.WHEN_WATCHED
    clock.set_wall_clock(clock.now() + deployment(production)["spec"]["progressDeadlineSeconds"] + 1)
    production.settle()
    log, _ = rollout.communicate(timeout=60)
    assert rollout.returncode == 1
    assert 'error: deployment "auth0-api" exceeded its progress deadline' in log
    assert log.endswith(BACK)


def test_what_others_decide_stays(project: Project, production: Cluster) -> None:
    project.rollout(image("1"))
    scale(production, 5)
    label = {"metadata": {"labels": {"team": "payments"}}}
    autoscaler = {**label, "spec": {"behavior": {"scaleUp": {"stabilizationWindowSeconds": 7}}}}
    production.patch("horizontalpodautoscalers.autoscaling", SPACE, "auth0-api", autoscaler, "somebody")
    status, log = project.rollout(image("2"))
    assert status == 0, log
    assert deployment(production)["spec"]["replicas"] == 5
    assert serving(production) == [image("2")] * 5
    (scaled,) = production.list("horizontalpodautoscalers.autoscaling", SPACE)
    assert scaled["metadata"]["labels"]["team"] == "payments"
    assert scaled["spec"]["behavior"]["scaleUp"]["stabilizationWindowSeconds"] == 7
    assert scaled["spec"]["minReplicas"] == 3


def settings_of(cluster: Cluster) -> list[str]:
    return [one["metadata"]["name"] for one in cluster.list("configmaps", SPACE)]


def test_of_old_settings_ten_stay_and_what_is_in_use(project: Project, production: Cluster, clock: ManualClock) -> None:
    labels = {"app.kubernetes.io/name": "auth0-api"}
    project.rollout(image("1"))
    (first,) = settings_of(production)
    for number in range(12):
        clock.set_wall_clock(clock.now() + 60)
        old = {"name": f"settings-old{number:02}", "namespace": SPACE, "labels": labels}
        production.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": old})
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": SPACE}}
    production.create(foreign)
    clock.set_wall_clock(clock.now() + 60)
    settings = project.root / "deploy/overlays/production/settings.env"
    settings.write_text(settings.read_text() + "JWKS_TTL=60\n")
    project.commit("a setting")
    status, log = project.rollout(image("1"))
    assert status == 0, log
    left = settings_of(production)
    # The one that runs, the one of the ReplicaSet before it, and the newest of the others.
    assert len(left) == 11
    assert {first, "kube-root-ca.crt", *(f"settings-old{number:02}" for number in range(4, 12))} < set(left)


def test_where_old_settings_cannot_be_removed_the_deployment_stands(project: Project, production: Cluster) -> None:
    rules = one(render("bootstrap/namespaces/production"), "Role")["rules"]
    production.rights.enforce(
        SPACE, [{**rule, "verbs": [verb for verb in rule["verbs"] if verb != "delete"]} for rule in rules]
    )
    for number in range(12):
        old = {
            "name": f"settings-old{number:02}",
            "namespace": SPACE,
            "labels": {"app.kubernetes.io/name": "auth0-api"},
        }
        production.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": old})
    status, log = project.rollout(image("1"))
    assert status == 0, log
    assert f"Old settings of {SPACE} could not be removed" in log
