"""Streams and WebSockets as a user of this project would write them, good and bad."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from quart import Blueprint, Response, abort, current_app, request, websocket

from service.web import current_token, public

blueprint = Blueprint("streams", __name__, url_prefix="/streams")

LARGE = bytes(4 << 20)


def note(event: str) -> None:
    current_app.extensions.setdefault("events", []).append(event)


@blueprint.get("/rows")
@public
async def rows() -> Response:
    """A million rows, and no wait between them."""

    async def body() -> AsyncIterator[bytes]:
        note("begun")
        try:
            for number in range(1_000_000):
                yield b"row %d\n" % number
            note("whole")
        finally:
            note("ended")

    return Response(body(), content_type="text/plain")


@blueprint.get("/large")
@public
async def large() -> Response:
    """One answer that is there already, as a file would be."""
    return Response(LARGE, content_type="application/octet-stream")


@blueprint.get("/parts")
@public
async def parts() -> Response:
    """A stream of parts of 16 KiB, and no wait between them."""

    async def body() -> AsyncIterator[bytes]:
        while True:
            yield bytes(16384)

    return Response(body(), content_type="application/octet-stream")


@blueprint.get("/endless")
async def endless() -> Response:
    """Never waits, and has a token."""

    async def body() -> AsyncIterator[str]:
        while True:
            yield f"{current_token().subject}\n"

    return Response(body(), content_type="text/plain")


@blueprint.get("/endless/sync")
async def endless_sync() -> Response:
    def body() -> Iterator[bytes]:
        while True:
            yield b"row\n"

    return Response(body(), content_type="text/plain")


@blueprint.get("/quiet")
async def quiet() -> Response:
    """Has nothing to say after its first part."""

    async def body() -> AsyncIterator[bytes]:
        yield b"first\n"
        await asyncio.Event().wait()

    return Response(body(), content_type="text/plain")


@blueprint.get("/who")
async def who() -> Response:
    """Asks for the request's context from within its generator."""

    async def body() -> AsyncIterator[str]:
        yield f"{current_token().subject} "
        await asyncio.sleep(0)
        yield f"{request.args['q']} {current_app.name}"

    return Response(body(), content_type="text/plain")


@blueprint.get("/broken/<when>")
@public
async def broken(when: str) -> Response:
    async def body() -> AsyncIterator[bytes]:
        if when == "later":
            await asyncio.sleep(0.01)
        elif when == "after":
            yield b"first\n"
        elif when == "abort":
            abort(409)
        elif when == "special":
            raise LookupError
        raise RuntimeError("no luck")

    return Response(body(), content_type="text/plain")


@blueprint.errorhandler(LookupError)
async def special(_: LookupError) -> tuple[str, int]:
    return "special", 503


@blueprint.get("/wrong/<how>")
@public
async def wrong(how: str) -> Response:
    response = Response("abc")
    if how == "many":
        response.headers["Content-Length"] = "2"
    elif how == "few":
        response.headers["Content-Length"] = "4"
    elif how == "nul":
        response.headers["X-A"] = "a\0b"
    elif how == "name":
        response.headers["X A"] = "a"
    elif how == "line":
        response.headers["X-A"] = "a\r\nX-B: b"
    else:
        raise RuntimeError("no luck")
    return response


@blueprint.get("/wait")
@public
async def wait() -> str:
    note("begun")
    try:
        await asyncio.Event().wait()
    finally:
        note("ended")
    return ""


@blueprint.get("/nap")
@public
async def nap() -> str:
    await asyncio.sleep(0.6)
    return "slept"


@blueprint.get("/ticks")
@public
async def ticks() -> Response:
    async def body() -> AsyncIterator[bytes]:
        while True:
            yield b"tick\n"
            await asyncio.sleep(0.005)

    return Response(body(), content_type="text/plain")


@blueprint.post("/length")
@public
async def length() -> str:
    return f"{len(await request.get_data())} bytes"


@blueprint.websocket("/echo")
@public
async def echo() -> None:
    note("begun")
    try:
        while True:
            await websocket.send(await websocket.receive())
    finally:
        note("ended")


@blueprint.websocket("/sends")
@public
async def sends() -> None:
    """Never looks at what comes."""
    await websocket.send("begun")
    await asyncio.Event().wait()


@blueprint.websocket("/floods")
@public
async def floods() -> None:
    """Sends without an end, and never waits."""
    while True:
        await websocket.send("a" * 10_000)


@blueprint.websocket("/handshake")
@public
async def handshake() -> None:
    """Takes its time to accept."""
    note("begun")
    await asyncio.Event().wait()
