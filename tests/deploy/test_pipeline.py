"""The buildspec, executed: a push, and what ends a build before anything is rolled out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ..processes import CLEAN, ROOT
from .codebuild import run
from .pipeline import Pipeline
from .project import commit_of
from .records import PROJECT
from .stage import URI


def test_a_push_is_tested_built_pushed_once_and_rolled_out(pipeline: Pipeline) -> None:
    build = pipeline.push()
    assert build.succeeded, build.log[-4000:]
    assert build.phases == {"install": True, "build": True}
    commit = pipeline.stage.git("rev-parse", "HEAD")
    assert build.exported["COMMIT"] == commit
    assert build.exported["DEPLOYED"] == "yes"
    assert build.exported["IMAGE"].startswith(f"{URI}@sha256:")
    (tag,) = pipeline.stage.pushed()
    assert tag.startswith(f"{commit}-")
    assert pipeline.running == build.exported["IMAGE"]
    assert commit_of(pipeline.cluster) == commit
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
    assert "was built before" in again.log
    assert again.exported == build.exported
    assert pipeline.stage.asked.count("docker push") == 1


def test_of_two_environments_each_deploys_what_its_own_pipeline_built(pipeline: Pipeline) -> None:
    """Although both push to one repository, and staging's pipeline is first with every commit."""
    pipeline.without_audit()
    pipeline.project = "auth0-api-pipeline-staging-deploy"
    staging = pipeline.push(OVERLAY="production")
    pipeline.project = PROJECT
    production = pipeline.push()
    assert production.succeeded, production.log[-4000:]
    assert production.exported["COMMIT"] == staging.exported["COMMIT"]
    assert len(pipeline.stage.pushed()) == 2
    assert pipeline.stage.asked.count("docker push") == 2
    asked = pipeline.records.cloud.asked("codebuild:ListBuildsForProject")
    assert [one["projectName"] for one in asked] == ["auth0-api-pipeline-staging-deploy", PROJECT]


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"CODEBUILD_RESOLVED_SOURCE_VERSION": "main"}, "not 40 hexadecimal digits"),
        ({"CODEBUILD_RESOLVED_SOURCE_VERSION": ""}, "not 40 hexadecimal digits"),
        ({"ROLLBACK_IMAGE": f"{URI}@sha256:{'1' * 64}"}, "not 40 hexadecimal digits"),
        ({"ROLLBACK_IMAGE": f"{URI}@sha256:{'1' * 64}", "ROLLBACK_COMMIT": "--force"}, "not 40 hexadecimal digits"),
        ({"ROLLBACK_IMAGE": f"{URI}@sha256:{'1' * 64}", "ROLLBACK_COMMIT": "main"}, "not 40 hexadecimal digits"),
        ({"ROLLBACK_IMAGE": f"elsewhere/auth0-api@sha256:{'1' * 64}", "ROLLBACK_COMMIT": "a" * 40}, f"is not {URI}@sha256"),
        ({"ROLLBACK_IMAGE": f"{URI}:latest", "ROLLBACK_COMMIT": "a" * 40}, f"is not {URI}@sha256"),
    ],
)  # fmt: skip
def test_what_a_build_is_told_is_a_commit_and_an_image_of_its_own_repository(
    tmp_path: Path, variables: dict[str, str], says: str
) -> None:
    """It ends before anything of it reaches a command."""
    for name in ("inputs", "tools"):
        script = tmp_path / "deploy" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text((ROOT / "deploy" / name).read_text() if name == "inputs" else "#!/bin/sh\n")
        script.chmod(0o755)
    told = {"PATH": CLEAN["PATH"], "REPOSITORY_URI": URI, "CODEBUILD_RESOLVED_SOURCE_VERSION": "b" * 40, **variables}
    build = run((ROOT / "buildspec.yml").read_text(), tmp_path, told)
    assert build.phases == {"install": False}
    assert says in build.log


def test_a_failing_test_ends_the_build_before_there_is_an_image(pipeline: Pipeline) -> None:
    pipeline.stage.commit("Break", **{"tests__test_of_the_build.py": "def test_it() -> None:\n    assert False\n"})
    build = pipeline.push()
    assert not build.succeeded
    assert build.phases == {"install": True, "build": False}
    assert "test_it" in build.log
    assert build.exported["DEPLOYED"] == "no"
    assert pipeline.stage.pushed() == []
    assert pipeline.running is None


def test_a_failing_push_ends_the_build_before_anything_is_rolled_out(pipeline: Pipeline) -> None:
    pipeline.without_audit()
    pipeline.stage.variables["SHIM_REGISTRY"] = "127.0.0.1:1"
    build = pipeline.push()
    assert not build.succeeded
    assert build.phases["build"] is False
    assert build.exported["DEPLOYED"] == "no"
    assert not [line for line in pipeline.stage.asked if "eks" in line]


def test_a_pull_request_is_tested_and_built_and_goes_nowhere(pipeline: Pipeline) -> None:
    pipeline.without_audit()
    build = pipeline.pull_request()
    assert build.succeeded, build.log[-4000:]
    assert "docker build" in pipeline.stage.asked
    assert not [line for line in pipeline.stage.asked if line.startswith("aws ") or line == "docker push"]
    assert pipeline.stage.pushed() == []
    assert pipeline.running is None
