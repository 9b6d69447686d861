"""Staying until a stack's operation has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .stacks import find_stack, is_missing
from .states import has_ended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .events import Event, EventFeed
    from .session import Aws

# Seconds between two looks at a stack.
_INTERVAL = 2.0
# So many looks without an event: then the status is to be believed.
_QUIET = 3


def follow_stack(aws: Aws, stack_id: str, feed: EventFeed) -> Iterator[Event]:
    """Yield events as they come, until the operation has ended that began after `feed` was opened.

    The events tell it and not the stack's status, which for a moment is still the one from before.
    """
    quiet = 0
    while True:
        try:
            events = feed.new()
        except ClientError as error:
            # A stack that had nothing leaves nothing behind, not even events.
            if is_missing(error):
                return
            raise
        yield from events
        if any(event.ends for event in events):
            return
        quiet = 0 if events else quiet + 1
        if quiet:
            stack = find_stack(aws, stack_id)
            if stack is None or stack.status == "DELETE_COMPLETE":
                return
            # It had ended before the feed was opened.
            if quiet >= _QUIET and has_ended(stack.status):
                return
        aws.pause(_INTERVAL)
