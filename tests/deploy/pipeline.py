"""Builds of a repository's copy, as CodeBuild runs them: with the real kubectl and aws command line, an AWS, a registry
and a cluster that stand in for those that are not here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..aws.stand_in import stand_in
from ..aws_server import client
from ..kubernetes import Cluster
from ..tools import need_buildah
from .codebuild import Build, run
from .downloads import KUBECTL, publish
from .project import deployment, serving
from .records import PROJECT, Records
from .stage import URI, Stage, set_up
from .test_template import STACK
from .weaknesses import audit_options


@dataclass
class Pipeline:
    """`records` is what CodeBuild keeps of its builds, and `project` whose builds `push` starts."""

    stage: Stage
    cluster: Cluster
    records: Records
    project: str = PROJECT

    def without_audit(self) -> None:
        """What is tested anyway, and takes ten seconds a build."""
        self.stage.commit("No audit", deploy__audit="#!/bin/sh\n")

    def push(self, **variables: str) -> Build:
        """What happens after a push of what is checked out."""
        return self._build((self.stage.source / "buildspec.yml").read_text(), **variables)

    def pull_request(self) -> Build:
        inline = STACK["Resources"]["CheckProject"]["Properties"]["Source"]["BuildSpec"]
        return self._build(inline)

    def _build(self, buildspec: str, **variables: str) -> Build:
        project = {"CLUSTER": "auth0-api", "OVERLAY": "production", "REPOSITORY_URI": URI, "TIMEOUT": "20"}
        commit = {"CODEBUILD_RESOLVED_SOURCE_VERSION": self.stage.git("rev-parse", "HEAD")}
        name = self.records.begin(self.project)
        given = {**self.stage.environment, **project, **commit, "CODEBUILD_BUILD_ID": name, **variables}
        build = run(buildspec, self.stage.source, given)
        self.records.end(name, build.exported, {key: value for key, value in variables.items() if "ROLLBACK" in key})
        return build

    @property
    def settings(self) -> str:
        """The name of the ConfigMap that pods have, which goes by its content."""
        (container,) = deployment(self.cluster)["spec"]["template"]["spec"]["containers"]
        return str(container["envFrom"][0]["configMapRef"]["name"])

    @property
    def running(self) -> str | None:
        """The image that serves."""
        images = set(serving(self.cluster))
        assert len(images) <= 1
        return next(iter(images), None)


@pytest.fixture
def pipeline(
    tmp_path: Path, aws: str, production: Cluster, downloads: tuple[str, Path], database: str
) -> Iterator[Pipeline]:
    need_buildah()
    eks: Any = client("eks", aws)
    network = {"subnetIds": ["subnet-1"]}
    eks.create_cluster(name="auth0-api", roleArn="arn:aws:iam::123456789012:role/cluster", resourcesVpcConfig=network)
    (tmp_path / "programs").mkdir()
    with stand_in(behind=aws) as cloud, set_up(tmp_path, aws) as stage:
        address, folder = downloads
        publish(folder, KUBECTL)
        stage.variables |= {
            "AWS_ENDPOINT_URL": cloud.address,
            "PATH": f"{tmp_path / 'programs'}{os.pathsep}{stage.environment['PATH']}",
            "TOOLS": str(tmp_path / "programs"),
            "KUBECTL_SOURCE": address,
            "KUBECACHEDIR": production.environment["KUBECACHEDIR"],
            "AUDIT_OPTIONS": audit_options(database, tmp_path / "audit"),
            "SHIM_CLUSTER": production.address,
            "SHIM_CLUSTER_CA": str(production.authority),
            "SHIM_TOKEN": production.token,
        }
        yield Pipeline(stage, production, Records(cloud))
