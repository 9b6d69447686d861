"""What many tokens grant alike, kept once for all that are remembered.

A tenant's tokens name the same few issuers, audiences, clients, scopes and permissions. `sys.intern` would keep one
copy of each name for ever (Python 3.12 frees no interned string), so tokens with ever new names would fill the memory.
Here a grant goes with the last token that has it, and every byte is counted.
"""

from __future__ import annotations

import sys
from typing import TypeAlias

Key: TypeAlias = tuple[str, str | tuple[str, ...], str, tuple[str, ...], str | None, str | None, str | None]
"""The claims of a grant as they stand in a token: `iss`, `aud`, `scope`, `permissions`, the client's id, `org_id` and
`org_name`."""

# Bytes that an allocation takes beyond the object's own: rounding, and the allocator's notes.
ALLOCATION = 16

# Bytes of a dictionary's slot, at the load that it has after it has grown.
SLOT = 128


class Grant:
    """Who issued a token, for whom, to which client, and what it may do; see AccessToken. Never changed."""

    __slots__ = (
        "audience",
        "client_id",
        "issuer",
        "key",
        "organization_id",
        "organization_name",
        "permissions",
        "scopes",
        "size",
        "users",
    )

    def __init__(self, key: Key) -> None:
        issuer, audience, scope, permissions, client_id, self.organization_id, self.organization_name = key
        self.key = key
        self.issuer = issuer
        self.audience = (audience,) if isinstance(audience, str) else audience
        # RFC 6749 section 3.3: separated by spaces, and by nothing else.
        self.scopes = tuple(filter(None, scope.split(" ")))
        self.permissions = permissions
        self.client_id = client_id
        # Of `KnownGrants`: what was measured, and how many tokens have it.
        self.size = self.users = 0

    def measure(self) -> int:
        """Count the bytes that it takes with all that it holds."""
        issuer, _, scope, _, client_id, *organization = self.key
        names = (issuer, scope, client_id, *organization, *self.audience, *self.scopes, *self.permissions)
        objects = (self, self.key, self.audience, self.scopes, self.permissions, self.size, *names)
        # A scope of one name is that name itself.
        different = {id(value): value for value in objects}.values()
        return sum(map(sys.getsizeof, different)) + ALLOCATION * len(different) + SLOT


class KnownGrants:
    """The grants of the tokens that are remembered; `held` is the bytes that they take."""

    def __init__(self) -> None:
        self._grants: dict[Key, Grant] = {}
        self.get = self._grants.get
        self.held = 0

    def __len__(self) -> int:
        return len(self._grants)

    def take(self, grant: Grant) -> None:
        """Keep a grant, for one more token."""
        if not grant.users:
            grant.size = grant.measure()
            self._grants[grant.key] = grant
            self.held += grant.size
        grant.users += 1

    def give_back(self, grant: Grant) -> None:
        """Forget a grant, if the token that is forgotten was the last that had it."""
        grant.users -= 1
        if not grant.users:
            del self._grants[grant.key]
            self.held -= grant.size
