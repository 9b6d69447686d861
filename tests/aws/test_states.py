from __future__ import annotations

import pytest

from service.aws.states import has_ended, state_of, succeeded

from .models import operation

STATUSES = operation("cloudformation", "DescribeStacks").service_model.shape_for("StackStatus").enum  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", STATUSES)
def test_every_state_of_cloudformation_has_its_meaning_and_a_way_on(status: str) -> None:
    state = state_of(status, "pipe")
    assert "new word" not in state.meaning
    assert state.meaning.endswith(".")
    # Whoever cannot go on is told how to.
    assert bool(state.advice) == (state.kind not in ("ready", "gone"))
    assert "{" not in state.advice


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_in_progress_has_not_ended(status: str) -> None:
    assert has_ended(status) == (not status.endswith("IN_PROGRESS"))
    if succeeded(status):
        assert state_of(status, "pipe").kind == "ready"


@pytest.mark.parametrize("status", [status for status in STATUSES if status.endswith("FAILED")])
def test_what_failed_to_be_undone_is_stuck(status: str) -> None:
    assert state_of(status, "pipe").kind == "stuck"


def test_advice_names_the_stack_where_it_is_needed() -> None:
    assert "--stack-name pipe`" in state_of("UPDATE_ROLLBACK_FAILED", "pipe").advice


def test_a_state_that_is_new_is_left_alone() -> None:
    assert state_of("PONDERING", "pipe").kind == "moving"
