"""Routes as a user of this project would write them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from quart import Blueprint, Response, abort, current_app, request, stream_with_context, websocket

from service.web import current_token, public, requires

blueprint = Blueprint("probe", __name__, url_prefix="/orders")


@blueprint.get("/")
async def closed() -> dict[str, str]:
    return {"caller": current_token().subject}


@blueprint.get("/open")
@public
async def opened() -> dict[str, str]:
    return {"caller": "anyone"}


@blueprint.get("/open/who")
@public
async def opened_asking() -> dict[str, str]:
    return {"caller": current_token().subject}


@blueprint.get("/all")
@requires("read:orders", "write:orders")
async def needs_all() -> dict[str, str]:
    return {}


@blueprint.get("/any")
@requires(any_of=("read:orders", "write:orders"))
async def needs_any() -> dict[str, str]:
    return {}


@blueprint.get("/scopes")
@requires(scopes=("read:orders",))
async def needs_scope() -> dict[str, str]:
    return {}


@blueprint.get("/permissions")
@requires(permissions=("read:orders",))
async def needs_permission() -> dict[str, str]:
    return {}


@blueprint.get("/twice")
@requires("read:orders")
@requires("write:orders")
async def needs_both() -> dict[str, str]:
    return {}


@blueprint.route("/any-method", methods=["GET", "POST", "OPTIONS"])
async def any_method() -> dict[str, int]:
    return {"bytes": len(await request.get_data())}


@blueprint.post("/json")
async def takes_json() -> dict[str, str]:
    return {"type": type(await request.get_json()).__name__}


@blueprint.get("/broken")
async def broken() -> None:
    raise RuntimeError(f"cannot parse {request.headers['Authorization']}")


@blueprint.get("/abort/<int:status>")
async def aborting(status: int) -> None:
    abort(status)


@blueprint.get("/stream")
async def stream() -> Response:
    async def ticks() -> AsyncIterator[bytes]:
        while True:
            yield b"tick\n"
            await asyncio.sleep(0.005)

    return Response(ticks(), content_type="text/plain")


@blueprint.get("/slow")
async def slow() -> None:
    """Wait for ever, and tell when that is cut short."""
    current_app.extensions["slow"] = "waiting"
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        current_app.extensions["slow"] = "cancelled"
        raise


@blueprint.get("/announced")
async def announced() -> Response:
    async def body() -> AsyncIterator[bytes]:
        current_app.extensions["go on"] = go_on = asyncio.Event()
        await go_on.wait()
        yield b"done"

    return Response(stream_with_context(body)(), content_type="text/plain")


@blueprint.websocket("/socket")
async def socket() -> None:
    await websocket.send(current_token().subject)
    while True:
        await websocket.send(await websocket.receive())


@blueprint.websocket("/socket/flood")
async def flooding_socket() -> None:
    current_app.extensions["flooded"] = 0
    while True:
        await websocket.send("a" * 100_000)
        current_app.extensions["flooded"] += 1


@blueprint.websocket("/socket/scoped")
@requires("read:orders")
async def scoped_socket() -> None:
    await websocket.send("scoped")


@blueprint.websocket("/socket/open")
@public
async def open_socket() -> None:
    await websocket.send("open")


@blueprint.websocket("/socket/broken")
async def broken_socket() -> None:
    await websocket.accept()
    raise RuntimeError("broken")
