"""Routes with rules, each on HTTP and on WebSocket: as the README's chapter "Who may call" has them."""

from __future__ import annotations

import asyncio
from typing import Any

from quart import Blueprint, websocket

from service.auth import AccessToken
from service.web import current_token, optional, requires

blueprint = Blueprint("ruled", __name__, url_prefix="/ruled")

PLAN = "https://example.com/plan"
AUTH_TIME = "https://example.com/auth_time"


async def may_edit(token: AccessToken, order: str) -> bool:
    await asyncio.sleep(0)
    return token.subject == f"auth0|{order}"


def may_read(token: AccessToken, order: str) -> bool:
    return token.subject == f"auth0|{order}"


def breaks(token: AccessToken) -> bool:
    raise RuntimeError("the condition is broken")


def answers_nothing(token: AccessToken) -> Any:
    return None


RULES: dict[str, Any] = {
    "orgs/<org>": requires("read:messages", organization="org"),
    "hidden/<org>": requires(organization="org", hide=True),
    "clients": requires(clients=("app", "other")),
    "plan": requires(claims={PLAN: "pro"}),
    "plans": requires(claims={PLAN: {"pro", "team"}, "level": [3, 4.5, True]}),
    "recent": requires(max_age=300, age_claim=AUTH_TIME),
    "edit/<order>": requires(check=may_edit),
    "read/<order>": requires(check=may_read),
    "broken": requires(check=breaks),
    "no-answer": requires(check=answers_nothing),
}

for path, rule in RULES.items():

    async def view(**arguments: str) -> dict[str, str]:
        return arguments

    async def socket(**arguments: str) -> None:
        await websocket.send("granted")

    name = path.partition("/")[0]
    blueprint.add_url_rule(f"/{path}", name, rule(view))
    blueprint.add_websocket(f"/socket/{path}", f"{name}_socket", rule(socket))


@blueprint.get("/all")
@requires(clients=("app",))
@requires("read:messages", claims={PLAN: "pro"})
@requires(claims={"level": 3})
async def everything() -> dict[str, str]:
    return {}


@blueprint.get("/optional")
@optional
async def for_anyone() -> dict[str, str | None]:
    token = current_token(None)
    return {"caller": token.subject if token else None}


@blueprint.websocket("/socket/optional")
@optional
async def socket_for_anyone() -> None:
    token = current_token(None)
    await websocket.send(token.subject if token else "a stranger")


@blueprint.get("/actor")
async def who_acts() -> dict[str, Any]:
    actor = current_token().actor
    return {"actor": actor and actor.subject, "before": actor and actor.actor and actor.actor.subject}


team = requires("read:messages", claims={PLAN: "team"})(Blueprint("team", __name__, url_prefix="/team"))


@team.get("/")
async def of_the_team() -> dict[str, str]:
    return {}


@team.get("/admin")
@requires("write:messages")
async def of_its_admins() -> dict[str, str]:
    return {}
