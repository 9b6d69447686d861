from __future__ import annotations

from typing import Any

import pytest

from service.aws.build import Build, LogPlace, Phase, read_build
from service.aws.build_log import BuildLog, Line, follow_build

from . import examples
from .examples import log
from .models import Refusal
from .session import Time, session
from .stand_in import StandIn

LOG = "logs:GetLogEvents"
PLACE = LogPlace("group", "stream")


def texts(found: Any) -> list[str]:
    return [line.text for line in found if isinstance(line, Line)]


def test_reads_on_where_it_was_left_until_the_token_stays(cloud: StandIn) -> None:
    # An empty page is not the end.
    cloud.on(LOG, log("1", "a\n"), log("2"), log("3", "b\n"), log("3"), log("4", "c\n"), log("4"))
    read = BuildLog(session(cloud.address))
    assert texts(read.new(PLACE)) == ["a", "b"]
    assert texts(read.new(PLACE)) == ["c"]
    assert [asked.get("nextToken") for asked in cloud.asked(LOG)] == [None, "f/1", "f/2", "f/3", "f/3", "f/4"]


def test_there_is_nothing_before_there_is_a_log(cloud: StandIn) -> None:
    cloud.on(LOG, Refusal("ResourceNotFoundException", "The specified log stream does not exist."))
    read = BuildLog(session(cloud.address))
    assert texts(read.new(None)) == []
    assert texts(read.new(PLACE)) == []


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("\x1b[32mok\x1b[0m\n", ["ok"]),
        ("10%\r20%\r\nnext\n", ["10%", "20%", "next"]),
        ("\x1b[2J\x1b]0;title\x07", ["\\u001b[2J\\u001b]0;title\\u0007"]),
        ("a\tb\n", ["a       b"]),
        ("\n", [""]),
    ],
)
def test_a_log_is_harmless_for_a_terminal(cloud: StandIn, message: str, lines: list[str]) -> None:
    cloud.on(LOG, log("1", message), log("1"))
    assert texts(BuildLog(session(cloud.address)).new(PLACE)) == lines


def test_a_build_is_followed_with_its_phases_to_the_last_late_line(cloud: StandIn) -> None:
    running: Any = examples.build(7, "IN_PROGRESS")
    queued = {**running, "phases": running["phases"][:1], "logs": {}}
    cloud.on("codebuild:BatchGetBuilds", *({"builds": [found]} for found in (queued, running, examples.build(7))))
    cloud.on(LOG, log("1", "one"), log("1"), log("1"), log("2", "two"), log("2"))
    time = Time()
    seen = list(follow_build(session(cloud.address, time), read_build(queued)))
    told = [
        item.name if isinstance(item, Phase) else item.text if isinstance(item, Line) else item.status for item in seen
    ]
    assert told == ["SUBMITTED", "BUILD", "one", "two", "SUCCEEDED"]
    assert isinstance(seen[-1], Build)
    assert time.paused == [2.0, 2.0, 2.0]
