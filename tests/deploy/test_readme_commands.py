"""The commands of `deploy/README.md`: kubectl's are run, in the order in which they stand, and the others parsed, each
by its own program. Only eksctl is not to be had here."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.aws.actions import ACTIONS
from service.cli import command_line

from ..aws_server import client, environment
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


BUILD = "uv run -m service pipeline build"
CLI = "1.46.3"
# Reads commands, and has each one's options read.
AWS = """
import shlex, sys
from awscli.clidriver import create_clidriver
for line in sys.stdin:
    words = shlex.split(line)[1:]
    check = ["--dry-run"] if words[1] == "update-kubeconfig" else ["--generate-cli-skeleton"]
    if create_clidriver().main(words + check):
        sys.exit(line)
"""


def commands(*programs: str) -> list[str]:
    """Whole commands alone: what a table advises to look at (`kubectl describe pod`) needs a name first."""
    text = (DEPLOY / "README.md").read_text()
    blocks = [block for kind, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if not kind]
    inline = re.findall(r"`((?:kubectl|aws) [^`]* --[^`]*|kubectl --[^`]*)`", text)
    found = [line for block in blocks for line in block.splitlines()] + [" ".join(one.split()) for one in inline]
    return [command for command in found if command.startswith(programs)]


def test_every_command_is_of_a_program_that_is_known_here() -> None:
    known = ("kubectl ", "aws ", "uv run -m service ", "deploy/", "eksctl ", "curl ", "AUTH0_DOMAIN=")
    assert [command for command in commands("") if not command.startswith(known)] == []


def test_aws_understands_its_commands(tmp_path: Path, aws: str) -> None:
    eks: Any = client("eks", aws)
    network = {"subnetIds": ["subnet-1"]}
    eks.create_cluster(name="auth0-api", roleArn="arn:aws:iam::123456789012:role/cluster", resourcesVpcConfig=network)
    (tmp_path / "settings.json").write_text("{}")
    found = commands("aws ")
    assert len(found) > 10
    ended = subprocess.run(
        [need("uv", "pip install uv"), "tool", "run", "--from", f"awscli=={CLI}", "python", "-c", AWS],
        cwd=tmp_path,
        env={**os.environ, **environment(aws, tmp_path)},
        input="\n".join(found),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("command", commands("uv run -m service "))
def test_the_service_understands_its_commands(command: str) -> None:
    command_line().parse_args(shlex.split(command)[4:])


def test_the_costs_are_the_sum_of_their_rows() -> None:
    section = (DEPLOY / "README.md").read_text().partition("## What it costs at rest")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.*) \| (\d+) \|$", section, re.MULTILINE)
    (total,) = re.findall(r"^\| \*\*at rest\*\* \| \*\*(\d+)\*\* \|$", section, re.MULTILINE)
    assert sum(int(cost) for _, cost in rows) == int(total)
    # Each product that a row writes out comes to what the row says.
    for text, cost in rows:
        for product in re.findall(r"(\d[\d.]*(?: × \d[\d.]*)+)", text):
            value = math.prod(float(factor) for factor in product.split(" × "))
            assert round(value) == int(cost), text


def run(command: str, running: Cluster) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(running.kubeconfig.parent), **running.environment}
    ended = subprocess.run(
        shlex.split(command), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, f"{command}\n{ended.stderr}"
    # Nothing is out of date, and nothing is ignored.
    assert not re.search("warning|deprecated|error", ended.stderr, re.IGNORECASE), f"{command}\n{ended.stderr}"
    return ended.stdout


def test_who_looks_after_it_is_given_what_the_commands_need() -> None:
    (policy,) = re.findall(r"^```json\n(.*?)^```$", (DEPLOY / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    granted: set[str] = set()
    for statement in json.loads(policy)["Statement"]:
        granted.update([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    assert granted == {action for name in ("status", "logs", "build", "rollback") for action in ACTIONS[name]}


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
        for command in commands("kubectl ", BUILD):
            if command.startswith(BUILD):
                # What it comes to in the cluster; each time something else, so that there is something to go back to.
                for number in ("1", "2"):
                    status, log = project.rollout(image(number))
                    assert status == 0, log
            elif " delete " in command:
                # The stand-in deletes nothing, but has to have what is to be deleted.
                run(f"{command} --dry-run=client", running)
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
        history = said[f"{for_space} rollout history deployment/auth0-api"]
        assert len([line for line in history.splitlines() if line[:1].isdigit()]) == 2
        commit = f"{for_space} get deployment auth0-api --output jsonpath={{.metadata.annotations.auth0-api/commit}}"
        assert said[commit] == project.git("rev-parse", "HEAD")
        assert said[f"{for_space} rollout restart deployment/auth0-api"] == "deployment.apps/auth0-api restarted\n"
        assert serving(running) == [image("2")]
