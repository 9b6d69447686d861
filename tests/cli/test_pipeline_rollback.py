"""`pipeline rollback`: to an image that is there, and to no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..aws import examples
from ..aws.examples import commit, digest, image, images, log, variables
from ..aws.models import Refusal
from ..aws.session import ago
from ..aws.stand_in import StandIn
from .pipeline_command import assert_rights, built, one_line, pipeline, process

START, IMAGES = "codebuild:StartBuild", "ecr:DescribeImages"
BACK = variables({"COMMIT": commit(5), "IMAGE": image(5), "DEPLOYED": "yes"})


def ready(cloud: StandIn) -> None:
    """Build 7 is what runs; build 8 goes back to the image of build 5. Image 9 is another pipeline's."""
    built(
        cloud,
        *map(examples.build, (7, 6, 5)),
        *map(examples.made, (7, 6, 5)),
        then=[examples.build(8, exportedEnvironmentVariables=BACK)],
        projects=2,
    )
    cloud.on(IMAGES, images(9, 7, 6, 5))
    cloud.on(START, {"build": examples.build(8, "IN_PROGRESS")})
    cloud.on("logs:GetLogEvents", log("1"))


def overrides(cloud: StandIn) -> dict[str, str]:
    (asked,) = cloud.asked(START)
    return {one["name"]: one["value"] for one in asked["environmentVariablesOverride"]}


def test_shows_both_asks_and_goes_back_in_a_process_of_its_own(cloud: StandIn, tmp_path: Path) -> None:
    ready(cloud)
    ended = process(cloud, "rollback", commit(5)[:9], directory=tmp_path, stdin="y\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"Runs now:  {commit(7)} ({image(7)})" in ended.stdout
    assert f"Would run: {commit(5)} (pushed" in ended.stdout
    assert ended.stdout.rstrip().endswith(f"It deployed {image(5)}")
    assert overrides(cloud) == {"ROLLBACK_IMAGE": image(5), "ROLLBACK_COMMIT": commit(5)}


def test_one_that_was_overtaken_has_not_gone_back(cloud: StandIn) -> None:
    ready(cloud)
    told = variables({"ROLLBACK_IMAGE": image(5), "ROLLBACK_COMMIT": commit(5)})
    nothing = variables({"COMMIT": commit(5), "IMAGE": image(5), "DEPLOYED": "no"})
    late = examples.build(8, exportedEnvironmentVariables=nothing)
    late["environment"] = {**late["environment"], "environmentVariables": told}
    built(cloud, examples.build(7), examples.build(5), examples.made(5), then=[late], projects=2)
    ended = pipeline(cloud, "rollback", commit(5), "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert ended.err.endswith("It deployed nothing: something newer runs there.\n")


@pytest.mark.parametrize("name", [commit(5), commit(5)[:7], digest(5), image(5)])
def test_an_image_goes_by_its_tag_its_commit_or_its_digest(cloud: StandIn, name: str) -> None:
    ready(cloud)
    assert pipeline(cloud, "rollback", name, "--yes").status == 0
    assert overrides(cloud)["ROLLBACK_IMAGE"] == image(5)


@pytest.mark.parametrize("name", ["latest", commit(4), digest(4), "0000", commit(9), commit(9)[:7], digest(9)])
def test_to_an_image_that_is_not_there_it_does_not_go(cloud: StandIn, name: str) -> None:
    ready(cloud)
    ended = pipeline(cloud, "rollback", name, "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert ended.err.startswith(f"No image goes by {name}.")
    assert cloud.asked(START) == []


def test_without_an_image_it_lists_them(cloud: StandIn) -> None:
    ready(cloud)
    ended = pipeline(cloud, "rollback")
    lines = [line for line in ended.out.splitlines() if "sha256:" in line]
    assert [line.split()[0] for line in lines] == [commit(7), commit(6), commit(5)]
    assert [line.endswith("runs") for line in lines] == [True, False, False]
    ready(cloud)
    found = json.loads(pipeline(cloud, "rollback", "--json").out)["images"]
    assert [one["deployed"] for one in found] == [True, False, False]


def test_what_a_build_that_began_earlier_deployed_last_is_what_runs(cloud: StandIn) -> None:
    back = examples.build(10, endTime=ago(30), exportedEnvironmentVariables=BACK)
    built(cloud, back, examples.build(9, endTime=ago(20)), *map(examples.made, (9, 5)))
    cloud.on(IMAGES, images(9, 5))
    found = json.loads(pipeline(cloud, "rollback", "--json").out)["images"]
    assert [(one["tag"], one["deployed"]) for one in found] == [(commit(9), True), (commit(5), False)]
    assert f"Runs now:  {commit(9)}" in pipeline(cloud, "rollback", commit(5), typed="n\n").out


def test_an_image_that_several_builds_made_of_a_commit_goes_by_its_digest(cloud: StandIn) -> None:
    ready(cloud)
    again = variables({"COMMIT": commit(5), "IMAGE": image(6), "DEPLOYED": "yes"})
    built(cloud, examples.made(6, exportedEnvironmentVariables=again), examples.made(5))
    ended = pipeline(cloud, "rollback", commit(5), "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert digest(5) in ended.err
    assert digest(6) in ended.err
    assert cloud.asked(START) == []


def test_the_settings_are_those_of_the_commit_that_was_built_whatever_the_tag_says(cloud: StandIn) -> None:
    ready(cloud)
    details = images(7, 5)["imageDetails"]
    cloud.on(IMAGES, {"imageDetails": [details[0], {**details[1], "imageTags": [commit(1)]}]})
    assert pipeline(cloud, "rollback", digest(5), "--yes").status == 0
    assert overrides(cloud) == {"ROLLBACK_IMAGE": image(5), "ROLLBACK_COMMIT": commit(5)}


@pytest.mark.parametrize("typed", ["n\n", ""])
def test_whoever_does_not_say_yes_changes_nothing(cloud: StandIn, typed: str) -> None:
    ready(cloud)
    ended = pipeline(cloud, "rollback", commit(5), typed=typed)
    assert (ended.status, ended.err) == (1, "Nothing was changed.\n")
    assert cloud.asked(START) == []


def test_a_machine_is_not_asked(cloud: StandIn) -> None:
    ready(cloud)
    assert pipeline(cloud, "rollback", commit(5), "--json").status == 2
    document = json.loads(pipeline(cloud, "rollback", commit(5), "--json", "--yes").out)
    assert (document["deployed"], document["image"]) == (True, image(5))


def test_what_runs_already_is_said(cloud: StandIn) -> None:
    ready(cloud)
    assert "That is what the last build deployed." in pipeline(cloud, "rollback", commit(7), typed="n\n").out


def test_waits_for_nobody_while_a_build_is_running(cloud: StandIn) -> None:
    built(cloud, examples.build(8, "IN_PROGRESS"), examples.build(7), examples.made(5))
    cloud.on(IMAGES, images(7, 5))
    ended = pipeline(cloud, "rollback", commit(5), "--yes")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert "already running" in ended.err


def test_without_a_repository_there_is_no_image(cloud: StandIn) -> None:
    ready(cloud)
    cloud.on(IMAGES, Refusal("RepositoryNotFoundException", "The repository does not exist"))
    assert "There is no ECR repository auth0-api in eu-central-1" in pipeline(cloud, "rollback").err


def test_needs_these_rights_and_no_other(request: pytest.FixtureRequest) -> None:
    assert_rights(request, "rollback")
