"""Getting an access token for a machine (RFC 6749 section 4.4), as `token` and `dev` show it to a person."""

from __future__ import annotations

import httpx

from .tls import trusting_nobody


class TokenRefused(Exception):
    """No token was had; the message is for a person and holds no secret."""


def get_token(issuer: str, client: tuple[str, str], audience: str, scope: str | None = None) -> str:
    """Ask `issuer`, whose string ends in "/", for a token. `client` is its id and secret. Raises TokenRefused."""
    client_id, secret = client
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
        "audience": audience,
        **({"scope": scope} if scope is not None else {}),
    }
    with _client(issuer) as http:
        try:
            response = http.post(f"{issuer}oauth/token", data=form)
        except httpx.ConnectError:
            raise TokenRefused(f"nothing answers at {issuer}") from None
        except httpx.HTTPError as error:
            raise TokenRefused(f"{issuer} does not answer: {type(error).__name__}") from None
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or response.status_code != 200 or not isinstance(answer.get("access_token"), str):
        raise TokenRefused(f"{issuer} refuses ({response.status_code}): {_reason(answer)}")
    return str(answer["access_token"])


def _client(issuer: str) -> httpx.Client:
    if issuer.startswith("http://"):
        # See `service.fetch`: this is the same machine, for which nothing of the environment is of use.
        return httpx.Client(verify=trusting_nobody(), trust_env=False, timeout=10)
    return httpx.Client(timeout=10)


def _reason(answer: object) -> str:
    if not isinstance(answer, dict):
        return "it does not say why"
    return str(answer.get("error_description") or answer.get("error") or "it does not say why")
