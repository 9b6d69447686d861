"""The settings: read once by a command, checked once, frozen, passed down.

The names are those of the environment; `.env.example` has each with its default. `Settings` checks,
`service.configuration` knows where the values come from.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from .auth import ALGORITHMS
from .http_origin import listed_origins
from .identifiers import audience_names, checked_client_id, would_take_id_tokens
from .public_url import normalised_url, split_url
from .setting_text import elements, tidy_value

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_HOST = re.compile(
    r"(?=.{1,253}(?::\d+)?$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?"
)


def is_loopback(host: str) -> bool:
    """Whether a host, as it stands in a URL without brackets, can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split_commas(value: Any) -> Any:
    return elements(value) if isinstance(value, str) else value


def _refuse_plain_http(url: SplitResult) -> None:
    """Raise ValueError for http:// outside the loopback range: whoever can change keys on their way can sign tokens."""
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise ValueError("http:// is for issuers on the loopback range alone; use https://")


def key_set_address(text: str) -> str:
    """Return the URL of a key set. Raises ValueError where keys must not come from it."""
    url = split_url(text)
    if url is None:
        raise ValueError("it must be an http(s) URL without query and fragment")
    _refuse_plain_http(url)
    return text


def issuer_string(domain: str) -> str:
    """Turn `tenant.us.auth0.com`, or a full URL, into the issuer's string, which ends in "/". Raises ValueError."""
    text = domain if "://" in domain else f"https://{domain.lower()}"
    url = split_url(text)
    if url is None or ("://" not in domain and not _HOST.fullmatch(domain.lower().rstrip("/"))):
        raise ValueError("each must be a domain like tenant.us.auth0.com, or its https:// URL")
    _refuse_plain_http(url)
    return f"{url.scheme}://{url.netloc.lower()}{url.path.rstrip('/')}/"


def _issuers(domains: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(issuer_string(domain) for domain in domains))


def _http_url(text: str) -> str:
    if split_url(text) is None:
        raise ValueError("it must be an http(s) URL without query and fragment")
    return text


def _is_public_url(audience: str) -> bool:
    try:
        normalised_url(audience)
    except ValueError:
        return False
    return True


def _algorithms(names: tuple[str, ...]) -> tuple[str, ...]:
    if not set(names) <= set(ALGORITHMS):
        raise ValueError(f"each must be one of {' '.join(ALGORITHMS)}; HS256 is not, the API would know the secret")
    return names


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


CommaSeparated = Annotated[tuple[str, ...], BeforeValidator(_split_commas), Field(min_length=1)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]


class Settings(BaseModel):
    """What a process runs with. Durations are in seconds; `issuers` are the strings of `iss`, ending in "/"."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, validate_by_name=True, validate_default=True
    )

    issuers: Annotated[CommaSeparated, AfterValidator(_issuers)] = Field(
        alias="AUTH0_DOMAIN", description="your tenant's domain, for example tenant.us.auth0.com"
    )
    # Before the audiences, whose check looks at it.
    client_id: Annotated[str, AfterValidator(checked_client_id)] | None = Field(
        None, alias="AUTH0_CLIENT_ID", description="the pages' single-page application"
    )
    audiences: Annotated[CommaSeparated, AfterValidator(audience_names)] = Field(
        validation_alias=AliasChoices("AUTH0_AUDIENCE", "API_IDENTIFIER"),
        description="the identifier of your API in Auth0",
    )
    algorithms: Annotated[CommaSeparated, AfterValidator(_algorithms)] = Field(
        ("RS256",), alias="AUTH0_ALGORITHMS", description="comma-separated, for example RS256"
    )
    leeway: Seconds = Field(5, ge=0, le=300, alias="AUTH0_LEEWAY", description="seconds, 0 to 300")
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
    jwks_timeout: Seconds = Field(5, gt=0, le=60, alias="JWKS_TIMEOUT", description="seconds, over 0, to 60")
    jwks_max_stale: Seconds = Field(86400, ge=0, alias="JWKS_MAX_STALE", description="seconds, 0 or more")
    token_cache_size: int = Field(10000, ge=0, alias="TOKEN_CACHE_SIZE", description="a number of tokens, 0 or more")
    cors_allow_origins: Annotated[tuple[str, ...], BeforeValidator(_split_commas), AfterValidator(listed_origins)] = (
        Field(
            (),
            alias="CORS_ALLOW_ORIGINS",
            description="comma-separated origins, for example https://app.example.com",
        )
    )
    plain_path: Annotated[Literal["on", "off"], BeforeValidator(_lower)] = Field(
        "on", alias="PLAIN_PATH", description="on or off"
    )
    host: str = Field("0.0.0.0", min_length=1, alias="HOST", description="the address to listen on")  # noqa: S104
    port: int = Field(8100, ge=1, le=65535, alias="PORT", description="1 to 65535")
    workers: int = Field(1, ge=1, le=128, alias="WORKERS", description="processes, 1 to 128")
    metrics_port: int = Field(9100, ge=0, le=65535, alias="METRICS_PORT", description="0 to 65535; 0 is off")
    shutdown_delay: Seconds = Field(5, ge=0, le=3600, alias="SHUTDOWN_DELAY", description="seconds, 0 to 3600")
    shutdown_grace: Seconds = Field(20, ge=0, le=3600, alias="SHUTDOWN_GRACE", description="seconds, 0 to 3600")
    otlp_endpoint: Annotated[str, AfterValidator(_http_url)] | None = Field(
        None,
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="an OTLP collector over HTTP, for example http://otel:4318",
    )
    log_subject_key: SecretStr | None = Field(
        None, alias="LOG_SUBJECT_KEY", min_length=16, description="16 characters or more, the same in every process"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        "info", alias="LOG_LEVEL", description="debug, info, warning or error"
    )
    log_format: Annotated[Literal["json", "console"], BeforeValidator(_lower)] = Field(
        "json", alias="LOG_FORMAT", description="json or console"
    )

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
        return next(filter(_is_public_url, self.audiences), None)


def variable(field: str) -> str:
    """The name in the environment of a field of `Settings`; the first one where it has two."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else str(alias)
