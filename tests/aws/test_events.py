from __future__ import annotations

from service.aws.events import Event, EventFeed, first_failures, last_operation

from .examples import STACK, STACK_ID, event, events
from .session import NOW, session
from .stand_in import StandIn


def happened(logical_id: str, status: str, reason: str = "") -> Event:
    return Event("e", NOW, logical_id, "T", status, reason, of_stack=logical_id == STACK)


def test_the_cause_is_told_and_the_cascade_is_not() -> None:
    told = first_failures(
        [
            happened(STACK, "CREATE_IN_PROGRESS", "User Initiated"),
            happened("Role", "CREATE_FAILED", "The name is taken"),
            happened("Deploy", "CREATE_FAILED", "Resource creation cancelled"),
            happened("Check", "CREATE_FAILED", "Invalid source"),
            happened(STACK, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Role, Deploy]."),
            happened("Role", "DELETE_FAILED", "It is in use"),
            happened(STACK, "ROLLBACK_FAILED", "The following resource(s) failed to delete: [Role]."),
        ]
    )
    assert [(failure.logical_id, failure.reason) for failure in told] == [
        ("Role", "The name is taken"),
        ("Check", "Invalid source"),
    ]


def test_what_only_the_stack_knows_is_told() -> None:
    told = first_failures([happened(STACK, "UPDATE_FAILED", "The role cannot be assumed")])
    assert [failure.reason for failure in told] == ["The role cannot be assumed"]
    assert first_failures([happened("Role", "CREATE_COMPLETE")]) == []


def test_the_feed_has_what_happens_from_now_on_each_once(cloud: StandIn) -> None:
    first, second, third = (event(number, "Role", "CREATE_COMPLETE") for number in range(3))
    cloud.on(
        "cloudformation:DescribeStackEvents", events(first), events(first, second, third), events(first, second, third)
    )
    feed = EventFeed(session(cloud.address), STACK_ID)
    assert [found.id for found in feed.new()] == ["event-1", "event-2"]
    assert feed.new() == []


def test_the_feed_reads_on_until_it_finds_what_it_knows(cloud: StandIn) -> None:
    known, *new = (event(number, "Role", "CREATE_COMPLETE") for number in range(4))
    cloud.on(
        "cloudformation:DescribeStackEvents",
        events(known),
        {**events(new[1], new[2]), "NextToken": "more"},
        {**events(known, new[0]), "NextToken": "even more"},
    )
    feed = EventFeed(session(cloud.address), STACK_ID)
    assert [found.id for found in feed.new()] == ["event-1", "event-2", "event-3"]
    assert len(cloud.requests) == 3


def test_the_last_operation_is_known_from_its_beginning(cloud: StandIn) -> None:
    cloud.on(
        "cloudformation:DescribeStackEvents",
        {
            **events(event(4, "Role", "UPDATE_FAILED", "no"), event(5, STACK, "UPDATE_ROLLBACK_COMPLETE")),
            "NextToken": "n",
        },
        events(event(1, "Role", "CREATE_FAILED", "long ago"), event(3, STACK, "UPDATE_IN_PROGRESS")),
    )
    found = last_operation(session(cloud.address), STACK_ID)
    assert [happening.id for happening in found] == ["event-3", "event-4", "event-5"]
