"""The two buildspecs, executed: a push, and what ends it before anything is rolled out."""

from __future__ import annotations

import json
from typing import Any

import yaml

from ..aws_server import client
from ..processes import ROOT
from .outside import Outside
from .pipeline import Pipeline
from .project import commit_of
from .records import STAGING
from .stage import URI


def test_a_push_is_tested_built_pushed_once_and_rolled_out(pipeline: Pipeline) -> None:
    build, deployed = pipeline.push()
    assert build.phases == deployed.phases == {"install": True, "build": True}, deployed.log[-4000:]
    commit = pipeline.stage.git("rev-parse", "HEAD")
    image = build.exported["IMAGE"]
    assert build.exported["COMMIT"] == commit
    assert image.startswith(f"{URI}@sha256:")
    assert deployed.exported == {"COMMIT": commit, "IMAGE": image, "DEPLOYED": "yes"}
    (tag,) = pipeline.stage.pushed()
    assert tag.startswith(f"{commit}-")
    assert pipeline.running == image
    assert commit_of(pipeline.cluster) == commit
    # What is about to change stands in the log before it does, and callers reach it afterwards.
    assert deployed.log.index("What will change") < deployed.log.index("serverside-applied")
    assert "== https://api.example.com is reached at localhost" in deployed.log
    # The reports that the buildspec names are there, and so are the bills of materials.
    reports = yaml.safe_load((ROOT / "buildspec.yml").read_text())["reports"]
    for report in reports.values():
        for name in report["files"]:
            assert (pipeline.stage.source / name).stat().st_size > 100
    assert sorted(path.name for path in (pipeline.stage.source / "sbom").iterdir()) == [
        "debian.cdx.json",
        "pages.cdx.json",
        "python.cdx.json",
    ]
    debian = json.loads((pipeline.stage.source / "sbom/debian.cdx.json").read_text())
    assert "dpkg" in {component["name"] for component in debian["components"]}
    # The image was started and asked before it was pushed, and what the registry found in it is told.
    asked = pipeline.stage.asked
    assert asked.index("docker build") < asked.index("docker stop") < asked.index("docker push")
    assert '{"HIGH":1,"LOW":2}' in build.log
    assert "CVE-2026-1" in build.log
    # What has no checksum yet is said to have none.
    assert "UNPINNED: public.ecr.aws/docker/library/python:3.13-slim-trixie" in build.log
    # Nothing was edited in place, and nothing is left.
    assert pipeline.stage.git("status", "--porcelain") == ""
    for secret in ("testing", pipeline.cluster.token):
        assert secret not in (build.log + deployed.log).replace("aws_access_key_id", "")

    # The same commit again: nothing is built, and nothing changes.
    again, unchanged = pipeline.push()
    assert "was built before" in again.log
    assert again.exported == build.exported
    assert unchanged.exported == deployed.exported
    assert pipeline.stage.asked.count("docker push") == 1


def test_the_two_projects_do_not_do_each_others_work(pipeline: Pipeline) -> None:
    pipeline.without_audit()
    build = pipeline.build()
    assert build.succeeded, build.log[-4000:]
    assert not [line for line in pipeline.stage.asked if "eks" in line or "start-build" in line]
    assert pipeline.running is None
    asked = len(pipeline.stage.asked)
    deployed = pipeline.started()
    assert deployed.succeeded, deployed.log[-4000:]
    assert not [line for line in pipeline.stage.asked[asked:] if line.startswith("docker")]


def test_one_image_goes_through_the_environments(pipeline: Pipeline) -> None:
    pipeline.without_audit()
    build, staging = pipeline.push(staging=True)
    assert staging.succeeded, staging.log[-4000:]
    # `service pipeline promote` names the build that passed in staging.
    promoted = pipeline.deploy(source=STAGING, FROM_BUILD=list(pipeline.records.builds)[-1])
    assert promoted.succeeded, promoted.log[-4000:]
    assert promoted.exported == staging.exported
    assert promoted.exported["IMAGE"] == build.exported["IMAGE"] == pipeline.running
    assert pipeline.stage.asked.count("docker push") == 1


