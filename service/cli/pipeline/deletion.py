"""Deleting a stack, and staying until it is gone."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ...aws.errors import AwsFailed
from ...aws.events import EventFeed
from ...aws.stacks import find_stack
from .stack_progress import show_failures, show_progress

if TYPE_CHECKING:
    from rich.console import Console

    from ...aws.session import Aws
    from ...aws.stacks import Stack


def delete(terminal: Console, aws: Aws, stack: Stack) -> None:
    """Delete a stack, or stay while somebody else does. Raises AwsFailed when something of it is left."""
    feed = EventFeed(aws, stack.id)
    if stack.status != "DELETE_IN_PROGRESS":
        aws.cloudformation.delete_stack(StackName=stack.id, ClientRequestToken=f"pipeline-{secrets.token_hex(8)}")
    events = show_progress(terminal, aws, stack.id, feed, f"The deletion of {stack.name}")
    left = find_stack(aws, stack.id)
    if left is not None and left.status != "DELETE_COMPLETE":
        show_failures(terminal, events)
        raise AwsFailed(
            f"The stack {stack.name} is {left.status}: not all of it could be deleted. Remove what stands in the way, "
            "then `pipeline down` again."
        )
