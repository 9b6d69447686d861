"""Rolling updates, as the Deployment controller makes them."""

from __future__ import annotations

from typing import Any

from ..tenant import ManualClock
from . import Cluster, Pace
from .asking import DEPLOYMENTS, SPACE, Asking, deployment

API = f"{DEPLOYMENTS}/api"
ROLLING = {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}


def images(running: Cluster) -> list[str]:
    return [pod["spec"]["containers"][0]["image"] for pod in running.list("pods", SPACE)]


def condition(manifest: dict[str, Any], name: str) -> tuple[str, str]:
    (found,) = [one for one in manifest["status"]["conditions"] if one["type"] == name]
    return found["status"], found["reason"]


def revisions(running: Cluster) -> dict[str, tuple[str, int]]:
    """Of each image: its ReplicaSet's revision, and how many pods it wants."""
    return {
        one["spec"]["template"]["spec"]["containers"][0]["image"]: (
            one["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
            one["spec"]["replicas"],
        )
        for one in running.list("replicasets.apps", SPACE)
    }


def test_a_new_template_replaces_pods_one_by_one_and_never_lacks_one(api: Asking, running: Cluster) -> None:
    api.apply(DEPLOYMENTS, deployment("api:1", replicas=3, **ROLLING))
    assert images(running) == ["api:1"] * 3
    running.pace = Pace.BY_HAND
    api.apply(DEPLOYMENTS, deployment("api:2", replicas=3, **ROLLING))
    seen = []
    while running.step():
        status = api.get(API)["status"]
        assert status["replicas"] <= 4
        assert status["availableReplicas"] >= 3
        seen.append(status.get("updatedReplicas", 0))
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2, 3}
    after = api.get(API)
    assert after["status"]["observedGeneration"] == after["metadata"]["generation"] == 2
    assert condition(after, "Progressing") == ("True", "NewReplicaSetAvailable")
    assert images(running) == ["api:2"] * 3
    assert revisions(running) == {"api:1": ("1", 0), "api:2": ("2", 3)}


def test_a_change_of_scale_is_no_rollout(api: Asking, running: Cluster) -> None:
    api.apply(DEPLOYMENTS, deployment(**ROLLING))
    api.patch(API, {"spec": {"replicas": 3}})
    assert revisions(running) == {"api:1": ("1", 3)}
    api.patch(API, {"spec": {"replicas": 2}})
    assert len(images(running)) == 2


def test_a_broken_image_leaves_the_old_one_serving_and_misses_the_deadline(
    api: Asking, running: Cluster, clock: ManualClock
) -> None:
    api.apply(DEPLOYMENTS, deployment("api:1", replicas=3, progressDeadlineSeconds=60, **ROLLING))
    running.broken.add("api:2")
    api.apply(DEPLOYMENTS, deployment("api:2", replicas=3, progressDeadlineSeconds=60, **ROLLING))
    assert sorted(images(running)) == ["api:1", "api:1", "api:1", "api:2"]
    assert condition(api.get(API), "Progressing") == ("True", "ReplicaSetUpdated")
    warnings = [event for event in running.list("events", SPACE) if event["type"] == "Warning"]
    assert [event["reason"] for event in warnings] == ["BackOff"]
    clock.set_wall_clock(clock.now() + 60)
    running.settle()
    assert condition(api.get(API), "Progressing") == ("True", "ReplicaSetUpdated")
    clock.set_wall_clock(clock.now() + 1)
    running.settle()
    assert condition(api.get(API), "Progressing") == ("False", "ProgressDeadlineExceeded")
    assert condition(api.get(API), "Available") == ("True", "MinimumReplicasAvailable")


def test_a_first_deployment_that_is_broken_is_not_available(api: Asking, running: Cluster) -> None:
    running.broken.add("api:1")
    running.hasty = True
    api.apply(DEPLOYMENTS, deployment("api:1"))
    assert condition(api.get(API), "Progressing") == ("False", "ProgressDeadlineExceeded")
    assert condition(api.get(API), "Available") == ("False", "MinimumReplicasUnavailable")
    # A good one afterwards is another rollout.
    api.apply(DEPLOYMENTS, deployment("api:2"))
    assert condition(api.get(API), "Progressing") == ("True", "NewReplicaSetAvailable")
    assert images(running) == ["api:2"]


def test_a_template_that_was_there_before_gets_its_replica_set_back_with_a_new_revision(
    api: Asking, running: Cluster
) -> None:
    for image in ("api:1", "api:2", "api:1"):
        api.apply(DEPLOYMENTS, deployment(image, replicas=2))
    assert revisions(running) == {"api:2": ("2", 0), "api:1": ("3", 2)}
    assert api.get(API)["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


def test_while_an_undo_has_not_begun_the_missed_deadline_is_still_told(api: Asking, running: Cluster) -> None:
    running.broken.add("api:2")
    running.hasty = True
    for image in ("api:1", "api:2"):
        api.apply(DEPLOYMENTS, deployment(image, **ROLLING))
    running.pace = Pace.BY_HAND
    api.apply(DEPLOYMENTS, deployment("api:1", **ROLLING))
    told = []
    while running.step():
        status = api.get(API)["status"]
        told.append((status["observedGeneration"], condition({"status": status}, "Progressing")[0]))
    # With one pod, it is observed before it is progress: `kubectl rollout status` takes that for a failure.
    assert told[0] == (3, "False")
    assert told[-1] == (3, "True")


def test_a_replica_set_has_the_deployments_annotations(api: Asking, running: Cluster) -> None:
    api.apply(DEPLOYMENTS, {**deployment(), "metadata": {"name": "api", "annotations": {"commit": "a"}}})
    api.apply(DEPLOYMENTS, {**deployment(), "metadata": {"name": "api", "annotations": {"commit": "b"}}})
    (one,) = running.list("replicasets.apps", SPACE)
    assert one["metadata"]["annotations"]["commit"] == "b"


def test_no_more_revisions_are_kept_than_are_wanted(api: Asking, running: Cluster) -> None:
    for number in range(5):
        api.apply(DEPLOYMENTS, deployment(f"api:{number}", revisionHistoryLimit=2))
    assert sorted(revisions(running)) == ["api:2", "api:3", "api:4"]
