"""The scripts that the buildspec calls, one by one."""

from __future__ import annotations

import hashlib
import json
import os
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
from .stage import URI, Stage, set_up


@pytest.fixture
def stage(tmp_path: Path, aws: str) -> Iterator[Stage]:
    need_buildah()
    need("docker-registry")
    need("curl")
    with set_up(tmp_path, aws) as stage:
        yield stage


@pytest.mark.parametrize("name", ["audit", "connect", "image", "inputs", "lock", "rollout", "tests", "tools"])
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


def test_what_is_not_committed_gets_no_tag_of_a_commit(stage: Stage) -> None:
    (stage.source / "service/app.py").write_text("changed\n")
    ended = stage.script("image", URI)
    assert ended.returncode == 1
    assert "is not the commit" in ended.stderr
    stage.git("checkout", "--quiet", ".")
    assert stage.script("image", URI, COMMIT="0" * 40).returncode == 1
    assert stage.asked == []


def test_a_registry_that_is_not_there_is_told(stage: Stage) -> None:
    ended = stage.script("image", URI, SHIM_REGISTRY="127.0.0.1:1")
    assert (ended.returncode != 0, ended.stdout) == (True, "")
    assert "127.0.0.1:1" in ended.stderr
    assert "refused" in ended.stderr


@pytest.mark.parametrize(
    ("command", "variables", "says"),
    [
        (["connect", "--dry-run"], {}, "CLUSTER is the name of a cluster"),
        (["connect", "a b"], {}, "CLUSTER is the name of a cluster"),
        (["tests"], {"TEST_BASE": "--volume=/:/host"}, "TEST_BASE is the name of an image"),
        (["tests"], {"TEST_BASE": "a b"}, "TEST_BASE is the name of an image"),
        (["tools"], {"KUBECTL_SOURCE": "--config=/x"}, "KUBECTL_SOURCE is an http(s) URL"),
        (["tools"], {"KUBECTL_SOURCE": "file:///x"}, "KUBECTL_SOURCE is an http(s) URL"),
    ],
)
def test_what_would_be_an_option_reaches_no_command(
    tmp_path: Path, command: list[str], variables: dict[str, str], says: str
) -> None:
    for program in ("aws", "curl", "docker", "kubectl", "uv"):
        (tmp_path / program).write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n")
        (tmp_path / program).chmod(0o755)
    ended = subprocess.run(
        [str(ROOT / "deploy" / command[0]), *command[1:]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "TOOLS": str(tmp_path / "none"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode in (1, 2), ended.stdout) == (True, "")
    assert says in ended.stderr
    assert not (tmp_path / "asked").exists()


def test_tools_takes_one_checksum_and_no_list(stage: Stage, downloads: tuple[str, Path], tmp_path: Path) -> None:
    """A line of another file that is as it should be would have been enough, with a shorter first line."""
    address, folder = downloads
    publish(folder, KUBECTL)
    other = tmp_path / "other"
    other.write_text("as it should be\n")
    (folder / "kubectl.sha256").write_text(f"{hashlib.sha256(other.read_bytes()).hexdigest()}  {other}\n#")
    (tmp_path / "programs").mkdir()
    ended = stage.script("tools", TOOLS=str(tmp_path / "programs"), KUBECTL_SOURCE=address)
    assert ended.returncode == 1
    assert "is no checksum" in ended.stderr
    assert not (tmp_path / "programs/kubectl").exists()


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
