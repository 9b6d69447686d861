"""The one list of what this service replaces in other libraries, or calls there, without their promise to keep it.

Each row has its reason and its way out. The fingerprints are of the sources of its members, one for each release that
was read; a test fails when an installed release has others, and when something is replaced that is not listed. Then
read what has changed there, mend what rests on it, and add the fingerprint that the test prints.
"""

from __future__ import annotations

from typing import NamedTuple


class Internal(NamedTuple):
    """`owner` is a class as "module:Class"; `used_by` names the modules of this service that rest on it."""

    owner: str
    members: tuple[str, ...]
    used_by: str
    reason: str
    way_out: str
    fingerprints: tuple[str, ...]


_HYPERCORN_WAY_OUT = "a release of Hypercorn that bounds what one client costs; until then, it is pinned"
_QUART_WAY_OUT = "a release of Quart that does it; the class is named by an attribute of the app, and can be left out"

INTERNALS = (
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
    Internal(
        "quart.asgi:ASGIHTTPConnection",
        ("__init__", "__call__", "_create_request_from_scope", "handle_request"),
        "web.asgi",
        "two or three tasks for each request, and a stream that outlives its context; 60 µs",
        _QUART_WAY_OUT,
        ("e6e23990a00d", "f1c6b9aa70f1"),
    ),
    Internal(
        "quart.asgi:ASGIWebsocketConnection",
        (
            "__init__",
            "__call__",
            "handle_messages",
            "_create_websocket_from_scope",
            "handle_websocket",
            "send_data",
            "accept_connection",
            "close_connection",
        ),
        "web.asgi",
        "takes an empty message for none, queues without a bound, and (0.23) reads on when its handler has ended",
        _QUART_WAY_OUT,
        ("7cd0423272da", "e07d1c63a59a"),
    ),
    Internal(
        "quart.app:Quart",
        (
            "__init__",
            "ensure_async",
            "log_exception",
            "handle_request",
            "full_dispatch_request",
            "finalize_request",
            "handle_user_exception",
            "dispatch_websocket",
            "full_dispatch_websocket",
        ),
        "web.application",
        "a stream is sent outside of its context; each function is unwrapped again for each request",
        _QUART_WAY_OUT,
        ("6e2caea822e6", "eb8f0449335d"),
    ),
    Internal(
        "quart.wrappers.request:Body",
        ("__init__", "__aiter__", "__anext__", "__await__", "clear", "set_result"),
        "web.reading",
        "reads ahead whatever comes, and a route cannot change its limit",
        _QUART_WAY_OUT,
        ("8d31e41c21ad", "c9c340179973"),
    ),
    Internal(
        "quart.wrappers.request:Request",
        ("__init__", "get_data", "get_json"),
        "web.body, web.requests",
        "what a route cannot read is a 500 there",
        _QUART_WAY_OUT,
        ("451be6660342",),
    ),
    Internal(
        "quart.formparser:FormDataParser",
        ("__init__", "parse"),
        "web.body",
        "takes a form that it cannot read for an empty one",
        _QUART_WAY_OUT,
        ("7681c11cb67f",),
    ),
    Internal(
        "quart.wrappers.response:Response",
        ("make_conditional",),
        "web.conditional",
        "breaks on ranges that count from the end, and refuses those that are to be ignored",
        _QUART_WAY_OUT,
        ("f913dfacdc35",),
    ),
    Internal(
        "quart.wrappers.response:DataBody",
        ("__init__", "__aiter__"),
        "web.asgi, web.conditional, web.constant",
        "a body that is there already is sent at once, by its `data`, `begin` and `end`",
        "Response.get_data, which joins parts that are one already",
        ("5407e1db8237",),
    ),
    Internal(
        "quart.wrappers.websocket:Websocket",
        ("__init__", "accept", "receive", "receive_json"),
        "web.requests",
        "accepts twice, and a message that is no JSON is a defect there",
        _QUART_WAY_OUT,
        ("5721debd70e1", "113286c57f6b"),
    ),
    Internal(
        "quart.wrappers.base:BaseRequestWebsocket",
        ("blueprints",),
        "web.requests",
        "imports a module at each call",
        _QUART_WAY_OUT,
        ("a5160d6b49c9",),
    ),
    Internal(
        "quart.routing:QuartMap",
        ("bind_to_request",),
        "web.routing",
        "matches a path that is decoded before it is split",
        _QUART_WAY_OUT,
        ("ed58772ab72e",),
    ),
    Internal(
        "werkzeug.routing.map:Map",
        ("__init__", "add"),
        "web.routing",
        "merges slashes and redirects; what this one matches is exact",
        "Map's options, should they cover it",
        ("9b13dc0bb897",),
    ),
    Internal(
        "werkzeug.routing.map:MapAdapter",
        ("__init__", "match"),
        "web.routing",
        "as Map",
        "as Map's",
        ("c02beba9779d",),
    ),
    Internal(
        "flask.json.provider:JSONProvider",
        ("__init__", "_prepare_response_obj", "response"),
        "web.json",
        "makes an encoder for each answer; 8 µs a request",
        "Quart's provider itself; nothing but time rests on it",
        ("20a93fb85e03",),
    ),
    Internal(
        "flask.json.provider:DefaultJSONProvider",
        ("dumps", "loads", "response"),
        "web.json",
        "as JSONProvider",
        "as JSONProvider's",
        ("207d3e0ccfdb",),
    ),
    Internal(
        "werkzeug.datastructures.headers:Headers",
        ("__init__", "_get_key", "__contains__", "get", "getlist", "__iter__", "__len__"),
        "web.headers",
        "looks at each field for each question; 27 µs a request. Its fields are in `_list`",
        "Headers itself; nothing but time rests on it",
        ("aabea0da1229",),
    ),
    Internal(
        "werkzeug.datastructures.mixins:ImmutableHeadersMixin",
        ("remove",),
        "web.headers",
        "a field that is to be ignored must be taken out",
        "as Headers'",
        ("831581a74bee",),
    ),
    Internal(
        "werkzeug.sansio.request:Request",
        ("__init__", "host", "authorization"),
        "web.head",
        "a head that cannot be read is a 500 there, and `//x` is taken for `/x`",
        "a release of Werkzeug that reads them strictly",
        ("03599e80f00f",),
    ),
    Internal(
        "werkzeug.local:LocalProxy",
        ("__init__",),
        "web.requests",
        "documented: `_get_current_object` spares a lookup at each use",
        "the proxies themselves",
        ("c0ca4efcda60",),
    ),
)
