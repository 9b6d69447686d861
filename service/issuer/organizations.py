"""The organizations that people and machines can act in, as Auth0's dashboard would have them. Built in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Organization:
    id: str
    name: str


ACME = Organization("org_acme", "acme")
GLOBEX = Organization("org_globex", "globex")
ORGANIZATIONS = (ACME, GLOBEX)

UNKNOWN = "organization is neither the id nor the name of an organization that is known here."


def find(given: str) -> Organization | None:
    """Return the organization with this id, compared exactly, or with this name, in any case of letters."""
    return next((one for one in ORGANIZATIONS if given == one.id or given.lower() == one.name), None)


def claims(organization: Organization | None) -> dict[str, Any]:
    """What a token says of it. Auth0 adds the name where the tenant is set to do so; this issuer always does."""
    return {} if organization is None else {"org_id": organization.id, "org_name": organization.name}
