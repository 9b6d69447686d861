"""`pipeline promote`: what passed in staging, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..aws import examples
from ..aws.examples import commit, image, log, stack, variables
from ..aws.stand_in import StandIn
from .pipeline_command import assert_rights, built, one_line, pipeline

START = "codebuild:StartBuild"


def ready(cloud: StandIn, *builds: dict[str, Any]) -> None:
    """Production runs 7; the deployment that is started is 10, of the image of 9."""
    exported = variables({"COMMIT": commit(9), "IMAGE": image(9), "DEPLOYED": "yes"})
    built(
        cloud, examples.build(7), *builds, then=[examples.build(10, exportedEnvironmentVariables=exported)], projects=2
    )
    cloud.on(
        "cloudformation:DescribeStacks", stack(outputs={**examples.OUTPUTS, "StagingProject": "auth0-api-staging"})
    )
    cloud.on(START, {"build": examples.build(10, "IN_PROGRESS")})
    cloud.on("logs:GetLogEvents", log("1"))


def test_rolls_out_what_the_last_deployment_to_staging_rolled_out(cloud: StandIn) -> None:
    staging = examples.in_staging(9)
    ready(cloud, staging)
    ended = pipeline(cloud, "promote", typed="y\n")
    assert ended.status == 0, ended.err
    assert f"Production: {commit(7)}" in ended.out
    assert f"Staging:    {commit(9)}" in ended.out
    assert ended.out.rstrip().endswith(f"It deployed {image(9)}")
    (asked,) = cloud.asked(START)
    assert asked["projectName"] == "auth0-api-deploy"
    (variable,) = asked["environmentVariablesOverride"]
    assert (variable["name"], variable["value"]) == ("FROM_BUILD", staging["id"])


def test_asks_first_and_takes_no_for_an_answer(cloud: StandIn) -> None:
    ready(cloud, examples.in_staging(9))
    ended = pipeline(cloud, "promote", typed="n\n")
    assert (ended.status, ended.err) == (1, "Nothing was changed.\n")
    assert cloud.asked(START) == []


def test_what_did_not_pass_in_staging_is_not_promoted(cloud: StandIn) -> None:
    exported = variables({"COMMIT": commit(9), "IMAGE": image(9), "DEPLOYED": "yes"})
    ready(cloud, examples.in_staging(9, "FAILED", exportedEnvironmentVariables=exported))
    ended = pipeline(cloud, "promote", "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert "What runs in staging has not passed there" in ended.err
    assert cloud.asked(START) == []


def test_what_production_runs_already_is_not_rolled_out_again(cloud: StandIn) -> None:
    ready(cloud, examples.in_staging(7))
    document = json.loads(pipeline(cloud, "promote", "--yes", "--json").out)
    assert document == {"promoted": False, "commit": commit(7), "image": image(7)}
    assert cloud.asked(START) == []


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        (examples.OUTPUTS, "has no staging: `pipeline up --parameter Staging=yes`"),
        ({**examples.OUTPUTS, "StagingProject": "auth0-api-staging"}, "Nothing runs in staging"),
    ],
)
def test_without_staging_there_is_nothing_to_promote(cloud: StandIn, outputs: dict[str, str], says: str) -> None:
    built(cloud, examples.build(7))
    cloud.on("cloudformation:DescribeStacks", stack(outputs=outputs))
    ended = pipeline(cloud, "promote", "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert says in ended.err


def test_needs_these_rights_and_no_other(request: pytest.FixtureRequest) -> None:
    assert_rights(request, "promote")
