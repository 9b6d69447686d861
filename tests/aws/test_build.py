from __future__ import annotations

from typing import Any

import pytest

from service.aws.build import read_build, what_is_rolling, what_runs

from . import examples
from .examples import commit, image, variables
from .session import NOW, ago


def read(number: int, status: str = "SUCCEEDED", **override: Any):
    found: Any = examples.build(number, status, **override)
    return read_build(found)


def exporting(number: int, **values: str):
    return read(number, exportedEnvironmentVariables=variables(values))


def test_the_last_deployment_that_succeeded_is_what_runs() -> None:
    failed: Any = examples.failed(5)
    builds = [
        read(6, "IN_PROGRESS"),
        read_build(failed),
        # Something newer ran already, or nothing was told.
        exporting(4, COMMIT=commit(4), IMAGE=image(4), DEPLOYED="no"),
        exporting(3, COMMIT=commit(3)),
        read(2),
        read(1),
    ]
    deployed = what_runs(builds)
    assert deployed is not None
    assert (deployed.commit, deployed.image, deployed.build.number) == (commit(2), image(2), 2)
    assert [build.number for build in what_is_rolling(builds)] == [6]


def test_of_builds_that_overlap_the_last_to_end_is_what_runs() -> None:
    deployed = what_runs([read(10, endTime=ago(30)), read(9, endTime=ago(20)), read(8, endTime=ago(40))])
    assert deployed is not None
    assert (deployed.commit, deployed.build.number) == (commit(9), 9)


def test_where_no_end_is_told_the_newest_deployment_is_what_runs() -> None:
    found: list[Any] = [examples.build(number) for number in (3, 2)]
    for one in found:
        del one["endTime"]
    deployed = what_runs([read_build(one) for one in found])
    assert deployed is not None
    assert deployed.build.number == 3


def test_nothing_runs_before_the_first_deployment() -> None:
    assert what_runs([read(1, "STOPPED")]) is None


def test_a_rollback_is_of_the_commit_that_it_goes_to() -> None:
    environment = {**examples.build(1)["environment"]}
    environment["environmentVariables"] = variables({"ROLLBACK_IMAGE": image(3), "ROLLBACK_COMMIT": commit(3)})
    build = read(9, "IN_PROGRESS", environment=environment, initiator="deployer/alice")
    assert (build.commit, build.started_by) == (commit(3), "rollback by alice")


@pytest.mark.parametrize("told", ["main", "--all", commit(3)[:39], commit(3).upper(), f"{commit(3)}\n", ""])
def test_what_is_no_commit_is_not_taken_for_one(told: str) -> None:
    environment = {**examples.build(1)["environment"]}
    environment["environmentVariables"] = variables({"ROLLBACK_IMAGE": image(3), "ROLLBACK_COMMIT": told})
    assert read(9, environment=environment).commit == ""
    exported = variables({"COMMIT": told, "IMAGE": image(3), "DEPLOYED": "yes"})
    build = read(9, exportedEnvironmentVariables=exported, resolvedSourceVersion=told, sourceVersion=told)
    assert build.commit == ""
    assert build.made is None
    # What was resolved is a commit, whatever the build says of itself.
    assert read(9, exportedEnvironmentVariables=exported).commit == commit(9)


@pytest.mark.parametrize(
    ("initiator", "version", "told"),
    [
        ("GitHub-Hookshot/0123abc", "main", "GitHub"),
        ("GitHub-Hookshot/0123abc", "pr/17", "GitHub, pr/17"),
        ("AWSReservedSSO_Admin_0123/alice@example.com", "main", "alice@example.com"),
        ("alice", "main", "alice"),
        ("", "main", "nobody"),
    ],
)
def test_who_started_it_is_told_in_short(initiator: str, version: str, told: str) -> None:
    assert read(1, initiator=initiator, sourceVersion=version).started_by == told


def test_the_first_phase_that_failed_says_why() -> None:
    found: Any = examples.failed(
        1, "PRE_BUILD", "Error while executing command:\n uv run pytest. Reason: exit status 1"
    )
    failure = read_build(found).failure
    assert failure is not None
    assert failure.name == "PRE_BUILD"
    assert failure.messages == (
        "COMMAND_EXECUTION_ERROR Error while executing command: uv run pytest. Reason: exit status 1",
    )


def test_a_build_that_is_queued_has_neither_commit_nor_log() -> None:
    queued: Any = {"id": "p:1", "buildNumber": 1, "buildStatus": "IN_PROGRESS", "logs": {"deepLink": "https://…"}}
    build = read_build(queued)
    assert (build.commit, build.log, build.failure, build.seconds(NOW.timestamp())) == ("", None, None, 0)


def test_how_long_it_took_counts_on_while_it_runs() -> None:
    assert read(50).seconds(NOW.timestamp()) == 240
    assert read(50, "IN_PROGRESS").seconds(NOW.timestamp()) == 3000
