"""Change sets: what would be done to a stack, before it is."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .changes import ChangeSet, read_change
from .errors import AwsFailed, code_of
from .parameters import Declared
from .stacks import find_stack, is_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

    from .session import Aws

# Seconds between two looks at a change set that is being made.
_INTERVAL = 1.0

_NOTHING = ("didn't contain changes", "No updates are to be performed")


def declared_parameters(aws: Aws, template: str) -> list[Declared]:
    """Ask CloudFormation what a template's parameters are."""
    summary = aws.cloudformation.get_template_summary(TemplateBody=template)
    return [
        Declared(
            found["ParameterKey"],
            found.get("DefaultValue"),
            found.get("NoEcho", False),
            found.get("Description", ""),
        )
        for found in summary.get("Parameters", [])
    ]


def begin_change_set(
    aws: Aws, name: str, template: str, parameters: Sequence[ParameterTypeDef], *, creates: bool
) -> ChangeSet:
    """Have a change set made for the stack of that name. It has no changes yet: `read_change_set` waits for them."""
    # The token makes a repeated request one and the same: botocore repeats what it got no answer to.
    token = f"pipeline-{secrets.token_hex(8)}"
    made = aws.cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=token,
        ClientToken=token,
        ChangeSetType="CREATE" if creates else "UPDATE",
        TemplateBody=template,
        Parameters=parameters,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    )
    return ChangeSet(made["Id"], made["StackId"], ())


def read_change_set(aws: Aws, begun: ChangeSet) -> ChangeSet | None:
    """Wait until it is made, and return it; None when nothing would change. Raises AwsFailed when it cannot be made."""
    while True:
        found = aws.cloudformation.describe_change_set(ChangeSetName=begun.id)
        if found["Status"] == "CREATE_COMPLETE":
            break
        if found["Status"] == "FAILED":
            reason = found.get("StatusReason", "")
            if any(text in reason for text in _NOTHING):
                return None
            raise AwsFailed(f"The change cannot be made: {' '.join([reason, *_early_failures(aws, begun, reason)])}")
        aws.pause(_INTERVAL)
    changes = [*found.get("Changes", [])]
    while "NextToken" in found:
        found = aws.cloudformation.describe_change_set(ChangeSetName=begun.id, NextToken=found["NextToken"])
        changes += found.get("Changes", [])
    read = [read_change(change["ResourceChange"]) for change in changes if "ResourceChange" in change]
    return ChangeSet(begun.id, begun.stack_id, tuple(read))


def execute(aws: Aws, change_set: ChangeSet) -> None:
    aws.cloudformation.execute_change_set(
        ChangeSetName=change_set.id,
        ClientRequestToken=f"pipeline-{secrets.token_hex(8)}",
        # Undoing removes what this change created, also what is kept for ever once it is there.
        RetainExceptOnCreate=True,
    )


def discard(aws: Aws, change_set: ChangeSet, *, with_stack: bool) -> None:
    """Delete a change set; `with_stack` also the empty stack that a first change set leaves behind."""
    aws.cloudformation.delete_change_set(ChangeSetName=change_set.id)
    if with_stack:
        stack = find_stack(aws, change_set.stack_id)
        # Somebody else may have created it meanwhile.
        if stack is not None and stack.status == "REVIEW_IN_PROGRESS":
            aws.cloudformation.delete_stack(StackName=stack.id)


def _early_failures(aws: Aws, change_set: ChangeSet, reason: str) -> list[str]:
    """Return what CloudFormation found wrong with the template's resources before it touched any."""
    if "EarlyValidation" not in reason:
        return []
    try:
        answer = aws.cloudformation.describe_events(ChangeSetName=change_set.id, Filters={"FailedEvents": True})
    except ClientError as error:
        if code_of(error).startswith("AccessDenied") or is_missing(error):
            return []
        raise
    return [
        f"{event.get('LogicalResourceId', '')}: {event['ValidationStatusReason']}"
        for event in answer.get("OperationEvents", [])
        if event.get("ValidationStatusReason")
    ]
