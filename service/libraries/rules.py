"""A rule for each variable: what has to work, and what is expected."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Rule(NamedTuple):
    """`check` raises ValueError, whose words are shown, or OSError for a value that is wrong."""

    check: Callable[[str], object]
    expected: str


def problems(rules: Mapping[str, Rule], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each variable that breaks its rule. Empty ones are not set."""
    for name, rule in rules.items():
        if value := environment.get(name):
            try:
                rule.check(value)
            except OSError as error:
                yield problem(name, error.strerror or type(error).__name__, rule.expected)
            except ValueError as error:
                yield problem(name, str(error), rule.expected)


def problem(name: str, what: str, expected: str) -> str:
    return f"{name}: {what[:1].lower()}{what[1:]} (expected: {expected})"


def whole_number(least: int) -> Callable[[str], object]:
    def check(value: str) -> None:
        try:
            number = int(value)
        except ValueError:
            raise ValueError("it is not a whole number") from None
        if number < least:
            raise ValueError(f"it is less than {least}")

    return check


def number_between(least: float, most: float, *, least_excluded: bool = False) -> Callable[[str], object]:
    def check(value: str) -> None:
        try:
            number = float(value)
        except ValueError:
            raise ValueError("it is not a number") from None
        if not (least <= number <= most and math.isfinite(number)) or (least_excluded and number == least):
            raise ValueError("it is out of range")

    return check


def one_of(*names: str) -> Callable[[str], object]:
    def check(value: str) -> None:
        if value.strip().lower() not in names:
            raise ValueError("it is none of those that are known")

    return check


def readable_file(value: str) -> None:
    with open(value, "rb") as file:
        file.read(1)


def existing_path(value: str) -> None:
    os.stat(value)
