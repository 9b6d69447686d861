"""The people who can log in to the issuer. Built in, and no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authlib.oidc.core import UserInfo

from .organizations import ACME, GLOBEX, Organization

if TYPE_CHECKING:
    from collections.abc import Sequence

READ, WRITE = "read:messages", "write:messages"


@dataclass(frozen=True)
class Person:
    """Somebody who can log in. `subject` is their `sub`."""

    subject: str
    email: str
    name: str
    password: str
    permissions: tuple[str, ...]
    organizations: tuple[Organization, ...] = ()

    def get_user_id(self) -> str:
        return self.subject

    def identity(self, scopes: Sequence[str]) -> dict[str, Any]:
        """What an application is told of them, by what it asked for (OpenID Connect Core section 5.4)."""
        everything = UserInfo(
            sub=self.subject,
            name=self.name,
            nickname=self.email.partition("@")[0],
            email=self.email,
            email_verified=True,
        )
        return dict(everything.filter(" ".join(scopes)))


PEOPLE = {
    person.email: person
    for person in (
        Person("auth0|reader", "reader@example.com", "Rita Reader", "password", (READ,), (ACME,)),
        Person("auth0|editor", "editor@example.com", "Edda Editor", "password", (READ, WRITE), (ACME, GLOBEX)),
        Person("auth0|guest", "guest@example.com", "Gus Guest", "password", ()),
    )
}
