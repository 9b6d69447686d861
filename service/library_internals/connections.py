"""Of the libraries that speak HTTP and WebSocket on a connection."""

from __future__ import annotations

from .internal import Internal

_HYPERCORN_WAY_OUT = "a release of Hypercorn that bounds what one client costs; until then, it is pinned"

CONNECTIONS = (
    Internal(
        "hypercorn.protocol.h11:H11Protocol",
        ("__init__", "stream_send", "_send_h11_event", "_maybe_recycle", "_close_stream"),
        "server.http1",
        "reads past a request, sends a 400 over an answer that is pending, upgrades to HTTP/2 in clear text, and calls "
        "methods what they are not",
        _HYPERCORN_WAY_OUT,
        ("bb70ecedd3a3",),
    ),
    Internal(
        "hypercorn.protocol.http_stream:HTTPStream",
        ("__init__", "handle", "app_send"),
        "server.http1",
        "tells the app nothing of what the framing of a body costs, and begins an answer that cannot be written",
        _HYPERCORN_WAY_OUT,
        ("323a6ee0b815",),
    ),
    Internal(
        "hypercorn.protocol.ws_stream:WSStream",
        ("__init__", "handle", "app_send", "_accept", "_handle_events", "_send_wsproto_event", "_send_error_response"),
        "server.websocket",
        "goes on collecting past its bound, counts characters, handles frames without giving the loop its turn, and "
        "answers no break of the protocol",
        _HYPERCORN_WAY_OUT,
        ("5690d73d3b38",),
    ),
    Internal(
        "hypercorn.asyncio.lifespan:Lifespan",
        ("__init__", "handle_lifespan", "wait_for_startup", "wait_for_shutdown"),
        "server.serving",
        "it has no public way to start an app for a server that accepts connections itself",
        "the lifespan protocol of ASGI is short, and could be spoken here",
        ("84bff6978447",),
    ),
    Internal(
        "hypercorn.asyncio.worker_context:WorkerContext",
        ("__init__",),
        "server.core",
        "the protocols above take one",
        "as theirs",
        ("052341c5f32e",),
    ),
    Internal(
        "h11._connection:Connection",
        ("__init__", "receive_data", "next_event", "send", "send_with_data_passthrough", "_process_error"),
        "server.http1",
        "public, but what was screened rests on how it reads and writes, and on its refusing after an error",
        "the plain path's grammar for all requests",
        ("18f0b749e195",),
    ),
    Internal(
        "wsproto.connection:Connection",
        ("send", "receive_data", "events"),
        "server.websocket",
        "public, but events() must go on handling frames only as far as it is asked to",
        "a count of the frames before they are handed to it",
        ("8c910c8bde06",),
    ),
)
