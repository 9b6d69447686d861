"""The scripts that the buildspec calls, one by one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
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


@pytest.mark.parametrize(
    "name",
    sorted(
        path.name
        for path in (ROOT / "deploy").iterdir()
        if path.suffix == "" and path.is_file() and path.name != "pins"
    ),
)
def test_it_is_a_script_that_bash_can_read(name: str) -> None:
    path = ROOT / "deploy" / name
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    assert "set -euo pipefail" in path.read_text()


def test_tools_gets_kubectl_by_the_checksum_beside_it_and_says_that_it_is_not_pinned(
    stage: Stage, downloads: tuple[str, Path], tmp_path: Path
) -> None:
    address, folder = downloads
    programs = tmp_path / "programs"
    programs.mkdir()
    publish(folder, KUBECTL)
    ended = stage.script("tools", TOOLS=str(programs), KUBECTL_SOURCE=address)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"kubectl {KUBECTL}, uv ")
    assert f"UNPINNED: kubectl-{KUBECTL}-linux-" in ended.stderr
    assert (programs / "kubectl").read_bytes() == (folder / "kubectl").read_bytes()
    shutil.rmtree(folder)
    # It is there already, so nothing is downloaded.
    again = stage.script("tools", "kubectl", "git", TOOLS=str(programs), KUBECTL_SOURCE=address)
    assert again.returncode == 0
    assert again.stdout.startswith(f"kubectl {KUBECTL}, git ")


def test_lock_records_digests_and_tools_then_takes_nothing_else(
    stage: Stage, downloads: tuple[str, Path], tmp_path: Path
) -> None:
    """Both states, with servers of this machine: unpinned, and pinned by one command."""
    address, folder = downloads
    digests = with_bases(stage, tmp_path)
    base, tests = digests
    before = stage.script("pinned", base)
    assert (before.stdout, "UNPINNED" in before.stderr) == (f"{base}\n", True)
    for machine in ("amd64", "arm64"):
        other = folder.parent / machine / "kubectl"
        other.parent.mkdir(exist_ok=True)
        publish(other.parent, KUBECTL)
    locked = stage.script("lock", "--digests", KUBECTL_SOURCE=address, MIRROR_SCHEME="http")
    assert locked.returncode == 0, locked.stderr
    pins = (stage.source / "deploy/pins").read_text()
    for image in (base, tests):
        assert f"{image} {digests[image]}\n" in pins
        pinned = stage.script("pinned", image)
        assert (pinned.stdout, pinned.stderr) == (f"{image}@sha256:{digests[image]}\n", "")
    # A changed file with a changed checksum beside it is refused.
    (tmp_path / "programs").mkdir()
    good = (folder / "kubectl").read_bytes()
    (folder / "kubectl").write_text("#!/bin/sh\necho another\n")
    (folder / "kubectl.sha256").write_text(hashlib.sha256((folder / "kubectl").read_bytes()).hexdigest())
    changed = stage.script("tools", "kubectl", TOOLS=str(tmp_path / "programs"), KUBECTL_SOURCE=address)
    assert changed.returncode == 1
    assert "FAILED" in changed.stdout + changed.stderr
    assert not (tmp_path / "programs/kubectl").exists()
    (folder / "kubectl").write_bytes(good)
    ended = stage.script("tools", "kubectl", TOOLS=str(tmp_path / "programs"), KUBECTL_SOURCE=address)
    assert (ended.returncode, ended.stdout) == (0, f"kubectl {KUBECTL}\n"), ended.stderr
    assert "UNPINNED" not in ended.stderr
    # What cannot be looked up leaves the file as it was.
    shutil.rmtree(folder)
    assert stage.script("lock", "--digests", KUBECTL_SOURCE=address, MIRROR_SCHEME="http").returncode != 0
    assert (stage.source / "deploy/pins").read_text() == pins


def with_bases(stage: Stage, tmp_path: Path) -> dict[str, str]:
    """Have the bases of the copy in the registry of this machine; their digests by their names there."""
    digests = {}
    for number, (path, beginning) in enumerate((("Dockerfile", "ARG BASE="), ("deploy/tests", "BASE=${TEST_BASE:-"))):
        file = stage.source / path
        name = f"{stage.registry}/library/python:{number}"
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [],
            "annotations": {"number": str(number)},
        }
        body = json.dumps(manifest).encode()
        address = f"http://{stage.registry}/v2/library/python/manifests/{number}"
        kind = {"Content-Type": manifest["mediaType"]}
        httpx.put(address, content=body, headers=kind, trust_env=False).raise_for_status()  # type: ignore[arg-type]
        digests[name] = hashlib.sha256(body).hexdigest()
        file.write_text(
            re.sub(rf"^{re.escape(beginning)}[^}}\n]*", f"{beginning}{name}", file.read_text(), flags=re.MULTILINE)
        )
    return digests


def test_a_rollback_goes_on_with_the_kubectl_that_is_there(
    stage: Stage, downloads: tuple[str, Path], tmp_path: Path
) -> None:
    """What is downloaded may be down when one has to go back."""
    address, folder = downloads
    shutil.rmtree(folder)
    tools = {"TOOLS": str(tmp_path / "none"), "KUBECTL_SOURCE": address}
    forward = stage.script("tools", "kubectl", "aws", "git", **tools)
    assert forward.returncode == 1
    assert f"kubectl {KUBECTL} cannot be downloaded" in forward.stderr
    back = stage.script("tools", "kubectl", "aws", "git", **tools, ROLLBACK="yes")
    assert back.returncode == 0, back.stderr
    assert re.match(r"kubectl 1\.\d+\.\d+, aws ", back.stdout)
    assert "which is here" in back.stderr


def test_what_is_pulled_is_tried_again_and_logged_in_for(stage: Stage) -> None:
    name = "public.ecr.aws/docker/library/python:3.13-slim-trixie"
    (stage.directory / "asked.pulled").write_text("")
    ended = stage.script("pull", name, SHIM_PULLS_FAIL="2")
    assert (ended.returncode, ended.stdout) == (0, f"{name}\n"), ended.stderr
    assert ended.stderr.count("attempt ") == 2
    assert (stage.directory / "asked.logins").read_text() == "public.ecr.aws\n"
    (stage.directory / "asked.pulled").write_text("")
    assert stage.script("pull", name, SHIM_PULLS_FAIL="3").returncode == 1


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
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.endswith(f"deploy/tools: {says}\n")


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


def connect(stage: Stage, client: int, server: int | None, **variables: str) -> subprocess.CompletedProcess[str]:
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
    return stage.script("connect", "auth0-api", **variables)


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


def test_connect_warns_a_rollback_of_releases_that_are_far_apart(stage: Stage) -> None:
    ended = connect(stage, 36, 38, ROLLBACK="yes")
    assert (ended.returncode, ended.stdout) == (0, "kubectl 1.36, cluster 1.38\n")
    assert "kubectl 1.36 is more than one minor away from the cluster's 1.38" in ended.stderr


def test_connect_names_a_cluster_that_is_not_there(stage: Stage) -> None:
    ended = stage.script("connect", "another")
    assert ended.returncode != 0
    assert "ResourceNotFoundException" in ended.stderr
