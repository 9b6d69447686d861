"""What a process runs with. The names are those of the environment; `.env.example` has each with its default."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from ..http_origin import listed_origins
from ..public_url import normalised_url
from .identifiers import checked_client_id
from .kinds import Seconds, http_url, is_public_url, lower, split_commas
from .verification import Audiences, Issuers, VerificationSettings


class Settings(VerificationSettings):
    """What `serve` runs with: issuers and audiences are required."""

    issuers: Issuers
    audiences: Audiences
    m2m_client_id: Annotated[str, AfterValidator(checked_client_id)] | None = Field(
        None, alias="AUTH0_M2M_CLIENT_ID", description="the client of `token`"
    )
    m2m_client_secret: SecretStr | None = Field(None, alias="AUTH0_M2M_CLIENT_SECRET", description="its secret")
    public_url: Annotated[str, AfterValidator(normalised_url)] | None = Field(
        None,
        alias="PUBLIC_URL",
        description="where callers reach this API, for example https://api.example.com",
    )
    jwks_ttl: Seconds = Field(600, gt=0, le=86400, alias="JWKS_TTL", description="seconds, over 0, to 86400")
    jwks_cooldown: Seconds = Field(10, gt=0, le=60, alias="JWKS_COOLDOWN", description="seconds, over 0, to 60")
    jwks_max_stale: Seconds = Field(86400, ge=0, alias="JWKS_MAX_STALE", description="seconds, 0 or more")
    token_cache_size: int = Field(10000, ge=0, alias="TOKEN_CACHE_SIZE", description="a number of tokens, 0 or more")
    cors_allow_origins: Annotated[tuple[str, ...], BeforeValidator(split_commas), AfterValidator(listed_origins)] = (
        Field(
            (),
            alias="CORS_ALLOW_ORIGINS",
            description="comma-separated origins, for example https://app.example.com",
        )
    )
    plain_path: Annotated[Literal["on", "off"], BeforeValidator(lower)] = Field(
        "on", alias="PLAIN_PATH", description="on or off"
    )
    host: str = Field("0.0.0.0", min_length=1, alias="HOST", description="the address to listen on")  # noqa: S104
    port: int = Field(8100, ge=1, le=65535, alias="PORT", description="1 to 65535")
    workers: int = Field(1, ge=1, le=128, alias="WORKERS", description="processes, 1 to 128")
    metrics_port: int = Field(9100, ge=0, le=65535, alias="METRICS_PORT", description="0 to 65535; 0 is off")
    shutdown_delay: Seconds = Field(5, ge=0, le=3600, alias="SHUTDOWN_DELAY", description="seconds, 0 to 3600")
    shutdown_grace: Seconds = Field(20, ge=0, le=3600, alias="SHUTDOWN_GRACE", description="seconds, 0 to 3600")
    otlp_endpoint: Annotated[str, AfterValidator(http_url)] | None = Field(
        None,
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="an OTLP collector over HTTP, for example http://otel:4318",
    )
    log_subject_key: SecretStr | None = Field(
        None, alias="LOG_SUBJECT_KEY", min_length=16, description="16 characters or more, the same in every process"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lower)] = Field(
        "info", alias="LOG_LEVEL", description="debug, info, warning or error"
    )
    log_format: Annotated[Literal["json", "console"], BeforeValidator(lower)] = Field(
        "json", alias="LOG_FORMAT", description="json or console"
    )

    @field_validator("metrics_port")
    @classmethod
    def _not_the_apis_own(cls, metrics_port: int, info: ValidationInfo) -> int:
        if metrics_port == info.data.get("port"):
            raise ValueError("it equals PORT, where the API itself listens")
        return metrics_port

    @property
    def resource(self) -> str | None:
        """Where callers reach this API: PUBLIC_URL, else the first audience that is an http(s) URL, else none."""
        if self.public_url is not None:
            return self.public_url
        return next(filter(is_public_url, self.audiences), None)


def variable(field: str) -> str:
    """The name in the environment of a field of `Settings`; the first one where it has two."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else str(alias)
