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
    """A ratio that the project wants to know, of the rows with these names, and what it is to reach: of their requests
    per second, or of their CPU time for a request."""

    row: str
    of: str
    target: str
    cpu: bool = False


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
    Row("ours-silent", "ours, private, warm, without a log line", servers.OURS_SILENT),
    Row("ours-idle", "ours, private, warm, 1,000 idle connections", servers.OURS, idle=1000),
    Row("ours-cold", "ours, private, cold", servers.OURS_COLD, "cold"),
    *(
        Row(f"{peer.name}-{tokens}", f"{_TITLES[peer.name]}, {tokens}", peer, tokens)
        for peer in servers.PEERS
        for tokens in ("warm", "cold")
    ),
)

COMPARISONS = (
    Comparison("ours-warm", PLAIN, "at least 2.5"),
    Comparison("ours-cold", PLAIN, "at least 1.5"),
    *(
        Comparison(f"ours-{tokens}", f"{peer}-{tokens}", f"at least {target}")
        for peer, targets in {
            "fastapi-pyjwt": {"warm": 2.2, "cold": 1.4},
            "auth0-fastapi-api": {"warm": 2.2, "cold": 1.4},
            "express": {"warm": 2.0, "cold": 1.2},
        }.items()
        for tokens, target in targets.items()
    ),
    Comparison("ours-warm", "ours-public", "at most 1.30", cpu=True),
    Comparison("ours-idle", "ours-warm", "0.90 to 1.10"),
)

QUICK = (PLAIN, "ours-public", "ours-warm", "ours-cold", "fastapi-pyjwt-warm", "fastapi-pyjwt-cold")
"""The rows of a run that takes a minute."""
