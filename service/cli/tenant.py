"""Which issuer a developer's command talks to: the configured tenant, or the local one where none is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import development
from ..settings.sources import WrongSettings, is_set, load, load_verification
from . import WrongUsage
from .client_credentials import get_token

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..libraries.uses import Uses
    from ..settings import Settings, VerificationSettings


def uses_local_issuer() -> bool:
    return not is_set("AUTH0_DOMAIN")


def load_settings(
    issuer_port: int = development.ISSUER_PORT, defaults: Mapping[str, str] | None = None, uses: Uses | None = None
) -> Settings:
    """Read the settings, with the local issuer's where no tenant is configured: see `service.settings.sources.load`."""
    return load({**(defaults or {}), **_of_local_issuer(issuer_port)}, uses)


def load_verification_settings(only: Collection[str], uses: Uses) -> VerificationSettings:
    """The same for those that a token is verified by: see `service.settings.sources.load_verification`."""
    return load_verification(only, _of_local_issuer(development.ISSUER_PORT), uses)


def _of_local_issuer(port: int) -> dict[str, str]:
    if not uses_local_issuer():
        return {}
    return {
        "AUTH0_DOMAIN": f"http://127.0.0.1:{port}/",
        "AUTH0_AUDIENCE": development.AUDIENCE,
        "AUTH0_CLIENT_ID": development.BROWSER_CLIENT,
    }


def machine_token(
    settings: Settings,
    audience: str | None = None,
    scope: str | None = None,
    organization: str | None = None,
    extra_claims: Mapping[str, object] | None = None,
) -> str:
    """Get a token for the configured machine client, or for the local issuer's own.

    Raises WrongSettings without a client, WrongUsage for claims that a tenant is to add, and
    service.cli.client_credentials.TokenRefused.
    """
    if extra_claims and not settings.issuers[0].startswith("http://"):
        raise WrongUsage(
            "--claim works with the local issuer alone. AUTH0_DOMAIN names a tenant, where an Action adds claims."
        )
    if settings.m2m_client_id is not None and settings.m2m_client_secret is not None:
        client = settings.m2m_client_id, settings.m2m_client_secret.get_secret_value()
    elif settings.issuers[0].startswith("http://"):
        client = development.MACHINE_CLIENT
    else:
        missing = {"AUTH0_M2M_CLIENT_ID": settings.m2m_client_id, "AUTH0_M2M_CLIENT_SECRET": settings.m2m_client_secret}
        rule = "it is not set (expected: of a machine-to-machine application that may call the API)"
        raise WrongSettings([f"{name}: {rule}" for name, value in missing.items() if value is None])
    return get_token(settings.issuers[0], client, audience or settings.audiences[0], scope, organization, extra_claims)
