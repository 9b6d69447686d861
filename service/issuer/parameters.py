"""A request's parameters (RFC 6749 sections 3.1 and 3.2): where they stand, which are absent, which stand twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from ..auth import strict_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quart import Request

_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
"""What an error may repeat: the standards' names are of this kind, a client's text is not."""


class AuthorizationRequest(OAuth2Request):  # type: ignore[misc]
    """A request to one of the issuer's OAuth endpoints, with its parameters by name. Empty ones are left out, as
    RFC 6749 sections 3.1 and 3.2 want it. Of one that stands twice the first is kept, see `repeated`.
    `extra_claims` are those that `/local/token` was given for the token."""

    def __init__(self, request: Request, parameters: Mapping[str, list[str]]) -> None:
        super().__init__(request.method, request.url, headers=request.headers)
        given = {name: [value for value in values if value] for name, values in parameters.items()}
        given = {name: values for name, values in given.items() if values}
        self.payload = BasicOAuth2Payload({name: values[0] for name, values in given.items()})
        self.payload.datalist.update(given)
        self.extra_claims: dict[str, Any] = {}

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return]

    @property
    def query(self) -> str:
        """All the parameters, encoded as the query of a URL."""
        return urlencode(self.payload.datalist, doseq=True)

    def repeated(self) -> InvalidRequestError | None:
        """Return the error of a request in which a parameter stands more than once."""
        for name, values in self.payload.datalist.items():
            if len(values) > 1:
                which = f"The parameter {name}" if _NAME.fullmatch(name) else "A parameter"
                return InvalidRequestError(f"{which} stands more than once.")
        return None


async def from_browser(request: Request) -> AuthorizationRequest:
    """Read a request to `/authorize`, from the query, and where it is posted from the form too."""
    parameters = dict(request.args.lists())
    if request.method == "POST":
        for name, values in (await request.form).lists():
            parameters[name] = [*parameters.get(name, []), *values]
    return AuthorizationRequest(request, parameters)


async def from_client(request: Request) -> AuthorizationRequest:
    """Read a request to `/oauth/…` from its body, a form or JSON, as Auth0 takes both. Raises InvalidRequestError."""
    asked = AuthorizationRequest(request, await _body(request))
    if error := asked.repeated():
        raise error
    return asked


async def _body(request: Request) -> dict[str, list[str]]:
    if not request.is_json:
        return dict((await request.form).lists())
    try:
        members = strict_json.loads_object(await request.data)
    except ValueError as error:
        raise InvalidRequestError(f"The body cannot be read: {error}.") from None
    if not all(isinstance(value, str) for value in members.values()):
        # Nothing is left out: without a scope, a machine gets all that it was granted.
        raise InvalidRequestError("Each member of the body must be a string; several scopes are separated by spaces.")
    return {name: [value] for name, value in members.items()}
