"""Routes that the service does not have, and that are measured: put among its own, in a copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, Response, request, websocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

blueprint = Blueprint("extra", __name__, url_prefix="/extra")

_PART = b"a" * 16384


@blueprint.post("/json")
async def take_json() -> dict[str, int]:
    return {"length": len((await request.get_json())["text"])}


@blueprint.get("/stream")
async def stream() -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield _PART

    return Response(parts(), content_type="application/octet-stream")


@blueprint.websocket("/echo")
async def echo() -> None:
    while True:
        await websocket.send(await websocket.receive())
