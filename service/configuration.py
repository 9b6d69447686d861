"""Where the settings come from: the environment, then `.env` in the working directory, then defaults.

The JSON secret named by AWS_SECRET_ID belongs between `.env` and the defaults; see `_sources`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from .settings import Settings, variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class WrongSettings(Exception):
    """Settings that nothing can be started with. `problems` has a line for each, without any value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Sources(BaseSettings, Settings):
    """The fields of Settings, in the form in which pydantic-settings looks for them."""

    model_config = SettingsConfigDict(
        case_sensitive=True,
        enable_decoding=False,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
    )


def load(defaults: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings once. `defaults` are by variable name, and lose against every source.

    Raises WrongSettings, with every problem at once.
    """
    values: dict[str, Any] = {}
    for source in _read(defaults or {}):
        taken = {name for known in values for name in _names(known)}
        values |= {name: value for name, value in source.items() if name not in taken}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise WrongSettings(list(_problems(error))) from None


def is_set(name: str) -> bool:
    """Whether any source has a variable."""
    return any(name in source for source in _read({}))


def _read(defaults: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    try:
        return list(_sources(defaults))
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings([f".env: it cannot be read: {type(error).__name__}"]) from None


def _sources(defaults: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what each source has, by variable name; the first that has a variable wins."""
    yield EnvSettingsSource(_Sources)()
    yield DotEnvSettingsSource(_Sources)()
    yield defaults


def _names(name: str) -> set[str]:
    """Return a variable's names: AUTH0_AUDIENCE has a second one."""
    for field in Settings.model_fields.values():
        if isinstance(field.validation_alias, AliasChoices):
            names = {str(choice) for choice in field.validation_alias.choices}
            if name in names:
                return names
    return {name}


def _problems(error: ValidationError) -> Iterator[str]:
    rules: dict[str, str | None] = {}
    for name, field in Settings.model_fields.items():
        rules |= dict.fromkeys(_names(variable(name)), field.description)
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(problem["loc"][0])
        message = "it is not set" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
        yield f"{name}: {message[:1].lower()}{message[1:]} (expected: {rules.get(name)})"
