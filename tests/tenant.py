"""An Auth0 tenant without a network: keys, tokens, and a transport that answers for its key set."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from typing import Any

import httpx

from service.settings import Settings

from .signing import Signer, jwks, rsa_key

AUDIENCE = "https://api.example.com"
NOW = 1_800_000_000


class ManualClock:
    """Time that passes when it is told to."""

    def __init__(self, now: float = NOW) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._monotonic + max(seconds, 0), next(self._order), woken))
        await woken

    def set_wall_clock(self, now: float) -> None:
        """Somebody sets the clock; how much time has passed is another matter."""
        self._now = now

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking each sleeper at its moment."""
        end = self._monotonic + seconds
        await settle()
        while due := sorted(sleeper for sleeper in self._sleepers if sleeper[0] <= end):
            moment, _, woken = due[0]
            self._sleepers.remove(due[0])
            self._step(max(moment, self._monotonic))
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._step(end)
        await settle()

    def _step(self, moment: float) -> None:
        self._now += moment - self._monotonic
        self._monotonic = moment


async def settle() -> None:
    """Let everything that can run do so."""
    for _ in range(30):
        await asyncio.sleep(0)


class Tenant:
    """`answers` replaces the next answers for the key set; an exception among them is raised."""

    def __init__(self, issuer: str = "https://tenant.test/") -> None:
        self.issuer = issuer
        self.current = Signer(rsa_key("current"), "current")
        self.next = Signer(rsa_key("next"), "next")
        self.published = [self.current, self.next]
        self.fetches: list[httpx.Request] = []
        self.answers: deque[httpx.Response | Exception] = deque()
        self.down = False
        self.gate: asyncio.Event | None = None

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.fetches.append(request)
        if self.gate is not None:
            await self.gate.wait()
        if self.answers:
            answer = self.answers.popleft()
            if isinstance(answer, Exception):
                raise answer
            return answer
        if self.down:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, content=json.dumps(jwks(*self.published)).encode())

    def claims(self, **overrides: Any) -> dict[str, Any]:
        """The claims of a good token; `None` takes one away."""
        usual = {
            "iss": self.issuer,
            "sub": "auth0|somebody",
            "aud": [AUDIENCE, f"{self.issuer}userinfo"],
            "iat": NOW - 60,
            "exp": NOW + 3600,
            "azp": "client",
            "scope": "openid read:messages",
            "permissions": [],
        }
        return {name: value for name, value in {**usual, **overrides}.items() if value is not None}

    def token(self, header: Any = None, signer: Signer | None = None, **overrides: Any) -> str:
        return (signer or self.current).sign(self.claims(**overrides), header)


def settings(**overrides: Any) -> Settings:
    """Settings for a tenant's API, nothing read from this machine."""
    return Settings(**{"issuers": ("https://tenant.test/",), "audiences": (AUDIENCE,), **overrides})
