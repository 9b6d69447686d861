"""A build's log, and staying until the build has ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ..plain_text import plain
from .builds import get_build
from .errors import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef

    from .build import Build, LogPlace, Phase
    from .session import Aws

# Seconds between two looks at a build and its log.
_INTERVAL = 2.0

# Colours. They are left out, and every other sequence is shown as what it is.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Line:
    """`time` is in milliseconds since the epoch."""

    time: int
    text: str


class BuildLog:
    """A build's log from its beginning, read on where it was left."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._token: str | None = None

    def new(self, place: LogPlace | None) -> Iterator[Line]:
        """Yield what was not yielded before. There is nothing before the build has a place for it."""
        while place is not None:
            request: GetLogEventsRequestTypeDef = {
                "logGroupName": place.group,
                "logStreamName": place.stream,
                "startFromHead": True,
            }
            if self._token is not None:
                request["nextToken"] = self._token
            try:
                answer = self._aws.logs.get_log_events(**request)
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    return
                raise
            for event in answer["events"]:
                for text in _lines(event.get("message", "")):
                    yield Line(event.get("timestamp", 0), text)
            # The end is where the token stays the same; an empty page alone is not the end.
            if answer["nextForwardToken"] == self._token:
                return
            self._token = answer["nextForwardToken"]


def follow_build(aws: Aws, build: Build) -> Iterator[Line | Phase | Build]:
    """Yield the log and the phases of a build as they come, and at last the build as it ended."""
    log = BuildLog(aws)
    begun: set[str] = set()
    while True:
        # Asked for before the log is read, so that what a build says at its end is not missed.
        build = get_build(aws, build.id)
        for phase in build.phases:
            if phase.name not in begun:
                begun.add(phase.name)
                yield phase
        yield from log.new(build.log)
        if not build.running:
            break
        aws.pause(_INTERVAL)
    # CloudWatch is some seconds behind.
    aws.pause(_INTERVAL)
    yield from log.new(build.log)
    yield build


def _lines(message: str) -> Iterator[str]:
    """Yield a message's lines, harmless for a terminal."""
    for line in re.split(r"\r\n|\n|\r", _COLOUR.sub("", message).rstrip("\r\n")):
        yield plain(line.expandtabs())
