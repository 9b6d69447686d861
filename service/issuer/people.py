"""Who is known to the issuer: clients and people, with what they may do. Built in, and no secret."""

from __future__ import annotations

from dataclasses import dataclass

from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.util import list_to_scope, scope_to_list

from ..local import BROWSER_CLIENT, MACHINE_CLIENT

READ, WRITE = "read:messages", "write:messages"


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]
    """An application (RFC 6749 section 2). Without a secret it is public."""

    client_id: str
    secret: str | None
    grants: tuple[str, ...]
    permissions: tuple[str, ...] = ()

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str:
        # As Auth0 does: without asking, a machine gets all that it was granted; asking narrows it.
        asked = scope_to_list(scope) if scope else list(self.permissions)
        return str(list_to_scope([name for name in asked if name in self.permissions]))

    def check_client_secret(self, client_secret: str) -> bool:
        return self.secret is not None and client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none" if self.secret is None else method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grants


@dataclass(frozen=True)
class Person:
    """Somebody who can log in. `subject` is their `sub`."""

    subject: str
    email: str
    name: str
    password: str
    permissions: tuple[str, ...]


CLIENTS = {
    client.client_id: client
    for client in (
        Client(*MACHINE_CLIENT, ("client_credentials",), (READ, WRITE)),
        Client(BROWSER_CLIENT, None, ("authorization_code", "refresh_token")),
    )
}

PEOPLE = {
    person.email: person
    for person in (
        Person("auth0|reader", "reader@example.com", "Rita Reader", "password", (READ,)),
        Person("auth0|editor", "editor@example.com", "Edda Editor", "password", (READ, WRITE)),
        Person("auth0|guest", "guest@example.com", "Gus Guest", "password", ()),
    )
}
