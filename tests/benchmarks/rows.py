"""The rows of the table: which server is measured with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from . import servers

if TYPE_CHECKING:
    from .servers import Server

Tokens = Literal["none", "warm", "cold"]


@dataclass(frozen=True)
class Row:
    """`tokens`: none, a few repeated (warm), or all different (cold). `idle` connections are open meanwhile."""

    name: str
    title: str
    server: Server
    tokens: Tokens = "warm"
    path: str = "/api/private"
    idle: int = 0


@dataclass(frozen=True)
class Comparison:
    """A ratio that the project wants to know, of the rows with these names, and what it is to reach."""

    row: str
    of: str
    target: str


_TITLES = {
    "fastapi-pyjwt": "FastAPI on uvicorn, PyJWT",
    "auth0-fastapi-api": "FastAPI on uvicorn, auth0-fastapi-api",
    "express": "Express, express-oauth2-jwt-bearer",
    "haproxy": "HAProxy, jwt_verify",
}

PLAIN = "plain-quart"
ROWS = (
    Row(PLAIN, "Quart on Hypercorn, one route, no auth", servers.PLAIN, "none"),
    Row("ours-public", "ours, public", servers.OURS, "none", "/api/public"),
    Row("ours-warm", "ours, private, warm", servers.OURS),
    Row("ours-idle", "ours, private, warm, 1,000 idle connections", servers.OURS, idle=1000),
    Row("ours-cold", "ours, private, cold", servers.OURS_COLD, "cold"),
    *(
        Row(f"{peer.name}-{tokens}", f"{_TITLES[peer.name]}, {tokens}", peer, tokens)
        for peer in servers.PEERS
        for tokens in ("warm", "cold")
    ),
)

COMPARISONS = (
    Comparison("ours-warm", PLAIN, "at least 0.95"),
    Comparison("ours-cold", PLAIN, "at least 0.80"),
    Comparison("ours-warm", "auth0-fastapi-api-warm", "more than 1.0"),
    Comparison("ours-warm", "fastapi-pyjwt-warm", "more than 1.0"),
    Comparison("ours-warm", "express-warm", "as near to 1.0 as it goes"),
    Comparison("ours-idle", "ours-warm", "0.90 to 1.10"),
)
