"""What happens to a stack, and what failed first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .states import has_ended

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

    from .session import Aws

# The consequences of another failure, as CloudFormation words them.
_CASCADE = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")
# Where an operation on a stack begins.
_STARTS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})


@dataclass(frozen=True)
class Event:
    id: str
    time: datetime
    logical_id: str
    type: str
    status: str
    reason: str
    of_stack: bool

    @property
    def ends(self) -> bool:
        """Whether it is the end of an operation on the stack."""
        return self.of_stack and has_ended(self.status)

    @property
    def failed(self) -> bool:
        return self.status.endswith("FAILED")


class EventFeed:
    """A stack's events from now on, each once."""

    def __init__(self, aws: Aws, stack_id: str) -> None:
        self._aws = aws
        self._stack_id = stack_id
        self._seen = {event.id for event in _page(aws, stack_id)[0]}

    def new(self) -> list[Event]:
        """Return what was not returned before, the oldest first."""
        found: list[Event] = []
        token: str | None = None
        while True:
            page, token = _page(self._aws, self._stack_id, token)
            fresh = [event for event in page if event.id not in self._seen]
            found += fresh
            # They come newest first.
            if token is None or len(fresh) < len(page):
                break
        self._seen |= {event.id for event in found}
        return found[::-1]


def last_operation(aws: Aws, stack_id: str) -> list[Event]:
    """Return the events of the stack's last operation, the oldest first."""
    found: list[Event] = []
    token: str | None = None
    while True:
        page, token = _page(aws, stack_id, token)
        for event in page:
            found.append(event)
            if event.of_stack and event.status in _STARTS:
                return found[::-1]
        if token is None:
            return found[::-1]


def first_failures(events: Sequence[Event]) -> list[Event]:
    """Return what failed by itself, the oldest first: without the cascade, and without the stack's own summary."""
    failed = [event for event in events if event.failed and not event.of_stack]
    causes = [event for event in failed if not event.reason.startswith(_CASCADE)]
    if not causes:
        # Sometimes the stack alone knows why.
        causes = failed or [event for event in events if event.of_stack and event.reason and event.failed]
    first: dict[str, Event] = {}
    for event in causes:
        # What failed once more, while it was removed, is told once.
        first.setdefault(event.logical_id, event)
    return list(first.values())


def _page(aws: Aws, stack_id: str, token: str | None = None) -> tuple[list[Event], str | None]:
    more = {} if token is None else {"NextToken": token}
    answer = aws.cloudformation.describe_stack_events(StackName=stack_id, **more)
    return [_event(found) for found in answer["StackEvents"]], answer.get("NextToken")


def _event(found: StackEventTypeDef) -> Event:
    return Event(
        found["EventId"],
        found["Timestamp"],
        found.get("LogicalResourceId", ""),
        found.get("ResourceType", ""),
        found.get("ResourceStatus", ""),
        " ".join(found.get("ResourceStatusReason", "").split()),
        found.get("PhysicalResourceId") == found["StackId"],
    )
