"""What the template asks for, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef


class WrongParameters(UnusableInput):
    """What was given is not what the template asks for."""


@dataclass(frozen=True)
class Declared:
    """A parameter of the template. `default` is None where it has to be given; `hidden` values are never shown."""

    name: str
    default: str | None
    hidden: bool = False
    description: str = ""


@dataclass(frozen=True)
class Values:
    """What the stack is going to be told. `kept` are left as they are, and known where they are not hidden."""

    given: Mapping[str, str]
    kept: Mapping[str, str]
    defaults: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Return a value, empty where there is none."""
        return {**self.defaults, **self.kept, **self.given}.get(name, "")

    def for_cloudformation(self) -> list[ParameterTypeDef]:
        """Return the values as a change set takes them; defaults stay the template's."""
        given: list[ParameterTypeDef] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in self.given.items()
        ]
        kept: list[ParameterTypeDef] = [{"ParameterKey": name, "UsePreviousValue": True} for name in self.kept]
        return given + kept


def parse(pairs: Sequence[str]) -> dict[str, str]:
    """Read `KEY=VALUE`, each name once. Raises WrongParameters, which never repeats a value."""
    values: dict[str, str] = {}
    for number, pair in enumerate(pairs, 1):
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise WrongParameters(f"--parameter number {number} is not KEY=VALUE.")
        if name in values:
            raise WrongParameters(f"--parameter {name} is given twice.")
        values[name] = value
    return values


def resolve(
    declared: Sequence[Declared], given: Mapping[str, str], previous: Mapping[str, str], *, updates: bool
) -> Values:
    """Return what the stack is going to be told: what is given, else what it had, else the template's default.

    Where it `updates` no stack, what a failed one had is given once more. Raises WrongParameters.
    """
    known = {parameter.name for parameter in declared}
    unknown = sorted(given.keys() - known)
    if unknown:
        raise WrongParameters(f"The template has no parameter {', '.join(unknown)}. It has {', '.join(sorted(known))}.")
    rest = [parameter for parameter in declared if parameter.name not in given]
    had = [parameter for parameter in rest if parameter.name in previous and (updates or not parameter.hidden)]
    missing = [parameter for parameter in rest if parameter not in had and parameter.default is None]
    if missing:
        options = " ".join(f"--parameter {parameter.name}=…" for parameter in missing)
        # The first sentence of each is enough to know what it wants.
        what = "; ".join(
            f"{parameter.name}: {parameter.description.split('. ')[0].rstrip('.')}"
            for parameter in missing
            if parameter.description
        )
        raise WrongParameters(f"The template needs more: {options}{f' ({what})' if what else ''}")
    kept = {parameter.name: previous[parameter.name] for parameter in had}
    defaults = {parameter.name: parameter.default for parameter in rest if parameter.default is not None}
    if updates:
        return Values(dict(given), kept, defaults)
    return Values({**kept, **given}, {}, defaults)
