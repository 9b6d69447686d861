"""The applications that are known to the issuer, as Auth0's dashboard would have them. Built in, and no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from authlib.oauth2.rfc6749.util import list_to_scope, scope_to_list

from ..development import AGENT_CLIENT, BROWSER_CLIENT, MACHINE_CLIENT
from .organizations import ORGANIZATIONS, Organization
from .people import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Iterable

EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
"""RFC 8693 section 2.1."""

_GRANT_OF_RESPONSE = {"code": "authorization_code", "token": "implicit"}


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]
    """An application (RFC 6749 section 2). Without a secret it is public.

    `callbacks` and `logout_urls` are whole URLs, compared exactly (RFC 9700 section 4.1.3); `web_origins` are the
    origins whose pages may call the issuer and frame its silent answers; `organizations` are those that the client may
    act in by itself.
    """

    client_id: str
    secret: str | None
    grants: tuple[str, ...]
    permissions: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    logout_urls: tuple[str, ...] = ()
    web_origins: tuple[str, ...] = ()
    organizations: tuple[Organization, ...] = ()

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        return next(iter(self.callbacks), None)

    def get_allowed_scope(self, scope: str | None) -> str:
        if self.secret is None:
            # Decided by who logs in, see `service.issuer.tokens`.
            return scope or ""
        # As Auth0 does: without asking, a machine gets all that it was granted; asking narrows it.
        asked = scope_to_list(scope) if scope else list(self.permissions)
        return str(list_to_scope([name for name in asked if name in self.permissions]))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.callbacks

    def check_client_secret(self, client_secret: str) -> bool:
        if self.secret is not None and client_secret != self.secret:
            # Authlib would say that the client cannot authenticate, and name ways to do it instead of the secret.
            raise InvalidClientError("The client_secret is wrong.", status_code=401)
        return self.secret is not None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none" if self.secret is None else method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return _GRANT_OF_RESPONSE.get(response_type) in self.grants

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grants


def clients(origins: Iterable[str], browser_client: str = BROWSER_CLIENT) -> dict[str, Client]:
    """Return the built-in clients by id; the pages' one is set up as the README has it done in Auth0, for `origins`."""
    origins = tuple(origins)
    machine = Client(*MACHINE_CLIENT, ("client_credentials",), (READ, WRITE), organizations=ORGANIZATIONS)
    agent = Client(*AGENT_CLIENT, (EXCHANGE_GRANT,))
    browser = Client(
        browser_client,
        None,
        ("authorization_code", "refresh_token", "implicit"),
        callbacks=tuple(f"{origin}{path}" for origin in origins for path in ("/login-results", "/tabs/user-page")),
        logout_urls=tuple(f"{origin}/logout" for origin in origins),
        web_origins=origins,
    )
    return {client.client_id: client for client in (machine, agent, browser)}
