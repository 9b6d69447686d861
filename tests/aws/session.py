"""A session whose AWS is on this machine, and whose time passes only when it pauses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import botocore.session

from service.aws.session import Aws

from ..aws_server import REGION

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Time:
    """`paused` has the length of each pause. `during` happens in every one of them."""

    def __init__(self, during: Callable[[], None] = lambda: None) -> None:
        self._now = NOW.timestamp()
        self._during = during
        self.paused: list[float] = []

    def now(self) -> float:
        return self._now

    def pause(self, seconds: float) -> None:
        assert len(self.paused) < 100, "it waits for ever"
        self.paused.append(seconds)
        self._now += seconds
        self._during()


def session(address: str, time: Time | None = None) -> Aws:
    time = time or Time()
    return Aws(_session(), time.now, time.pause, address)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@functools.cache
def _session() -> boto3.Session:
    # One for all: it reads each service's model once.
    session = botocore.session.Session()
    for variable in ("config_file", "credentials_file"):
        session.set_config_variable(variable, "/dev/null")
    return boto3.Session("AKIDEXAMPLE", "not-a-secret", region_name=REGION, botocore_session=session)
