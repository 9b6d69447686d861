"""An application and the browser in front of it, as far as the issuer can tell."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from ..signing import b64

CALLBACK = "http://127.0.0.1:8100/login-results"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
CHALLENGE = b64(hashlib.sha256(VERIFIER.encode()).digest())
READER = {"username": "reader@example.com", "password": "password"}


@dataclass
class Application:
    """The pages' client. `asked` are the parameters of its usual request; overrides change them, `None` removes."""

    http: httpx.AsyncClient
    audience: str
    asked: dict[str, Any] = field(default_factory=dict)

    def request(self, **changed: Any) -> dict[str, str]:
        usual = {
            "client_id": "dev-spa",
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "audience": self.audience,
            "scope": "openid profile email read:messages write:messages",
            "state": "its-state",
            "nonce": "its-nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**usual, **self.asked, **changed}.items() if value is not None}

    async def authorize(self, **changed: Any) -> httpx.Response:
        return await self.http.get("authorize", params=self.request(**changed))

    async def log_in(self, form: dict[str, str] = READER, **changed: Any) -> httpx.Response:
        """Fill in the login page."""
        origin = str(self.http.base_url).rstrip("/")
        return await self.http.post("u/login", params=self.request(**changed), data=form, headers={"Origin": origin})

    async def code(self, **changed: Any) -> str:
        return answer(await self.log_in(**changed))["code"]

    async def exchange(self, **changed: Any) -> httpx.Response:
        usual = {
            "grant_type": "authorization_code",
            "client_id": "dev-spa",
            "code_verifier": VERIFIER,
            "redirect_uri": CALLBACK,
        }
        form = {name: value for name, value in {**usual, **changed}.items() if value is not None}
        return await self.http.post("oauth/token", data=form)

    async def refresh(self, token: str, **changed: Any) -> httpx.Response:
        form = {"grant_type": "refresh_token", "client_id": "dev-spa", "refresh_token": token, **changed}
        return await self.http.post("oauth/token", data=form)


def answer(response: httpx.Response, where: str = CALLBACK) -> dict[str, str]:
    """What a redirect brings to the application, in the query or in the fragment."""
    assert response.status_code in (302, 303), response.text
    url = urlsplit(response.headers["Location"])
    assert url._replace(query="", fragment="").geturl() == where
    assert not (url.query and url.fragment)
    return dict(parse_qsl(url.query or url.fragment))
