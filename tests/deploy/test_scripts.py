"""The scripts that the buildspec calls, one by one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..aws_server import client as client_of
from ..processes import ROOT
from ..tools import need, need_buildah
from .downloads import KUBECTL, publish
from .stage import SHIMS, URI, Stage, set_up


@pytest.fixture
def stage(tmp_path: Path, aws: str) -> Iterator[Stage]:
    need_buildah()
    need("docker-registry")
    need("curl")
    with set_up(tmp_path, aws) as stage:
        yield stage


@pytest.mark.parametrize("name", ["audit", "connect", "image", "lock", "rollout", "tests", "tools"])
def test_it_is_a_script_that_bash_can_read(name: str) -> None:
    path = ROOT / "deploy" / name
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    assert "set -euo pipefail" in path.read_text()


def test_tools_gets_kubectl_at_its_version_by_its_checksum_once(
    stage: Stage, downloads: tuple[str, Path], tmp_path: Path
) -> None:
    address, folder = downloads
    programs = tmp_path / "programs"
    programs.mkdir()
    publish(folder, KUBECTL)
    ended = stage.script("tools", TOOLS=str(programs), KUBECTL_SOURCE=address)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"kubectl {KUBECTL}, uv ")
    assert (programs / "kubectl").read_bytes() == (folder / "kubectl").read_bytes()
    shutil.rmtree(folder)
    assert stage.script("tools", TOOLS=str(programs), KUBECTL_SOURCE=address).returncode == 0


def test_tools_takes_nothing_else(stage: Stage, downloads: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = downloads
    programs = tmp_path / "programs"
    programs.mkdir()
    publish(folder, KUBECTL)
    (folder / "kubectl").write_text("#!/bin/sh\necho changed on its way\n")
    ended = stage.script("tools", TOOLS=str(programs), KUBECTL_SOURCE=address)
    assert ended.returncode != 0
    assert "FAILED" in ended.stdout + ended.stderr
    assert not (programs / "kubectl").exists()
    publish(folder, "1.2.3")
    ended = stage.script("tools", TOOLS=str(programs), KUBECTL_SOURCE=address)
    assert ended.returncode == 1
    assert f"kubectl is 1.2.3, not {KUBECTL}" in ended.stderr
    assert not (programs / "kubectl").exists()
    shutil.rmtree(folder)
    assert stage.script("tools", TOOLS=str(programs), KUBECTL_SOURCE=address).returncode != 0


@pytest.mark.parametrize(
    ("tool", "prints", "says"),
    [
        ("uv", "uv 0.8.24", "uv is 0.8.24, and has to be 0.9 or newer"),
        ("aws", "aws-cli/1.29.9 Python/3.9.2", "aws is 1.29.9, and has to be 1.30 or newer"),
        ("docker", "Docker version 20.10.24, build 297e128", "docker is 20.10.24, and has to be 23.0 or newer"),
        ("git", "git version 2.9.5", "git is 2.9.5, and has to be 2.30 or newer"),
        ("uname", "Darwin", "there is no kubectl for Darwin Darwin here; the builds run on Linux"),
    ],
)
def test_tools_names_what_does_not_do(
    stage: Stage, downloads: tuple[str, Path], tmp_path: Path, tool: str, prints: str, says: str
) -> None:
    address, folder = downloads
    publish(folder, KUBECTL)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / tool).write_text(f"#!/bin/sh\necho {prints}\n")
    (programs / tool).chmod(0o755)
    path = f"{programs}{os.pathsep}{stage.environment['PATH']}"
    ended = stage.script("tools", TOOLS=str(programs), KUBECTL_SOURCE=address, PATH=path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"deploy/tools: {says}\n")


def test_an_image_is_built_and_pushed_once_for_a_commit(stage: Stage) -> None:
    first = stage.script("image", URI)
    assert first.returncode == 0, first.stderr[-3000:]
    assert re.fullmatch(rf"{re.escape(URI)}@sha256:[0-9a-f]{{64}}\n", first.stdout)
    commit = stage.git("rev-parse", "HEAD")
    assert stage.pushed() == [commit]
    asked = len(stage.asked)
    again = stage.script("image", URI)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "was pushed before" in again.stderr
    assert stage.asked[asked:] == ["aws ecr describe-images"]


def test_of_two_builds_of_one_commit_both_have_the_image_that_came_first(stage: Stage, tmp_path: Path) -> None:
    """Two environments deploy the same push."""
    programs = tmp_path / "programs"
    programs.mkdir()
    first = tmp_path / "first"
    # What is pushed second is refused, as ECR does with a tag that is there.
    (programs / "docker").write_text(
        f"""#!/bin/sh