def test_what_has_not_passed_in_staging_is_not_promoted(pipeline: Pipeline, outside: Outside) -> None:
    pipeline.without_audit()
    outside.answers["/api/private"] = 200
    pipeline.stage.variables["TIMEOUT"] = "1"
    _, staging = pipeline.push(staging=True)
    assert staging.phases["build"] is False
    assert "/api/private answers 200 without a token" in staging.log
    promoted = pipeline.deploy(source=STAGING, FROM_BUILD=list(pipeline.records.builds)[-1])
    assert promoted.phases == {"install": False}
    assert "is FAILED, so nothing of it is deployed" in promoted.log


def test_what_an_environment_runs_has_a_tag_that_follows_it(pipeline: Pipeline) -> None:
    pipeline.without_audit()
    digests = []
    for number in range(2):
        pipeline.stage.commit("More", **{"service__local.py": f"NUMBER = {number}\n"})
        _, deployed = pipeline.push()
        assert deployed.succeeded, deployed.log[-4000:]
        digests.append(deployed.exported["IMAGE"].partition("@")[2])
        assert marked(pipeline) == digests[-1]
    # The same once more is no failure.
    assert pipeline.push()[1].succeeded
    assert marked(pipeline) == digests[-1] != digests[0]


def marked(pipeline: Pipeline) -> str:
    ecr: Any = client("ecr", pipeline.stage.aws)
    (found,) = ecr.describe_images(repositoryName="auth0-api", imageIds=[{"imageTag": "runs-production"}])[
        "imageDetails"
    ]
    digest: str = found["imageDigest"]
    return digest


def test_every_night_only_what_was_missed_is_built(pipeline: Pipeline) -> None:
    pipeline.without_audit()
    pipeline.push()
    pipeline.stage.commit("A document", **{"README.md": "changed\n", "deploy__README.md": "changed\n"})
    asked = len(pipeline.stage.asked)
    night = pipeline.build(NIGHTLY="yes")
    assert night.succeeded, night.log[-4000:]
    assert night.exported["IMAGE"] == ""
    assert "docker build" not in pipeline.stage.asked[asked:]
    nothing = pipeline.started()
    assert nothing.succeeded, nothing.log[-4000:]
    assert "has made no image, so there is nothing to roll out" in nothing.log
    assert nothing.exported["DEPLOYED"] == "no"
    # A push of which CodeBuild has not seen the file that ships.
    pipeline.stage.commit("Missed", **{"service__local.py": "MISSED = True\n"})
    night = pipeline.build(NIGHTLY="yes")
    assert night.succeeded, night.log[-4000:]
    assert night.exported["IMAGE"]
    assert pipeline.started().exported["DEPLOYED"] == "yes"


def test_a_failing_test_ends_the_build_before_there_is_an_image(pipeline: Pipeline) -> None:
    pipeline.stage.commit("Break", **{"tests__test_of_the_build.py": "def test_it() -> None:\n    assert False\n"})
    build = pipeline.build()
    assert build.phases == {"install": True, "build": False}
    assert "test_it" in build.log
    assert pipeline.stage.pushed() == []
    # And nothing that was started by mistake would deploy it.
    assert pipeline.started().phases == {"install": False}
    assert pipeline.running is None


def test_a_failing_push_ends_the_build(pipeline: Pipeline) -> None:
    pipeline.without_audit()
    pipeline.stage.variables["SHIM_REGISTRY"] = "127.0.0.1:1"
    build = pipeline.build()
    assert build.phases["build"] is False
    assert build.exported["IMAGE"] == ""


def test_a_pull_request_is_tested_built_started_and_goes_nowhere(pipeline: Pipeline) -> None:
    pipeline.without_audit(tests=True)
    build = pipeline.pull_request()
    assert build.succeeded, build.log[-4000:]
    asked = pipeline.stage.asked
    assert asked.index("docker build") < asked.index("docker stop")
    # The one thing that it asks AWS for is another limit at the public mirror.
    assert {line for line in asked if line.startswith("aws ")} <= {"aws --version", "aws ecr-public get-login-password"}
    assert "docker push" not in asked
    assert pipeline.stage.pushed() == []
    assert pipeline.running is None
