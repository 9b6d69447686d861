"""What is known of a caller once the access token was verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified access token. Times are in seconds since the epoch (NumericDate, RFC 7519 section 2).

    `scopes` is what was asked for and allowed (RFC 8693 section 4.2); `permissions` is Auth0's list of
    everything that the subject was given. `claims` holds all members, these included.
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
    claims: Mapping[str, Any]

    def may(self, permission: str) -> bool:
        """Whether the token grants a permission, by either claim."""
        return permission in self.permissions or permission in self.scopes