[ "$1" = push ] || exec {SHIMS}/docker "$@"
PATH="{stage.environment["PATH"]}" "{stage.source}/deploy/image" {URI} >{first} 2>&1
echo "tag invalid: The image tag already exists and cannot be overwritten because the tag is immutable." >&2
exit 1
"""
    )
    (programs / "docker").chmod(0o755)
    second = stage.script("image", URI, PATH=f"{programs}{os.pathsep}{stage.environment['PATH']}")
    assert second.returncode == 0, second.stderr[-3000:]
    assert second.stdout == first.read_text().splitlines()[-1] + "\n"
    assert second.stdout.startswith(f"{URI}@sha256:")
    assert stage.asked.count("docker push") == 1


def test_what_is_not_committed_gets_no_tag_of_a_commit(stage: Stage) -> None:
    (stage.source / "service/app.py").write_text("changed\n")
    ended = stage.script("image", URI)
    assert ended.returncode == 1
    assert "is not the commit" in ended.stderr
    stage.git("checkout", "--quiet", ".")
    assert stage.script("image", URI, COMMIT="0" * 40).returncode == 1
    assert stage.asked == []


def test_a_registry_that_is_not_there_is_told(stage: Stage) -> None:
    ended = stage.script("image", URI.replace("auth0-api", "other"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "RepositoryNotFoundException" in ended.stderr
    assert stage.asked == ["aws ecr describe-images"]


def connect(stage: Stage, client: int, server: int | None) -> subprocess.CompletedProcess[str]:
    """Run deploy/connect with a kubectl of one release and a cluster of another, or of none that answers."""
    eks: Any = client_of("eks", stage.aws)
    role = "arn:aws:iam::123456789012:role/cluster"
    eks.create_cluster(name="auth0-api", roleArn=role, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
    programs = stage.directory / "programs"
    programs.mkdir()
    told = {"clientVersion": {"major": "1", "minor": str(client)}}
    if server is not None:
        told["serverVersion"] = {"major": "1", "minor": f"{server}+"}
    kubectl = programs / "kubectl"
    kubectl.write_text(
        f'#!/bin/sh\n[ "$1" = version ] || exec {need("kubectl")} "$@"\n'
        f"cat <<EOF\n{json.dumps(told, indent=2)}\nEOF\nexit {int(server is None)}\n"
    )
    kubectl.chmod(0o755)
    (stage.directory / "ca.pem").write_text("not looked at")
    stage.variables |= {
        "PATH": f"{programs}{os.pathsep}{stage.environment['PATH']}",
        "SHIM_CLUSTER": "https://127.0.0.1:1",
        "SHIM_CLUSTER_CA": str(stage.directory / "ca.pem"),
    }
    return stage.script("connect", "auth0-api")


@pytest.mark.parametrize(("client", "server"), [(35, 35), (35, 34), (35, 36)])
def test_connect_takes_a_cluster_within_one_minor(stage: Stage, client: int, server: int) -> None:
    ended = connect(stage, client, server)
    assert (ended.returncode, ended.stdout) == (0, f"kubectl 1.{client}, cluster 1.{server}\n"), ended.stderr


@pytest.mark.parametrize(
    ("client", "server", "says"),
    [
        (35, 33, "kubectl 1.35 is more than one minor away from the cluster's 1.33; see deploy/tools"),
        (35, 37, "more than one minor away"),
        (35, None, "auth0-api does not answer, or does not let this role in"),
    ],
)
def test_connect_takes_no_other(stage: Stage, client: int, server: int | None, says: str) -> None:
    ended = connect(stage, client, server)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert says in ended.stderr


def test_connect_names_a_cluster_that_is_not_there(stage: Stage) -> None:
    ended = stage.script("connect", "another")
    assert ended.returncode != 0
    assert "ResourceNotFoundException" in ended.stderr
