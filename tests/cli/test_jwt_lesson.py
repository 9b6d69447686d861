from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.jwt.lesson import tell
from service.practice.lesson import lesson

from ..processes import run
from ..tenant import NOW
from ..terminals import terminal


def test_runs_through_in_a_pipe(tmp_path: Path) -> None:
    ended = run("jwt", "lesson", directory=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Press Enter" not in ended.stdout
    assert "\x1b" not in ended.stdout
    assert ended.stdout.count("The service's verdict: refused") == 4
    for told in ("never store sensitive data in a JWT", "RS256 taken for HS256", "python-jose 3.", "/tabs/user-page"):
        assert told in ended.stdout


def test_waits_for_enter_in_a_terminal(tmp_path: Path) -> None:
    with terminal("jwt", "lesson", directory=tmp_path) as shown:
        for number in range(1, 7):
            shown.wait_for(f"{number}/6")
            shown.wait_for("Press Enter")
            assert f"{number + 1}/6" not in shown.shown
            shown.shown = ""
            # Somebody who has seen enough ends the input instead.
            shown.type("\n" if number < 3 else "\x04")
            if number == 3:
                break
        assert shown.close() == 0
    assert "6/6" in shown.shown
    assert "Press Enter" not in shown.shown


async def test_a_step_that_ends_as_it_must_not_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    steps = await lesson(NOW)
    assert tell(steps) == 0
    assert tell([steps[0]._replace(refused_for="time"), *steps[1:]]) == 1
    assert "Encode" in capsys.readouterr().err
