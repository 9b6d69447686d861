"""`pipeline logs`: what a build printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..aws import examples
from ..aws.examples import log
from ..aws.models import Refusal
from ..aws.stand_in import StandIn
from .pipeline_command import assert_rights, built, one_line, pipeline, process

LOG = "logs:GetLogEvents"


def test_prints_the_last_builds_log_in_a_process_of_its_own(cloud: StandIn, tmp_path: Path) -> None:
    built(cloud, examples.build(8), examples.build(7))
    cloud.on(LOG, log("1", "first\n", "second\n"), log("2", "third\n"), log("2"))
    ended = process(cloud, "logs", directory=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "first\nsecond\nthird\n", "")
    assert cloud.asked(LOG)[0]["logStreamName"] == "stream-8"


@pytest.mark.parametrize("name", ["7", examples.build(7)["id"]])
def test_a_build_goes_by_its_number_or_its_id(cloud: StandIn, name: str) -> None:
    built(cloud, examples.build(8), examples.build(7))
    cloud.on(LOG, log("1", "text\n"), log("1"))
    assert pipeline(cloud, "logs", name).out == "text\n"
    assert cloud.asked(LOG)[0]["logStreamName"] == "stream-7"


def test_one_that_is_not_there_is_told(cloud: StandIn) -> None:
    built(cloud, examples.build(8))
    ended = pipeline(cloud, "logs", "99")
    assert (ended.status, one_line(ended.err)) == (1, True)
    assert ended.err.startswith("auth0-api-deploy has no build 99.")


def test_before_the_first_build_there_is_none(cloud: StandIn) -> None:
    built(cloud)
    assert pipeline(cloud, "logs").err == "auth0-api-deploy has not built anything yet.\n"


def test_the_log_of_a_check(cloud: StandIn) -> None:
    built(cloud, examples.build(3, projectName="auth0-api-check"))
    cloud.on(LOG, log("1", "text\n"), log("1"))
    assert pipeline(cloud, "logs", "--project", "check").out == "text\n"


def test_a_check_that_succeeded_says_nothing_of_a_deployment(cloud: StandIn) -> None:
    check = examples.build(3, projectName="auth0-api-check", exportedEnvironmentVariables=[])
    built(cloud, check, then=[check])
    cloud.on(LOG, log("1", "text\n"), log("1"))
    ended = pipeline(cloud, "logs", "--project", "check", "--follow")
    assert ended.status == 0
    assert ended.out.endswith("succeeded in 4m 00s.\n")


def test_following_tells_by_its_status_how_it_ended(cloud: StandIn) -> None:
    running = examples.build(8, "IN_PROGRESS")
    built(cloud, running, then=(running, examples.failed(8)))
    cloud.on(LOG, log("1", "text\n"), log("1"))
    ended = pipeline(cloud, "logs", "--follow")
    assert ended.status == 1
    assert "text\n" in ended.out
    assert "ended as FAILED in phase BUILD" in ended.err


def test_what_a_build_prints_cannot_rule_the_terminal(cloud: StandIn) -> None:
    built(cloud, examples.build(8))
    cloud.on(LOG, log("1", "\x1b[31mred\x1b[0m \x1b]0;title\x07 [bold]not ours[/bold]\n"), log("1"))
    out = pipeline(cloud, "logs").out
    assert "\x1b" not in out
    assert "[bold]not ours[/bold]" in out


def test_a_machine_gets_lines_with_their_times(cloud: StandIn) -> None:
    built(cloud, examples.build(8))
    cloud.on(LOG, log("1", "text\n"), log("1"))
    document = json.loads(pipeline(cloud, "logs", "--json").out)
    assert document["lines"] == [{"time": 1_795_000_000_000, "text": "text"}]
    assert document["build"]["number"] == 8


def test_a_machine_that_follows_gets_the_same_document(cloud: StandIn) -> None:
    running = examples.build(8, "IN_PROGRESS")
    built(cloud, running, then=(running, examples.failed(8)))
    cloud.on(LOG, log("1", "text\n"), log("1"))
    ended = pipeline(cloud, "logs", "--follow", "--json")
    document = json.loads(ended.out)
    assert (ended.status, document["build"]["status"]) == (1, "FAILED")
    assert document["lines"] == [{"time": 1_795_000_000_000, "text": "text"}]


def test_a_denied_log_names_the_right(cloud: StandIn) -> None:
    built(cloud, examples.build(8))
    cloud.on(LOG, Refusal("AccessDeniedException", "User: u is not authorized to perform: logs:GetLogEvents"))
    assert pipeline(cloud, "logs").err.startswith("AWS denies logs:GetLogEvents to u.")


def test_needs_these_rights_and_no_other(request: pytest.FixtureRequest) -> None:
    assert_rights(request, "logs")
