"""Whom this API takes tokens from at all: the settings' rules, which hold for every route."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .errors import AnonymousNotAllowed, ClientNotAllowed, OrganizationNotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .token import AccessToken

# Auth0's Anonymous Sessions issue ordinary access tokens, with subjects that begin so.
_ANONYMOUS = "anon@"

# What an organization's id begins with; Auth0 keeps names from beginning so.
_ID = "org_"


class CallerRules(NamedTuple):
    """`clients` are client ids, `organization_ids` and `organization_names` (in lower case) those of organizations;
    without any, all are allowed. `anonymous` says whether anonymous visitors are."""

    clients: frozenset[str] = frozenset()
    organization_ids: frozenset[str] = frozenset()
    organization_names: frozenset[str] = frozenset()
    anonymous: bool = False

    def check(self, token: AccessToken) -> None:
        """Raises ClientNotAllowed, OrganizationNotAllowed or AnonymousNotAllowed, the first that applies."""
        if self.clients and token.client_id not in self.clients:
            raise ClientNotAllowed("The token was issued to a client (azp or client_id) that may not call this API.")
        if (
            (self.organization_ids or self.organization_names)
            and token.organization_id not in self.organization_ids
            and _lower(token.organization_name or "") not in self.organization_names
        ):
            raise OrganizationNotAllowed("The token names no organization (org_id or org_name) that may call this API.")
        if not self.anonymous and token.subject.startswith(_ANONYMOUS):
            raise AnonymousNotAllowed("The token is an anonymous visitor's. Log in to call this API.")


ANYONE = CallerRules(anonymous=True)
"""Every caller with a valid token, anonymous visitors too."""


def caller_rules(
    clients: Iterable[str] = (), organizations: Iterable[str] = (), *, anonymous: bool = False
) -> CallerRules:
    """Make rules of client ids and of organizations, each an id (`org_…`) or a name."""
    organizations = tuple(organizations)
    return CallerRules(
        frozenset(clients),
        frozenset(value for value in organizations if value.startswith(_ID)),
        frozenset(_lower(value) for value in organizations if not value.startswith(_ID)),
        anonymous,
    )


def is_of_organization(token: AccessToken, organization: str) -> bool:
    """Whether a token was issued for an organization: by its id where that is one, exactly, else by its name, in any
    case of letters."""
    if organization.startswith(_ID):
        return token.organization_id == organization
    return token.organization_name is not None and _lower(token.organization_name) == _lower(organization)


def _lower(name: str) -> str:
    # Of letters outside ASCII some become others: the Kelvin sign a "k".
    return name.lower() if name.isascii() else name
