"""`pipeline down`: the stack goes, and the images stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..aws.examples import STACK, STACK_ID, event, events, stack
from ..aws.models import Refusal
from ..aws.session import Time, ago
from ..aws.stand_in import StandIn
from ..processes import ROOT
from .pipeline_command import assert_rights, one_line, pipeline, process

DESCRIBE, DELETE = "cloudformation:DescribeStacks", "cloudformation:DeleteStack"
EVENTS = "cloudformation:DescribeStackEvents"
ABSENT = Refusal("ValidationError", f"Stack with id {STACK} does not exist")
TEMPLATE = (ROOT / "deploy/aws/pipeline.yaml").read_text()


def part(logical_id: str, type_: str, name: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": name,
        "ResourceType": type_,
        "ResourceStatus": "CREATE_COMPLETE",
        "LastUpdatedTimestamp": ago(9),
    }


def ready(cloud: StandIn, after: str = "DELETE_COMPLETE", *happens: dict[str, Any]) -> None:
    cloud.on(DESCRIBE, stack(), stack(after))
    parts = [
        part("ImageRepository", "AWS::ECR::Repository", "auth0-api"),
        part("DeployProject", "AWS::CodeBuild::Project", "auth0-api-pipeline-deploy"),
    ]
    cloud.on("cloudformation:ListStackResources", {"StackResourceSummaries": parts})
    cloud.on("cloudformation:GetTemplate", {"TemplateBody": TEMPLATE})
    cloud.on(DELETE, {})
    known = event(0, STACK, "CREATE_COMPLETE")
    cloud.on(EVENTS, events(known), events(known, *happens, event(99, STACK, after)))


def test_the_name_has_to_be_typed_and_images_stay_in_a_process_of_its_own(cloud: StandIn, tmp_path: Path) -> None:
    ready(cloud)
    ended = process(cloud, "down", directory=tmp_path, stdin=f"{STACK}\n")
    assert (ended.returncode, ended.stderr) == (0, "")
    shown = [line.split()[:2] for line in ended.stdout.splitlines()]
    assert ["DELETE", "DeployProject"] in shown
    assert ["keep", "ImageRepository"] in shown
    assert f"Type {STACK} to delete it:" in ended.stdout
    assert ended.stdout.rstrip().endswith(f"{STACK} is gone.")
    assert cloud.asked(DELETE)[0]["StackName"] == STACK_ID


@pytest.mark.parametrize("typed", ["y\n", "yes\n", "auth0-api\n", "\n", ""])
def test_anything_else_deletes_nothing(cloud: StandIn, typed: str) -> None:
    ready(cloud)
    ended = pipeline(cloud, "down", typed=typed)
    assert (ended.status, ended.err) == (1, "Nothing was deleted.\n")
    assert cloud.asked(DELETE) == []


def test_a_script_confirms_with_the_name_and_yes_is_not_enough(cloud: StandIn) -> None:
    ready(cloud)
    for given in (("--yes",), ("--json",), ("--confirm", "another")):
        ended = pipeline(cloud, "down", *given)
        assert (ended.status, one_line(ended.err)) == (2, True)
    assert cloud.requests == []
    document = json.loads(pipeline(cloud, "down", "--confirm", STACK, "--json").out)
    assert document["deleted"] == ["DeployProject"]
    assert document["kept"] == ["auth0-api"]


def test_a_second_time_there_is_nothing_to_delete(cloud: StandIn) -> None:
    cloud.on(DESCRIBE, ABSENT)
    ended = pipeline(cloud, "down", "--confirm", STACK)
    assert ended.status == 0
    assert ended.out == f"There is no stack {STACK} in eu-central-1, so there is nothing to delete.\n"


def test_what_cannot_be_deleted_is_told(cloud: StandIn) -> None:
    ready(cloud, "DELETE_FAILED", event(1, "DeployRole", "DELETE_FAILED", "Cannot delete entity"))
    ended = pipeline(cloud, "down", "--confirm", STACK)
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert "is DELETE_FAILED: not all of it could be deleted." in ended.err
    assert "Cannot delete entity" in ended.out


def test_one_that_is_protected_or_moving_is_left_alone(cloud: StandIn) -> None:
    ready(cloud)
    for found, says in (
        (stack(EnableTerminationProtection=True), "protected against deletion"),
        (stack("UPDATE_IN_PROGRESS"), "is UPDATE_IN_PROGRESS"),
    ):
        cloud.on(DESCRIBE, found)
        ended = pipeline(cloud, "down", "--confirm", STACK)
        assert (ended.status, one_line(ended.err)) == (1, True)
        assert says in ended.err
    assert cloud.asked(DELETE) == []


def test_a_denial_is_named(cloud: StandIn) -> None:
    ready(cloud)
    cloud.on(DELETE, Refusal("AccessDenied", "User: u is not authorized to perform: cloudformation:DeleteStack"))
    assert "AWS denies cloudformation:DeleteStack to u." in pipeline(cloud, "down", "--confirm", STACK).err


def interrupt() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_says_that_it_goes_on_and_the_next_time_it_is_followed(cloud: StandIn) -> None:
    ready(cloud)
    cloud.on(EVENTS, events(), events(event(1, STACK, "DELETE_IN_PROGRESS")))
    ended = pipeline(cloud, "down", "--confirm", STACK, time=Time(interrupt))
    assert ended.status == 130
    assert ended.err == f"\nThe deletion of {STACK} goes on at AWS: `pipeline status` tells how far it is.\n"
    cloud.on(DESCRIBE, stack("DELETE_IN_PROGRESS"), stack("DELETE_COMPLETE"))
    cloud.on(EVENTS, events(event(1, STACK, "DELETE_IN_PROGRESS")), events(event(2, STACK, "DELETE_COMPLETE")))
    ended = pipeline(cloud, "down", "--confirm", STACK)
    assert ended.status == 0
    assert "is being deleted already." in ended.out
    assert len(cloud.asked(DELETE)) == 1


def test_needs_these_rights_and_no_other(request: pytest.FixtureRequest) -> None:
    assert_rights(request, "down")
