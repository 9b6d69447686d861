"""Which issuer a developer's command talks to: the configured tenant, or the local one where none is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import local
from ..client_credentials import get_token
from ..configuration import WrongSettings, is_set, load
from . import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..libraries.uses import Uses
    from ..settings import Settings


def uses_local_issuer() -> bool:
    return not is_set("AUTH0_DOMAIN")


def load_settings(
    issuer_port: int = local.ISSUER_PORT,
    defaults: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
    uses: Uses | None = None,
) -> Settings:
    """Read the settings, with the local issuer's where no tenant is configured. Raises WrongSettings.

    `only` names the variables that are used, and `uses` is of the libraries: see `service.configuration.load`.
    """
    values = dict(defaults or {})
    if uses_local_issuer():
        values |= {
            "AUTH0_DOMAIN": f"http://127.0.0.1:{issuer_port}/",
            "AUTH0_AUDIENCE": local.AUDIENCE,
            "AUTH0_CLIENT_ID": local.BROWSER_CLIENT,
        }
    return load(values, only, uses)


def machine_token(
    settings: Settings,
    audience: str | None = None,
    scope: str | None = None,
    organization: str | None = None,
    extra_claims: Mapping[str, object] | None = None,
) -> str:
    """Get a token for the configured machine client, or for the local issuer's own.

    Raises WrongSettings without a client, WrongUsage for claims that a tenant is to add, and
    service.client_credentials.TokenRefused.
    """
    if extra_claims and not settings.issuers[0].startswith("http://"):
        raise WrongUsage(
            "--claim works with the local issuer alone. AUTH0_DOMAIN names a tenant, where an Action adds claims."
        )
    if settings.m2m_client_id is not None and settings.m2m_client_secret is not None:
        client = settings.m2m_client_id, settings.m2m_client_secret.get_secret_value()
    elif settings.issuers[0].startswith("http://"):
        client = local.MACHINE_CLIENT
    else:
        missing = {"AUTH0_M2M_CLIENT_ID": settings.m2m_client_id, "AUTH0_M2M_CLIENT_SECRET": settings.m2m_client_secret}
        rule = "it is not set (expected: of a machine-to-machine application that may call the API)"
        raise WrongSettings([f"{name}: {rule}" for name, value in missing.items() if value is None])
    return get_token(settings.issuers[0], client, audience or settings.audiences[0], scope, organization, extra_claims)
