"""A CloudFormation stack, as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .errors import AwsFailed, code_of, message_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef

    from .session import Aws


class NoStack(AwsFailed):
    """There is no pipeline here."""

    def __init__(self, name: str, region: str) -> None:
        super().__init__(
            f"There is no stack {name} in {region}. `pipeline up` creates it; --region and --stack name another one."
        )


@dataclass(frozen=True)
class Stack:
    name: str
    id: str
    status: str
    reason: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    protected: bool

    def output(self, name: str) -> str:
        """Return what the stack gives out. Raises AwsFailed where it does not (yet)."""
        if name not in self.outputs:
            raise AwsFailed(
                f"The stack {self.name} ({self.status}) gives no {name}: its creation has not come to an end, or it is "
                "no pipeline. `pipeline status` tells."
            )
        return self.outputs[name]


@dataclass(frozen=True)
class Resource:
    """A part of a stack. `name` is what AWS calls it, and empty before it has one."""

    logical_id: str
    type: str
    name: str
    status: str


def find_stack(aws: Aws, name: str) -> Stack | None:
    """Return the stack of that name, or with that id; by its id also one that was deleted."""
    try:
        found = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return Stack(
        found["StackName"],
        found.get("StackId", name),
        found["StackStatus"],
        found.get("StackStatusReason", ""),
        {given["ParameterKey"]: given.get("ParameterValue", "") for given in found.get("Parameters", [])},
        {output["OutputKey"]: output.get("OutputValue", "") for output in found.get("Outputs", [])},
        found.get("EnableTerminationProtection", False),
    )


def get_stack(aws: Aws, name: str) -> Stack:
    """Return the stack of that name. Raises NoStack."""
    stack = find_stack(aws, name)
    if stack is None:
        raise NoStack(name, aws.region)
    return stack


def resources_of(aws: Aws, stack: Stack) -> list[Resource]:
    """Return what the stack has at the moment."""
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.id)
    resources = [_resource(summary) for page in pages for summary in page["StackResourceSummaries"]]
    return [resource for resource in resources if resource.status != "DELETE_COMPLETE" and resource.logical_id]


def is_missing(error: ClientError) -> bool:
    """Whether an error of CloudFormation says that there is no such stack."""
    return code_of(error) == "ValidationError" and "does not exist" in message_of(error)


def _resource(summary: StackResourceSummaryTypeDef) -> Resource:
    return Resource(
        summary["LogicalResourceId"],
        summary["ResourceType"],
        summary.get("PhysicalResourceId", ""),
        summary["ResourceStatus"],
    )
