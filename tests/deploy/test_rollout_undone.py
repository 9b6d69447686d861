"""What `deploy/rollout` brings back after a commit that does not become ready: all that the commit before it asked for,
under the same field manager, so that the next commit is what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ..kubernetes import Cluster
from .project import BACK, SPACE, Project, commit_of, deployment, image, serving


def edit(project: Project, path: str, change: Any) -> None:
    """Change a manifest of the repository."""
    file = project.root / "deploy" / path
    manifest = yaml.safe_load(file.read_text())
    change(manifest)
    file.write_text(yaml.safe_dump(manifest))


def container_of(manifest: dict[str, Any]) -> dict[str, Any]:
    (only,) = manifest["spec"]["template"]["spec"]["containers"]
    return only  # type: ignore[no-any-return]


def managers(cluster: Cluster) -> set[str]:
    """Who owns fields of the Deployment's specification."""
    return {
        entry["manager"]
        for entry in deployment(cluster)["metadata"]["managedFields"]
        if "f:spec" in entry["fieldsV1"] and "f:template" in entry["fieldsV1"]["f:spec"]
    }


def undone(project: Project, cluster: Cluster) -> None:
    """Deploy what does not become ready."""
    cluster.broken.add("b" * 64)
    status, log = project.rollout(image("b"))
    assert status == 1
    assert log.endswith(BACK), log


def test_what_a_commit_removed_before_an_undo_is_removed_by_the_next_one(project: Project, production: Cluster) -> None:
    def with_more(manifest: dict[str, Any]) -> None:
        container_of(manifest)["env"] = [{"name": "EXTRA", "value": "1"}]
        container_of(manifest)["volumeMounts"] = [{"name": "scratch", "mountPath": "/scratch"}]
        manifest["spec"]["template"]["spec"]["volumes"] = [{"name": "scratch", "emptyDir": {}}]

    edit(project, "base/deployment.yaml", with_more)
    project.commit("with more")
    project.rollout(image("1"))

    def with_less(manifest: dict[str, Any]) -> None:
        for name in ("env", "volumeMounts", "livenessProbe"):
            del container_of(manifest)[name]
        del manifest["spec"]["template"]["spec"]["volumes"]

    edit(project, "base/deployment.yaml", with_less)
    project.commit("with less, and broken")
    undone(project, production)
    back = container_of(deployment(production))
    assert {"env", "volumeMounts", "livenessProbe"} <= back.keys()
    assert managers(production) == {"pipeline"}

    project.commit("mended")
    status, log = project.rollout(image("2"))
    assert status == 0, log
    assert not {"env", "volumeMounts", "livenessProbe"} & container_of(deployment(production)).keys()
    assert "volumes" not in deployment(production)["spec"]["template"]["spec"]


def test_a_container_that_was_renamed_runs_once_after_an_undo(project: Project, production: Cluster) -> None:
    project.rollout(image("1"))
    edit(project, "base/deployment.yaml", lambda manifest: container_of(manifest).update(name="service"))
    project.commit("renamed, and broken")
    undone(project, production)
    assert container_of(deployment(production))["name"] == "api"
    project.commit("mended")
    status, log = project.rollout(image("2"))
    assert status == 0, log
    assert container_of(deployment(production))["name"] == "service"
    assert serving(production) == [image("2")]


def test_ingress_policy_and_settings_come_back_too(project: Project, production: Cluster) -> None:
    project.rollout(image("1"))
    first = project.git("rev-parse", "HEAD")
    before = objects(production)

    def moved(manifest: dict[str, Any]) -> None:
        manifest["metadata"]["annotations"]["alb.ingress.kubernetes.io/healthcheck-path"] = "/elsewhere"
        manifest["spec"]["rules"][0]["http"]["paths"][0]["path"] = "/v2"

    edit(project, "base/ingress.yaml", moved)
    edit(project, "base/network-policy.yaml", lambda manifest: manifest["spec"]["egress"].pop())
    settings = project.root / "deploy/overlays/production/settings.env"
    settings.write_text(settings.read_text() + "JWKS_TTL=60\n")
    project.commit("everything else, and broken")
    undone(project, production)
    assert objects(production) == before
    assert commit_of(production) == first


def objects(cluster: Cluster) -> dict[str, Any]:
    """What is asked for, but for what counts writes."""
    (ingress,) = cluster.list("ingresses.networking.k8s.io", SPACE)
    (policy,) = cluster.list("networkpolicies.networking.k8s.io", SPACE)
    return {
        "ingress": (ingress["spec"], ingress["metadata"]["annotations"]),
        "policy": policy["spec"],
        "template": deployment(cluster)["spec"]["template"],
    }


def test_of_a_rollback_that_fails_what_ran_before_is_back_with_its_own_manifests(
    project: Project, production: Cluster
) -> None:
    """What is checked out beside it are the manifests that were rolled back to."""
    old = project.git("rev-parse", "HEAD")
    edit(
        project,
        "base/deployment.yaml",
        lambda manifest: container_of(manifest).update(env=[{"name": "A", "value": "1"}]),
    )
    new = project.commit("with a variable")
    project.rollout(image("1"))
    project.git("checkout", "--quiet", old, "--", "deploy/base")
    production.broken.add("b" * 64)
    status, log = project.rollout(image("b"), COMMIT=old, ROLLBACK="yes")
    assert status == 1
    assert log.endswith(BACK)
    assert container_of(deployment(production))["env"] == [{"name": "A", "value": "1"}]
    assert commit_of(production) == new


def test_what_ran_before_is_fetched_where_this_clone_lacks_it(
    project: Project, production: Cluster, tmp_path: Path
) -> None:
    project.rollout(image("1"))
    first = project.git("rev-parse", "HEAD")
    project.commit("broken")
    production.broken.add("b" * 64)
    status, log = project.clone(tmp_path / "shallow", "--depth=1").rollout(image("b"))
    assert status == 1
    assert log.endswith(BACK)
    assert commit_of(production) == first


@pytest.mark.parametrize("written", ["--all | x\nof two lines", "0" * 40, None])
def test_where_no_commit_says_what_ran_before_nothing_is_undone_and_that_is_said(
    project: Project, production: Cluster, written: str | None
) -> None:
    project.rollout(image("1"))
    named = {"metadata": {"annotations": {"auth0-api/commit": written}}}
    production.patch("deployments.apps", SPACE, "auth0-api", named, "another")
    production.broken.add("b" * 64)
    status, log = project.rollout(image("b"), ROLLBACK="yes")
    assert status == 1
    assert log.endswith(
        "Nothing is undone: the Deployment named no commit that git knows here, so there are no manifests to return to.\n"
        "The pods that were ready before still serve. Deploy a commit that becomes ready.\n"
    )
    # What was ready before is not touched by a rollout that does not settle.
    assert serving(production) == [image("1")]
