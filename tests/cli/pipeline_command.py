"""`pipeline` in this process with real boto3 over HTTP, where many runs cost less than one process."""

from __future__ import annotations

import argparse
import contextlib
import io
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from service.aws.actions import ACTIONS
from service.cli import CommandFailed, WrongUsage
from service.cli.pipeline import answer
from service.cli.pipeline.parser import add_parser

from ..aws.examples import stack
from ..aws.session import Time, session
from ..aws.stand_in import RECORDED, StandIn
from ..aws_server import environment as aws_environment
from ..processes import run


class Ended(NamedTuple):
    status: int
    out: str
    err: str


def pipeline(cloud: StandIn, *arguments: str, typed: str = "", time: Time | None = None) -> Ended:
    """Run `python -m service pipeline …` against the stand-in; `typed` is what a person answers."""
    cloud.command = arguments[0]
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]), _standard_input(typed):
        try:
            status = answer(parse(*arguments), session(cloud.address, time))
        except (CommandFailed, WrongUsage) as error:
            sys.stderr.write(f"{error}\n")
            status = 1 if isinstance(error, CommandFailed) else 2
        except KeyboardInterrupt:
            status = 130
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    return Ended(status, out, err)


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(dest="command"))
    return parser.parse_args(["pipeline", *arguments])


def built(cloud: StandIn, *builds: dict[str, Any], then: Sequence[dict[str, Any]] = (), projects: int = 1) -> None:
    """The stack is there, and its projects have these builds, the newest first. `then` is how a build that is followed
    goes on, each time that it is looked at after the builds of `projects` were asked for."""
    cloud.on("cloudformation:DescribeStacks", stack())
    by_id = {one["id"]: one for one in builds}

    def ids(asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"ids": [one["id"] for one in builds if one["projectName"] == asked["projectName"]]}

    def found(asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"builds": [by_id[one] for one in asked["ids"] if one in by_id]}

    cloud.on("codebuild:ListBuildsForProject", ids)
    cloud.on("codebuild:BatchGetBuilds", *([found] * projects if builds else []), *({"builds": [one]} for one in then))


def process(
    cloud: StandIn, *arguments: str, directory: Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it as a person does, in a process of its own."""
    cloud.command = arguments[0]
    found = {**aws_environment(cloud.address, directory), **environment}
    return run("pipeline", *arguments, directory=directory, stdin=stdin, **found)


def one_line(text: str) -> bool:
    """Whether an error is told as it has to be."""
    return text.count("\n") == 1 and text.endswith("\n") and "Traceback" not in text


def assert_rights(request: pytest.FixtureRequest, command: str) -> None:
    """Fail unless all tests of this module together asked for just what the command's rights allow."""
    written = {name for name in vars(request.module) if name.startswith("test_")}
    ran = {getattr(item, "originalname", "") for item in request.session.items if item.path == request.path}
    if not written <= ran:
        pytest.skip("only all tests of this file together need every right")
    assert set(ACTIONS[command]) == RECORDED[command]


@contextlib.contextmanager
def _standard_input(text: str) -> Iterator[None]:
    """As contextlib.redirect_stdout does it for the other side."""
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before
