"""What is known of a caller once the access token was verified."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from . import strict_json

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING_KEPT: Mapping[str, Any] = MappingProxyType({})


class Actor(NamedTuple):
    """Who acts for the subject (RFC 8693 section 4.1), and for whom that one acts in turn."""

    subject: str
    actor: Actor | None = None


class AccessToken(NamedTuple):
    """A verified access token. Times are in seconds since the epoch (NumericDate, RFC 7519 section 2).

    `scopes` is what was asked for and allowed (RFC 8693 section 4.2); `permissions` is Auth0's list of
    everything that the subject was given. `organization_id` and `organization_name` are of Auth0's `org_id` and
    `org_name`; `actor` is who acts for the subject. `payload` is the JSON that was signed, `claims` all of its members.

    A named tuple, since one is made for each token that is verified, and no other class that cannot be changed is made
    as fast. `service.auth.grants` says which of its values the tokens that are remembered share.
    """

    subject: str
    issuer: str
    audience: tuple[str, ...]
    expires_at: float
    not_before: float | None
    issued_at: float | None
    scopes: tuple[str, ...]
    permissions: tuple[str, ...]
    client_id: str | None
    # Kept rather than the claims, of which it takes a third of the memory: thousands of tokens are remembered.
    payload: bytes
    organization_id: str | None = None
    organization_name: str | None = None
    actor: Actor | None = None
    # The claims that a route's rule names, each with its value, or `None` where the token has none.
    kept: Mapping[str, Any] = NOTHING_KEPT

    @property
    def claims(self) -> dict[str, Any]:
        """Read anew each time: nobody can change what another request sees."""
        return strict_json.loads_object(self.payload)

    def has_permission(self, permission: str) -> bool:
        """Whether the token grants a permission, by either claim."""
        return permission in self.permissions or permission in self.scopes

    def __repr__(self) -> str:
        # Without what may hold personal claims.
        fields = zip(self._fields, self, strict=True)
        shown = [f"{name}={value!r}" for name, value in fields if name not in ("payload", "kept")]
        return f"AccessToken({', '.join(shown)})"
