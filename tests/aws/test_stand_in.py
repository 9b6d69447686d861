"""The stand-in cannot answer what AWS could not."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from service.aws.actions import ACTIONS

from . import examples
from .models import Refusal, check, operation
from .session import NOW, session
from .stand_in import StandIn, stand_in


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("cloudformation:DescribeStacks", {"Stacks": [{"StackState": "x"}]}),
        ("cloudformation:DescribeStacks", {"Stacks": [{"StackStatus": "FINE"}]}),
        ("cloudformation:DescribeStacks", {"Stacks": [{"EnableTerminationProtection": "false"}]}),
        ("cloudformation:DescribeStacks", {"Stacks": {"StackStatus": "CREATE_COMPLETE"}}),
        ("cloudformation:DeleteStack", {"StackId": "x"}),
        ("codebuild:BatchGetBuilds", {"builds": [{"buildNumber": "1"}]}),
        ("codebuild:BatchGetBuilds", {"builds": [{"buildNumber": True}]}),
        ("logs:GetLogEvents", {"events": [{"timestamp": NOW}]}),
        ("ecr:DescribeImages", {"imageDetails": [{"imagePushedAt": 1}]}),
        ("ecr:DescribeImages", Refusal("NoSuchImage")),
    ],
)
def test_refuses_an_answer_that_the_model_does_not_have(action: str, answer: Any) -> None:
    with pytest.raises(AssertionError):
        check(*action.split(":"), answer)


def test_an_answer_arrives_as_it_was_scripted(cloud: StandIn) -> None:
    cloud.on("cloudformation:DescribeStacks", examples.stack(Description="<&>", EnableTerminationProtection=True))
    cloud.on("codebuild:BatchGetBuilds", {"builds": [examples.build(1)]})
    cloud.on("eks:DescribeCluster", examples.cluster())
    connected = session(cloud.address)
    stack = connected.cloudformation.describe_stacks(StackName="s")["Stacks"][0]
    assert stack == examples.stack(Description="<&>", EnableTerminationProtection=True)["Stacks"][0]
    assert connected.codebuild.batch_get_builds(ids=["x"])["builds"] == [examples.build(1)]
    assert connected.eks.describe_cluster(name="a")["cluster"] == examples.cluster()["cluster"]
    assert cloud.requests[2].parameters == {"name": "a"}


def test_what_has_no_script_fails_the_test() -> None:
    def ask_for_what_has_none() -> None:
        with stand_in() as standing, contextlib.suppress(ClientError):
            session(standing.address).eks.describe_cluster(name="a")

    with pytest.raises(AssertionError, match="DescribeCluster"):
        ask_for_what_has_none()


def test_every_right_is_of_an_operation_that_there_is() -> None:
    for actions in ACTIONS.values():
        assert list(actions) == sorted(set(actions), key=actions.index)
        for action in actions:
            operation(*action.split(":"))
