"""What an API server itself has to do for `deploy/rollout`: on the stand-in, or, with `--cluster`, on the cluster that
KUBECONFIG names, in a namespace that is made for it and deleted afterwards. No pod has to become ready for it."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..kubernetes import cluster
from ..tenant import ManualClock
from ..tools import need
from .rendering import DIGEST, IMAGE, OVERLAYS, deployed, text

APPLY = ("--server-side", "--field-manager=pipeline", "--force-conflicts")


class Kubectl:
    """kubectl, in a namespace of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.namespace = f"auth0-api-tests-{uuid.uuid4().hex[:8]}"
        self._environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment}

    def run(self, *arguments: str, stdin: str = "") -> str:
        command = [need("kubectl"), "--namespace", self.namespace, *arguments]
        ended = subprocess.run(
            command, input=stdin, env=self._environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert ended.returncode == 0, f"{command}\n{ended.stderr}"
        return ended.stdout

    def apply(self, manifests: list[dict[str, Any]], *options: str) -> None:
        self.run("apply", "--filename", "-", *APPLY, *options, stdin=yaml.safe_dump_all(manifests))

    def deployment(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.run("get", "deployment", "auth0-api", "--output", "json", "--show-managed-fields")
        )
        return found


@pytest.fixture
def kubectl(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Kubectl]:
    if request.config.getoption("--cluster"):
        assert os.environ.get("KUBECONFIG"), "--cluster needs KUBECONFIG"
        yield from _with_namespace(Kubectl({"KUBECONFIG": os.environ["KUBECONFIG"]}))
    else:
        need("kubectl")
        (tmp_path / "cluster").mkdir()
        with cluster(tmp_path / "cluster", clock) as running:
            yield from _with_namespace(Kubectl(running.environment))


def _with_namespace(kubectl: Kubectl) -> Iterator[Kubectl]:
    kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": kubectl.namespace}}])
    try:
        yield kubectl
    finally:
        kubectl.run("delete", "namespace", kubectl.namespace, "--wait=false")


def rendered(kubectl: Kubectl, overlay: str, where: Path) -> list[dict[str, Any]]:
    manifests = list(yaml.safe_load_all(text(deployed(overlay, where))))
    for manifest in manifests:
        manifest["metadata"]["namespace"] = kubectl.namespace
    return manifests


def deployment_of(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = [one for one in manifests if one["kind"] == "Deployment"]
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_accepted(kubectl: Kubectl, tmp_path: Path, overlay: str) -> None:
    kubectl.apply(rendered(kubectl, overlay, tmp_path), "--dry-run=server")


def test_what_a_commit_drops_stays_dropped_also_after_returning_to_the_one_before(
    kubectl: Kubectl, tmp_path: Path
) -> None:
    before = rendered(kubectl, "production", tmp_path)
    (container,) = deployment_of(before)["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": "EXTRA", "value": "1"}]
    after = json.loads(json.dumps(before))
    (lesser,) = deployment_of(after)["spec"]["template"]["spec"]["containers"]
    del lesser["env"], lesser["livenessProbe"]
    lesser["name"] = "renamed"
    # Deployed, broken, returned to, and mended: as deploy/rollout does it.
    for manifests in (before, after, before, after):
        kubectl.apply(manifests)
        (live,) = kubectl.deployment()["spec"]["template"]["spec"]["containers"]
        (wanted,) = deployment_of(manifests)["spec"]["template"]["spec"]["containers"]
        assert live["name"] == wanted["name"]
        for name in ("env", "livenessProbe"):
            assert (name in live) is (name in wanted)
        assert live["image"] == f"{IMAGE.partition('@')[0]}@{DIGEST}"
    owners = {
        entry["manager"]
        for entry in kubectl.deployment()["metadata"]["managedFields"]
        if "f:template" in entry["fieldsV1"].get("f:spec", {})
    }
    assert owners == {"pipeline"}
