from __future__ import annotations

from service.aws.events import EventFeed
from service.aws.follow_stack import follow_stack

from .examples import STACK, STACK_ID, event, events, stack
from .models import Refusal
from .session import Time, session
from .stand_in import StandIn

EVENTS = "cloudformation:DescribeStackEvents"
GONE = Refusal("ValidationError", f"Stack with id {STACK_ID} does not exist")


def follow(cloud: StandIn, time: Time) -> list[str]:
    connected = session(cloud.address, time)
    return [found.status for found in follow_stack(connected, STACK_ID, EventFeed(connected, STACK_ID))]


def test_goes_on_while_the_status_is_still_the_one_from_before(cloud: StandIn) -> None:
    before = [event(1, STACK, "CREATE_IN_PROGRESS"), event(2, STACK, "CREATE_COMPLETE")]
    begun = [*before, event(3, STACK, "UPDATE_IN_PROGRESS")]
    ended = [*begun, event(4, STACK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), event(5, STACK, "UPDATE_COMPLETE")]
    cloud.on(EVENTS, events(*before), events(*before), events(*begun), events(*ended))
    cloud.on("cloudformation:DescribeStacks", stack("CREATE_COMPLETE"))
    time = Time()
    assert follow(cloud, time)[0] == "UPDATE_IN_PROGRESS"
    assert time.paused == [2.0, 2.0]


def test_ends_for_a_stack_that_leaves_nothing_behind(cloud: StandIn) -> None:
    cloud.on(EVENTS, events(event(1, STACK, "REVIEW_IN_PROGRESS")), GONE)
    assert follow(cloud, Time()) == []


def test_ends_when_the_stack_is_gone_without_a_word(cloud: StandIn) -> None:
    cloud.on(EVENTS, events(event(1, STACK, "DELETE_IN_PROGRESS")))
    cloud.on("cloudformation:DescribeStacks", stack("DELETE_IN_PROGRESS"), stack("DELETE_COMPLETE"))
    assert follow(cloud, Time()) == []


def test_ends_for_an_operation_that_had_ended_before(cloud: StandIn) -> None:
    cloud.on(EVENTS, events(event(1, STACK, "DELETE_FAILED")))
    cloud.on("cloudformation:DescribeStacks", stack("DELETE_FAILED"))
    time = Time()
    assert follow(cloud, time) == []
    assert len(time.paused) == 2
