"""Each kubectl command of `deploy/README.md`, parsed and run by the real kubectl, in the order in which it stands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

from ..kubernetes import Cluster, cluster
from ..processes import ROOT
from ..tenant import ManualClock
from ..tools import need
from .project import SPACE, Project, image, serving
from .rendering import DEPLOY

METRICS_SERVER = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "metrics-server", "namespace": "kube-system"},
    "spec": {
        "selector": {"matchLabels": {"app": "metrics-server"}},
        "template": {
            "metadata": {"labels": {"app": "metrics-server"}},
            "spec": {"containers": [{"name": "metrics-server", "image": "metrics-server:1"}]},
        },
    },
}


def commands() -> list[str]:
    """Whole commands alone: what a table advises to look at (`kubectl describe pod`) needs a name first."""
    text = (DEPLOY / "README.md").read_text()
    found = re.finditer(r"^(?:kubectl|deploy/rollout) .*|`(kubectl --[^`]*)`", text, re.MULTILINE)
    return [" ".join((match[1] or match[0]).split()) for match in found]


def run(command: str, running: Cluster) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(running.kubeconfig.parent), **running.environment}
    ended = subprocess.run(
        shlex.split(command), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, f"{command}\n{ended.stderr}"
    # Nothing is out of date, and nothing is ignored.
    assert not re.search("warning|deprecated|error", ended.stderr, re.IGNORECASE), f"{command}\n{ended.stderr}"
    return ended.stdout


def test_every_kubectl_command_does_what_it_is_there_for(tmp_path: Path, clock: ManualClock) -> None:
    need("kubectl")
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster", clock) as running:
        # What a cluster has from the beginning.
        running.create_namespace("kube-system")
        running.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}})
        running.create(METRICS_SERVER)
        running.settle()
        project = Project.begun(tmp_path / "project", running)
        said = {}
        for command in commands():
            if command.startswith("deploy/rollout"):
                # Twice, so that there is something to go back to.
                for number in ("1", "2"):
                    status, log = project.rollout(image(number))
                    assert status == 0, log
            elif " logs " not in command:
                said[command] = run(command, running)
        for_space = f"kubectl --namespace {SPACE}"
        assert "1/1" in said["kubectl --namespace kube-system get deployment metrics-server"]
        assert (
            "role.rbac.authorization.k8s.io/deployer created"
            in said["kubectl apply --kustomize deploy/bootstrap/namespaces/production"]
        )
        for kind in ("pod", "horizontalpodautoscaler.autoscaling", "ingress.networking.k8s.io"):
            assert f"{kind}/auth0-api" in said[f"{for_space} get pods,hpa,ingress"]
        assert said[f"{for_space} rollout undo deployment/auth0-api"] == "deployment.apps/auth0-api rolled back\n"
        assert "successfully rolled out" in said[f"{for_space} rollout status deployment/auth0-api"]
        assert said[f"{for_space} rollout restart deployment/auth0-api"] == "deployment.apps/auth0-api restarted\n"
        assert serving(running) == [image("1")]
