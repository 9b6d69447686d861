"""`pipeline build`: starts one, and follows it to its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..aws import examples
from ..aws.examples import commit, image, log
from ..aws.models import Refusal
from ..aws.session import Time
from ..aws.stand_in import StandIn
from .pipeline_command import assert_rights, built, one_line, pipeline, process

START, LOG = "codebuild:StartBuild", "logs:GetLogEvents"
RUNNING = examples.made(8, "IN_PROGRESS")


def ready(cloud: StandIn, *, then: tuple[dict[str, object], ...] = (RUNNING, examples.made(8))) -> None:
    """Build 7 is done, and build 8 is what is started."""
    built(cloud, examples.made(7), then=then)
    cloud.on(START, {"build": examples.made(8, "IN_PROGRESS")})
    cloud.on(LOG, log("1", "what it prints\n"), log("1"), log("2", "the last line\n"), log("2"))


def test_follows_the_log_live_in_a_process_of_its_own(cloud: StandIn, tmp_path: Path) -> None:
    ready(cloud)
    ended = process(cloud, "build", directory=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    told = ended.stdout.splitlines()
    assert told[0] == "Following build 8 of auth0-api-build."
    assert told.index("== SUBMITTED") < told.index("what it prints") < told.index("the last line")
    assert told[-2].endswith("succeeded in 4 min.") or "succeeded" in told[-2]
    assert told[-1] == "What it built is rolled out next: `pipeline logs --project deploy --follow` shows it."
    assert "sourceVersion" not in cloud.asked(START)[0]


@pytest.mark.parametrize(("option", "value"), [("--branch", "release/2"), ("--commit", commit(3))])
def test_builds_a_branch_or_a_commit(cloud: StandIn, option: str, value: str) -> None:
    ready(cloud)
    assert pipeline(cloud, "build", option, value).status == 0
    assert cloud.asked(START)[0]["sourceVersion"] == value


@pytest.mark.parametrize(
    "given",
    [
        ("--branch", "-x"),
        ("--branch", "a b"),
        ("--branch", "pr/7"),
        ("--branch", "refs/pull/7/head"),
        ("--branch", commit(3)),
        ("--commit", "abc"),
        ("--commit", "g" * 40),
    ],
)
def test_what_can_be_neither_is_wrong_usage(cloud: StandIn, tmp_path: Path, given: tuple[str, str]) -> None:
    ended = process(cloud, "build", f"{given[0]}={given[1]}", directory=tmp_path)
    assert ended.returncode == 2
    assert cloud.requests == []


def test_a_build_that_failed_tells_where_and_why(cloud: StandIn) -> None:
    ready(
        cloud,
        then=(
            RUNNING,
            {
                **examples.failed(8, message="Error while executing command: deploy/image"),
                "projectName": "auth0-api-build",
            },
        ),
    )
    ended = pipeline(cloud, "build")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert ended.err.startswith("Build 8 of auth0-api-build ended as FAILED in phase BUILD: COMMAND_EXECUTION_ERROR")
    assert "deploy/image" in ended.err


def test_what_the_audit_stops_goes_on_when_it_is_overridden_with_a_reason(cloud: StandIn) -> None:
    ready(cloud)
    why = "CVE-2026-85394: the hotfix for it comes with this commit"
    assert pipeline(cloud, "build", "--override-audit", why).status == 0
    (variable,) = cloud.asked(START)[0]["environmentVariablesOverride"]
    assert (variable["name"], variable["value"]) == ("AUDIT_OVERRIDE", why)


@pytest.mark.parametrize("why", ["", "yes", "CVE-2026-85394", "CVE-2026-85394:", "CVE-2026-1: a\nb"])
def test_an_override_without_a_name_or_a_reason_is_wrong_usage(cloud: StandIn, tmp_path: Path, why: str) -> None:
    assert process(cloud, "build", f"--override-audit={why}", directory=tmp_path).returncode == 2
    assert cloud.requests == []


def test_does_not_start_another_one_while_one_is_running_unless_that_is_wanted(cloud: StandIn) -> None:
    built(cloud, RUNNING)
    cloud.on(START, {"build": examples.made(9, "IN_PROGRESS")})
    ended = pipeline(cloud, "build")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert ended.err.startswith("Build 8 of auth0-api-build is already running (phase BUILD):")
    assert cloud.asked(START) == []
    ended = pipeline(cloud, "build", "--anyway", "--no-follow")
    assert ended.status == 0
    assert ended.out == "Started build 9 of auth0-api-build: `pipeline logs 9 --follow` shows it.\n"


def interrupt() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_ends_the_watching_and_not_the_build(cloud: StandIn) -> None:
    ready(cloud)
    ended = pipeline(cloud, "build", time=Time(interrupt))
    assert ended.status == 130
    assert ended.err == (
        "\nBuild 8 of auth0-api-build goes on at AWS: `pipeline logs 8 --follow` shows it, and "
        "`pipeline status` tells how far it is.\n"
    )


def test_a_machine_gets_one_document(cloud: StandIn) -> None:
    ready(cloud)
    ended = pipeline(cloud, "build", "--json")
    document = json.loads(ended.out)
    assert (ended.status, document["status"], document["deployed"]) == (0, "SUCCEEDED", False)
    assert document["image"] == image(8)
    assert document["commit"] == commit(8)


def test_no_such_branch_is_told_as_aws_tells_it(cloud: StandIn) -> None:
    ready(cloud)
    cloud.on(START, Refusal("InvalidInputException", "Invalid source version"))
    ended = pipeline(cloud, "build", "--branch", "nowhere")
    assert (ended.status, ended.err) == (1, "AWS refuses StartBuild: Invalid source version\n")


def test_needs_these_rights_and_no_other(request: pytest.FixtureRequest) -> None:
    assert_rights(request, "build")
