from __future__ import annotations

import pytest

from service.aws.parameters import Declared, WrongParameters, parse, resolve

DECLARED = [
    Declared("Repository", None, description="GitHub's owner/name. Builds come from there."),
    Declared("Branch", "main"),
    Declared("Token", "", hidden=True),
]


def test_what_is_given_wins_then_what_the_stack_had_then_the_default() -> None:
    values = resolve(DECLARED, {"Branch": "next"}, {"Repository": "a/b", "Branch": "old"}, updates=True)
    assert [values[name] for name in ("Repository", "Branch", "Token")] == ["a/b", "next", ""]
    assert values.for_cloudformation() == [
        {"ParameterKey": "Branch", "ParameterValue": "next"},
        {"ParameterKey": "Repository", "UsePreviousValue": True},
    ]


def test_a_default_is_left_to_the_template() -> None:
    values = resolve(DECLARED, {"Repository": "a/b"}, {}, updates=False)
    assert values["Branch"] == "main"
    assert values.for_cloudformation() == [{"ParameterKey": "Repository", "ParameterValue": "a/b"}]


def test_a_stack_that_is_made_anew_is_given_what_the_failed_one_had_unless_it_is_hidden() -> None:
    values = resolve(DECLARED, {}, {"Repository": "a/b", "Token": "****"}, updates=False)
    assert values.for_cloudformation() == [{"ParameterKey": "Repository", "ParameterValue": "a/b"}]


def test_a_hidden_value_is_kept_by_an_update() -> None:
    values = resolve(DECLARED, {"Repository": "a/b"}, {"Token": "****"}, updates=True)
    assert {"ParameterKey": "Token", "UsePreviousValue": True} in values.for_cloudformation()


def test_what_the_template_does_not_ask_for_any_more_is_forgotten() -> None:
    values = resolve(DECLARED, {"Repository": "a/b"}, {"Gone": "x"}, updates=True)
    assert {given["ParameterKey"] for given in values.for_cloudformation()} == {"Repository"}


def test_what_is_missing_is_named_with_what_it_is() -> None:
    with pytest.raises(WrongParameters) as raised:
        resolve(DECLARED, {}, {}, updates=False)
    assert "--parameter Repository=… (Repository: GitHub's owner/name)" in str(raised.value)


def test_what_is_unknown_is_named_with_what_is_known() -> None:
    with pytest.raises(WrongParameters) as raised:
        resolve(DECLARED, {"Brunch": "x"}, {}, updates=True)
    assert str(raised.value) == "The template has no parameter Brunch. It has Branch, Repository, Token."


def test_a_value_may_hold_anything() -> None:
    assert parse(["A=b=c", "B=", "C=d e"]) == {"A": "b=c", "B": "", "C": "d e"}


@pytest.mark.parametrize("pairs", [["secret"], ["=secret"], ["A=1", "A=secret"]])
def test_what_is_no_parameter_is_refused_without_its_value(pairs: list[str]) -> None:
    with pytest.raises(WrongParameters) as raised:
        parse(pairs)
    assert "secret" not in str(raised.value)
