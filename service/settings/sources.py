"""Where the settings come from: the environment, then `.env` in the working directory, then the JSON secret in AWS
Secrets Manager that AWS_SECRET_ID names, then defaults."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from ..libraries.aws import aws_problems
from ..libraries.uses import Uses
from ..plain_text import one_line
from ..setting_text import elements, is_blank, tidy, tidy_value
from .model import Settings, variable
from .verification import VerificationSettings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pydantic_core import ErrorDetails


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


class _SecretId(BaseSettings):
    """Which secret there is, if any. It is no setting of the service: nothing else needs it."""

    model_config = SettingsConfigDict(
        case_sensitive=True, env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore"
    )

    secret_id: str | None = Field(None, validation_alias="AWS_SECRET_ID")

    @field_validator("secret_id", mode="before")
    @classmethod
    def _tidied(cls, value: Any) -> Any:
        return None if is_blank(value) else tidy_value(value)


def load(defaults: Mapping[str, Any] | None = None, uses: Uses | None = None) -> Settings:
    """Read the settings once. `defaults` are by variable name, and lose against every source. `uses` tells what the
    command needs of libraries, whose own variables are checked with the rest.

    Raises WrongSettings, with every problem at once.
    """
    return _load(Settings, defaults or {}, None, uses or Uses())


def load_verification(
    only: Collection[str], defaults: Mapping[str, Any] | None = None, uses: Uses | None = None
) -> VerificationSettings:
    """Read what a token is verified by, as far as it is used: `only` names the variables; others are neither missed
    nor looked at. Raises WrongSettings, with every problem at once."""
    return _load(VerificationSettings, defaults or {}, only, uses or Uses())


Model = TypeVar("Model", bound=VerificationSettings)


def _load(model: type[Model], defaults: Mapping[str, Any], only: Collection[str] | None, uses: Uses) -> Model:
    values: dict[str, Any] = {}
    problems: list[str] = []
    settings = None
    try:
        for source in _read(defaults):
            taken = {name for known in values for name in _names(known)}
            values |= {name: value for name, value in source.items() if name not in taken}
    except WrongSettings as error:
        # What is missing may stand in what could not be read.
        problems += error.problems
    if only is not None:
        values = {name: value for name, value in values.items() if not _names(name).isdisjoint(only)}
    if not problems:
        try:
            settings = model.model_validate(values)
        except ValidationError as error:
            problems += _problems(error)
        problems += _missing(values, only or ())
    problems += _library_problems(uses, values, issuers_are_used=only is None or "AUTH0_DOMAIN" in only)
    if problems or settings is None:
        raise WrongSettings(list(dict.fromkeys(problems)))
    return settings


def _missing(values: Mapping[str, Any], used: Collection[str]) -> Iterator[str]:
    """Yield a problem for each variable that is used, that `serve` requires, and that has no value."""
    for name, field in Settings.model_fields.items():
        names = _names(variable(name))
        if field.is_required() and not names.isdisjoint(used) and names.isdisjoint(values):
            yield f"{variable(name)}: it is not set (expected: {field.description})"


def is_set(name: str) -> bool:
    """Whether any source has a variable. Raises WrongSettings."""
    return any(name in source for source in _read({}))


def _read(defaults: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    try:
        yield from _sources(defaults)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings([f".env: it cannot be read: {type(error).__name__}"]) from None


def _library_problems(uses: Uses, values: Mapping[str, Any], *, issuers_are_used: bool) -> Iterator[str]:
    # As they were given, since some may be wrong: without any, they will be a tenant's.
    given = values.get("AUTH0_DOMAIN", "https://")
    issuers = elements(tidy(given)) if isinstance(given, str) else tuple(map(str, given))
    collector = values.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    return uses.problems(
        os.environ, issuers if issuers_are_used else (), None if collector is None else tidy(str(collector))
    )


def _sources(defaults: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what each source has, by variable name; the first that has a variable wins."""
    yield _filled(EnvSettingsSource(_Sources))
    yield _filled(DotEnvSettingsSource(_Sources))
    secret_id = _secret_id()
    if secret_id is not None:
        yield _secret(secret_id)
    yield defaults


def _filled(source: EnvSettingsSource) -> Mapping[str, Any]:
    """Return what a source has. A blank value is none, and does not hide a variable's second name."""
    source.env_vars = {name: value for name, value in source.env_vars.items() if not is_blank(value)}
    return source()


def _secret_id() -> str | None:
    try:
        return _SecretId().secret_id  # type: ignore[call-arg] # which pydantic-settings reads by itself
    except ValidationError as error:
        raise WrongSettings([f"AWS_SECRET_ID: {_message(problem)}" for problem in _details(error)]) from None


@cache
def _secret(secret_id: str) -> Mapping[str, Any]:
    """Read the secret, once in a process. Raises WrongSettings."""
    # Here, since boto3 takes half a second and nobody else needs it.
    from ..aws.secret import SecretUnusable, read

    problems = list(aws_problems(os.environ))
    if problems:
        raise WrongSettings(problems)
    try:
        values = read(secret_id, _Sources)
    except SecretUnusable as error:
        raise WrongSettings([f"AWS_SECRET_ID: {error}"]) from None
    known = {name for field in Settings.model_fields for name in _names(variable(field))}
    unknown = sorted(set(values) - known)
    if unknown:
        # A misspelt name would leave a default where somebody meant otherwise.
        raise WrongSettings(
            [f"AWS_SECRET_ID: no setting is called {one_line(name)}, which stands in the secret" for name in unknown]
        )
    return {name: value for name, value in values.items() if not is_blank(value)}


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
    for problem in _details(error):
        # A default that another setting makes wrong goes by its field.
        name = str(problem["loc"][0])
        name = variable(name) if name in Settings.model_fields else name
        yield f"{name}: {_message(problem)} (expected: {rules.get(name)})"


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False, include_context=False)


def _message(problem: ErrorDetails) -> str:
    message = "it is not set" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}"
