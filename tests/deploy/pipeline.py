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
from .outside import Outside
from .project import deployment, serving
from .records import PRODUCTION, PROJECT, STAGING, Records
from .stage import URI, Stage, set_up
from .template import STACK, started_by
from .weaknesses import audit_options

FINDINGS = {
    "imageScanStatus": {"status": "COMPLETE"},
    "imageScanFindings": {
        "findingSeverityCounts": {"HIGH": 1, "LOW": 2},
        "findings": [
            {"name": "CVE-2026-1", "severity": "HIGH", "uri": "https://security-tracker.debian.org/tracker/CVE-2026-1"},
            {"name": "CVE-2026-2", "severity": "LOW", "uri": "https://security-tracker.debian.org/tracker/CVE-2026-2"},
        ],
    },
}
"""What the registry's scan says of each image."""


@dataclass
class Pipeline:
    """`records` is what CodeBuild keeps of its builds, by whose names they are told apart."""

    stage: Stage
    cluster: Cluster
    records: Records

    def without_audit(self, *, tests: bool = False) -> None:
        """Leave out what is tested anyway, and takes half of a build's time: the audit, and the `tests`."""
        stub = "#!/bin/sh\n"
        self.stage.commit("No audit", deploy__audit=stub, **({} if tests else {"deploy__tests": stub}))

    def build(self, **variables: str) -> Build:
        """What happens after a push of what is checked out, in the project that builds."""
        return self._run(PROJECT, (self.stage.source / "buildspec.yml").read_text(), **variables)

    def push(self, *, staging: bool = False, **variables: str) -> tuple[Build, Build]:
        """A push, and what its success starts: the build, and the deployment to staging, or to production."""
        built = self.build(**variables)
        assert built.succeeded, built.log[-4000:]
        return built, self.started(staging=staging)

    def started(self, *, staging: bool = False) -> Build:
        """What the rules of the stack start when the last build has succeeded."""
        rule = "BuiltForStaging" if staging else "ReadyForProduction"
        last = list(self.records.builds)[-1]
        return self.deploy(STAGING if staging else PRODUCTION, **started_by(rule, last))

    def deploy(self, project: str = PRODUCTION, *, source: str = PROJECT, **variables: str) -> Build:
        """A build of a project that deploys; `source` is whose builds it takes."""
        # One namespace is enough for both: the stand-in has production's.
        told = {"CLUSTER": "auth0-api", "OVERLAY": "production", "SOURCE_PROJECT": source, "TIMEOUT": "20"}
        return self._run(project, (self.stage.source / "deploy/buildspec.yml").read_text(), **told, **variables)

    def rollback(self, image: str, commit: str) -> Build:
        return self.deploy(ROLLBACK_IMAGE=image, ROLLBACK_COMMIT=commit)

    def pull_request(self) -> Build:
        inline = STACK["Resources"]["CheckProject"]["Properties"]["Source"]["BuildSpec"]
        return self._run("auth0-api-pipeline-check", inline)

    def _run(self, project: str, buildspec: str, **variables: str) -> Build:
        given = {**self.stage.environment, "REPOSITORY_URI": URI}
        given["CODEBUILD_RESOLVED_SOURCE_VERSION"] = self.stage.git("rev-parse", "HEAD")
        name = self.records.begin(project)
        build = run(buildspec, self.stage.source, {**given, "CODEBUILD_BUILD_ID": name, **variables})
        told = {key: value for key, value in variables.items() if key.startswith(("ROLLBACK", "FROM_BUILD"))}
        self.records.end(name, build.exported, told, "SUCCEEDED" if build.succeeded else "FAILED")
        # CodeBuild's next build has a fresh clone.
        self.stage.git("checkout", "--quiet", "--force", "HEAD", "--", ".")
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
    tmp_path: Path, aws: str, production: Cluster, downloads: tuple[str, Path], database: str, outside: Outside
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
            **outside.variables,
        }
        cloud.on("ecr:DescribeImageScanFindings", FINDINGS)
        yield Pipeline(stage, production, Records(cloud))
