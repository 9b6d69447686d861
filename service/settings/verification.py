"""What a token is verified by: the part of the settings that the `jwt` commands share with the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from ..auth import CallerRules, caller_rules
from ..setting_text import tidy_value
from .identifiers import audience_names, checked_client_id, client_ids, organization_names, would_take_id_tokens
from .kinds import CommaSeparated, Seconds, algorithm_names, issuer_strings, lower

Issuers = Annotated[
    CommaSeparated,
    AfterValidator(issuer_strings),
    Field(alias="AUTH0_DOMAIN", description="your tenant's domain, for example tenant.us.auth0.com"),
]
Audiences = Annotated[
    CommaSeparated,
    AfterValidator(audience_names),
    Field(
        validation_alias=AliasChoices("AUTH0_AUDIENCE", "API_IDENTIFIER"),
        description="the identifier of your API in Auth0",
    ),
]


class VerificationSettings(BaseModel):
    """Durations are in seconds; `issuers` are the strings of `iss`, ending in "/". Without issuers or audiences there
    are none, so that no token is verified."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, validate_by_name=True, validate_default=True
    )

    issuers: Issuers = Field((), validate_default=False)
    # Before the audiences, whose check looks at it.
    client_id: Annotated[str, AfterValidator(checked_client_id)] | None = Field(
        None, alias="AUTH0_CLIENT_ID", description="the pages' single-page application"
    )
    audiences: Audiences = Field((), validate_default=False)
    algorithms: Annotated[CommaSeparated, AfterValidator(algorithm_names)] = Field(
        ("RS256",), alias="AUTH0_ALGORITHMS", description="comma-separated, for example RS256"
    )
    leeway: Seconds = Field(5, ge=0, le=300, alias="AUTH0_LEEWAY", description="seconds, 0 to 300")
    clients: Annotated[CommaSeparated, AfterValidator(client_ids)] | None = Field(
        None, alias="AUTH0_CLIENTS", description="comma-separated client ids, whose tokens alone are accepted"
    )
    organizations: Annotated[CommaSeparated, AfterValidator(organization_names)] | None = Field(
        None, alias="AUTH0_ORGANIZATIONS", description="comma-separated ids (org_…) and names of organizations"
    )
    anonymous: Annotated[Literal["refuse", "allow"], BeforeValidator(lower)] = Field(
        "refuse", alias="AUTH0_ANONYMOUS", description="refuse or allow"
    )
    jwks_timeout: Seconds = Field(5, gt=0, le=60, alias="JWKS_TIMEOUT", description="seconds, over 0, to 60")

    @field_validator("*", mode="before")
    @classmethod
    def _tidied(cls, value: Any) -> Any:
        # Before every other rule: one that compares values must see what the process will use.
        return tidy_value(value)

    @field_validator("audiences")
    @classmethod
    def _no_id_tokens(cls, audiences: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        problem = would_take_id_tokens(audiences, info.data.get("client_id"))
        if problem is not None:
            raise ValueError(problem)
        return audiences

    @property
    def callers(self) -> CallerRules:
        """Whom the API takes tokens from."""
        return caller_rules(self.clients or (), self.organizations or (), anonymous=self.anonymous == "allow")
