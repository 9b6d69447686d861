from __future__ import annotations

import pytest

from service.aws.errors import AwsFailed
from service.aws.stacks import NoStack, find_stack, get_stack, resources_of

from . import examples
from .models import Refusal
from .session import session
from .stand_in import StandIn

DESCRIBE = "cloudformation:DescribeStacks"


def test_throttling_is_waited_out(cloud: StandIn) -> None:
    cloud.on(DESCRIBE, Refusal("Throttling", "Rate exceeded"), examples.stack())
    assert get_stack(session(cloud.address), examples.STACK).status == "CREATE_COMPLETE"
    assert len(cloud.requests) == 2


def test_a_stack_that_is_not_there_is_none_and_any_other_refusal_is_raised(cloud: StandIn) -> None:
    cloud.on(
        DESCRIBE,
        Refusal("ValidationError", "Stack with id s does not exist"),
        Refusal("ValidationError", "Stack with id s does not exist"),
        Refusal("AccessDenied"),
    )
    connected = session(cloud.address)
    assert find_stack(connected, "s") is None
    with pytest.raises(NoStack, match="There is no stack s in eu-central-1"):
        get_stack(connected, "s")
    with pytest.raises(connected.cloudformation.exceptions.ClientError):
        find_stack(connected, "s")


def test_an_output_that_is_not_there_is_named(cloud: StandIn) -> None:
    cloud.on(DESCRIBE, examples.stack("CREATE_IN_PROGRESS", outputs={}))
    with pytest.raises(AwsFailed, match=r"\(CREATE_IN_PROGRESS\) gives no DeployProject"):
        get_stack(session(cloud.address), examples.STACK).output("DeployProject")


def test_what_was_deleted_is_no_part_any_more(cloud: StandIn) -> None:
    cloud.on(DESCRIBE, examples.stack())
    parts = [
        {
            "LogicalResourceId": name,
            "ResourceType": "T",
            "ResourceStatus": status,
            "LastUpdatedTimestamp": examples.ago(1),
        }
        for name, status in (("A", "CREATE_COMPLETE"), ("B", "DELETE_COMPLETE"))
    ]
    cloud.on("cloudformation:ListStackResources", {"StackResourceSummaries": parts})
    connected = session(cloud.address)
    found = resources_of(connected, get_stack(connected, examples.STACK))
    assert [part.logical_id for part in found] == ["A"]
