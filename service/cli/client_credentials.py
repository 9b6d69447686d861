"""Getting an access token for a machine (RFC 6749 section 4.4), as `token` and `dev` show it to a person."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import httpx

from ..auth import strict_json
from ..plain_text import unbroken
from ..tls import trusting_nobody

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY = 64 * 1024
"""Largest answer that is read, in bytes."""

# What can be sent after "Bearer" (RFC 6750 section 2.1); nothing in it means anything to a shell or a terminal.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class TokenRefused(Exception):
    """No token was had; the message is for a person and holds no secret."""


def get_token(
    issuer: str,
    client: tuple[str, str],
    audience: str,
    scope: str | None = None,
    organization: str | None = None,
    extra_claims: Mapping[str, object] | None = None,
) -> str:
    """Ask `issuer`, whose string ends in "/", for a token. `client` is its id and secret; `extra_claims` are for the
    local issuer, which alone has an endpoint that takes them. Raises TokenRefused."""
    client_id, secret = client
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
        "audience": audience,
        **({"scope": scope} if scope is not None else {}),
        **({"organization": organization} if organization is not None else {}),
        **({"claims": json.dumps(extra_claims)} if extra_claims else {}),
    }
    with _client(issuer) as http:
        try:
            status, body = _post(http, f"{issuer}{'local' if extra_claims else 'oauth'}/token", form)
        except httpx.ConnectError:
            raise TokenRefused(f"nothing answers at {issuer}") from None
        except httpx.HTTPError as error:
            raise TokenRefused(f"{issuer} does not answer: {type(error).__name__}") from None
    try:
        answer = strict_json.loads_object(body)
    except ValueError:
        answer = {}
    token = answer.get("access_token")
    if status != 200 or token is None:
        raise TokenRefused(f"{issuer} refuses ({status}): {_reason(answer)}")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise TokenRefused(f"what {issuer} gives as access_token is no token that can be sent (RFC 6750 section 2.1)")
    return token


def _client(issuer: str) -> httpx.Client:
    if issuer.startswith("http://"):
        # See `service.key_set_client`: this is the same machine, for which nothing of the environment is of use.
        return httpx.Client(verify=trusting_nobody(), trust_env=False, timeout=10)
    return httpx.Client(timeout=10)


def _post(http: httpx.Client, url: str, form: dict[str, str]) -> tuple[int, bytes]:
    # Compressed, a small answer could become a large one.
    with http.stream("POST", url, data=form, headers={"Accept-Encoding": "identity"}) as response:
        body = b""
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_BODY:
                raise TokenRefused(f"the answer of {url} ({response.status_code}) has more than {MAX_BODY} bytes")
        return response.status_code, body


def _reason(answer: dict[str, object]) -> str:
    """Return what the issuer says, on one line and harmless."""
    return unbroken(str(answer.get("error_description") or answer.get("error") or "it does not say why"))
