"""The buildspec, executed as CodeBuild would: with the real kubectl and aws command line, an AWS, a registry and a
cluster that stand in for those that are not here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..aws_server import client
from ..kubernetes import Cluster, cluster
from ..processes import ROOT
from ..tenant import ManualClock
from ..tools import need
from .codebuild import Build, run
from .downloads import KUBECTL, publish
from .rendering import one, render
from .stage import URI, Stage, set_up
from .test_template import STACK
from .weaknesses import audit_options

SPACE = "auth0-api-production"


@dataclass
class Pipeline:
    stage: Stage
    cluster: Cluster

    def push(self, **variables: str) -> Build:
        """What happens after a push of what is checked out."""
        return self._build((self.stage.source / "buildspec.yml").read_text(), **variables)

    def pull_request(self) -> Build:
        inline = STACK["Resources"]["CheckProject"]["Properties"]["Source"]["BuildSpec"]
        return self._build(inline)

    def _build(self, buildspec: str, **variables: str) -> Build:
        project = {"CLUSTER": "auth0-api", "OVERLAY": "production", "REPOSITORY_URI": URI, "TIMEOUT": "20"}
        commit = {"CODEBUILD_RESOLVED_SOURCE_VERSION": self.stage.git("rev-parse", "HEAD")}
        return run(buildspec, self.stage.source, {**self.stage.environment, **project, **commit, **variables})

    @property
    def running(self) -> str | None:
        """The image that serves."""
        ready = [pod for pod in self.cluster.list("pods", SPACE) if pod["status"].get("phase") == "Running"]
        images = {pod["spec"]["containers"][0]["image"] for pod in ready}
        assert len(images) <= 1
        return next(iter(images), None)

    @property
    def remembered(self) -> str:
        (deployment,) = self.cluster.list("deployments.apps", SPACE)
        return str(deployment["metadata"]["annotations"]["auth0-api/commit"])


@pytest.fixture
def pipeline(
    tmp_path: Path, aws: str, clock: ManualClock, downloads: tuple[str, Path], database: str
) -> Iterator[Pipeline]:
    need("buildah")
    eks: Any = client("eks", aws)
    network = {"subnetIds": ["subnet-1"]}
    eks.create_cluster(name="auth0-api", roleArn="arn:aws:iam::123456789012:role/cluster", resourcesVpcConfig=network)
    (tmp_path / "cluster").mkdir()
    (tmp_path / "programs").mkdir()
    with set_up(tmp_path, aws) as stage, cluster(tmp_path / "cluster", clock) as one_cluster:
        one_cluster.create_namespace(SPACE)
        role = one(render("bootstrap/namespaces/production"), "Role")
        one_cluster.rights.enforce(SPACE, role["rules"])
        one_cluster.hasty = True
        address, folder = downloads
        publish(folder, KUBECTL)
        stage.variables |= {
            "PATH": f"{tmp_path / 'programs'}{os.pathsep}{stage.environment['PATH']}",
            "TOOLS": str(tmp_path / "programs"),
            "KUBECTL_SOURCE": address,
            "KUBECACHEDIR": one_cluster.environment["KUBECACHEDIR"],
            "AUDIT_OPTIONS": audit_options(database, tmp_path / "audit"),
            "SHIM_CLUSTER": one_cluster.address,
            "SHIM_CLUSTER_CA": str(one_cluster.authority),
            "SHIM_TOKEN": one_cluster.token,
        }
        yield Pipeline(stage, one_cluster)


def test_a_push_is_tested_built_pushed_once_and_rolled_out(pipeline: Pipeline) -> None:
    build = pipeline.push()
    assert build.succeeded, build.log[-4000:]
    assert list(build.phases) == ["install", "pre_build", "build"]
    commit = pipeline.stage.git("rev-parse", "HEAD")
    assert build.exported["COMMIT"] == commit
    assert build.exported["DEPLOYED"] == "yes"
    assert build.exported["IMAGE"].startswith(f"{URI}@sha256:")
    assert pipeline.stage.pushed() == [commit]
    assert pipeline.running == build.exported["IMAGE"]
    assert pipeline.remembered == commit
    # What is about to change stands in the log before it does.
    assert build.log.index("What will change") < build.log.index("serverside-applied")
    # The reports that the buildspec names are there.
    reports = yaml.safe_load((ROOT / "buildspec.yml").read_text())["reports"]
    for report in reports.values():
        for name in report["files"]:
            assert (pipeline.stage.source / name).stat().st_size > 100
    assert (pipeline.stage.source / "sbom/python.cdx.json").exists()
    # Nothing was edited in place, and nothing is left.
    assert pipeline.stage.git("status", "--porcelain") == ""
    for secret in ("testing", pipeline.cluster.token):
        assert secret not in build.log.replace("aws_access_key_id", "")

    # The same commit again: nothing is built, and nothing changes.
    again = pipeline.push()
    assert again.succeeded, again.log[-4000:]
    assert "was pushed before" in again.log
    assert again.exported == build.exported
    assert pipeline.stage.asked.count("docker push") == 1


def test_a_failing_test_ends_the_build_before_there_is_an_image(pipeline: Pipeline) -> None:
    pipeline.stage.commit("Break", **{"tests__test_of_the_build.py": "def test_it() -> None:\n    assert False\n"})
    build = pipeline.push()
    assert not build.succeeded
    assert list(build.phases) == ["install", "pre_build"]
    assert "test_it" in build.log
    assert build.exported["DEPLOYED"] == "no"
    assert pipeline.stage.pushed() == []
    assert pipeline.running is None


def test_a_failing_push_ends_the_build_before_anything_is_rolled_out(pipeline: Pipeline) -> None:
    pipeline.stage.variables["SHIM_REGISTRY"] = "127.0.0.1:1"
    build = pipeline.push()
    assert not build.succeeded
    assert build.phases["build"] is False
    assert build.exported["DEPLOYED"] == "no"
    assert not [line for line in pipeline.stage.asked if "eks" in line]


def test_a_rollout_that_does_not_become_ready_is_undone_and_the_build_is_red(pipeline: Pipeline) -> None:
    good = pipeline.push()
    assert good.succeeded, good.log[-4000:]
    commit = pipeline.stage.commit("Break what runs", **{"service__local.py": "raise SystemExit\n"})
    image = pipeline.stage.script("image", URI).stdout.strip()
    pipeline.cluster.broken.add(image.partition("@")[2])
    bad = pipeline.push()
    assert not bad.succeeded
    assert bad.exported == {"COMMIT": commit, "IMAGE": image, "DEPLOYED": "no"}
    assert "What ran before is back." in bad.log
    assert pipeline.running == good.exported["IMAGE"]
    assert pipeline.remembered == good.exported["COMMIT"]

    # The next good one goes through, although the undoing took fields over.
    pipeline.stage.commit("Mend it", **{"service__local.py": "MENDED = True\n"})
    mended = pipeline.push()
    assert mended.succeeded, mended.log[-4000:]
    assert pipeline.running == mended.exported["IMAGE"]

    # A build of an older commit that comes late leaves the newer one alone.
    pipeline.stage.git("checkout", "--quiet", good.exported["COMMIT"])
    late = pipeline.push()
    assert late.succeeded, late.log[-4000:]
    assert "which is newer than" in late.log
    assert pipeline.running == mended.exported["IMAGE"]

    # But somebody may want to return to it: without tests and without building.
    pipeline.stage.git("checkout", "--quiet", "main")
    asked = len(pipeline.stage.asked)
    back = pipeline.push(ROLLBACK_IMAGE=good.exported["IMAGE"], ROLLBACK_COMMIT=good.exported["COMMIT"])
    assert back.succeeded, back.log[-4000:]
    assert pipeline.running == good.exported["IMAGE"]
    assert back.exported == {**good.exported, "DEPLOYED": "yes"}
    assert not {"docker run", "docker build", "docker push"} & set(pipeline.stage.asked[asked:])


def test_a_pull_request_is_tested_and_built_and_goes_nowhere(pipeline: Pipeline) -> None:
    build = pipeline.pull_request()
    assert build.succeeded, build.log[-4000:]
    assert "docker build" in pipeline.stage.asked
    assert not [line for line in pipeline.stage.asked if line.startswith("aws ") or line == "docker push"]
    assert pipeline.stage.pushed() == []
    assert pipeline.running is None


def test_the_cluster_has_to_understand_kubectl(pipeline: Pipeline, tmp_path: Path) -> None:
    with cluster(tmp_path / "programs", ManualClock(), "1.35") as newer:
        pipeline.stage.variables |= {
            "SHIM_CLUSTER": newer.address,
            "SHIM_CLUSTER_CA": str(newer.authority),
            "SHIM_TOKEN": newer.token,
        }
        ended = pipeline.stage.script("connect", "auth0-api")
    assert ended.returncode == 1
    assert "more than one minor away" in ended.stderr
    missing = pipeline.stage.script("connect", "another")
    assert missing.returncode != 0
    assert "ResourceNotFoundException" in missing.stderr
