"""The server: owns each connection from accept to close, and the end of all. The only place that knows Hypercorn.

    client ─── Connection ─┬─ plain.read ──── Exchange ──────────────────────────┐
               (socket,    │   (a strict subset of HTTP/1.1)                      ├── the app, by ASGI
               unread,     └─ Fallback ────── Http1Protocol ─┬─ HttpStream ──────┤
               deadline)       (everything    (screen, h11)  └─ WebSocketStream ─┘
                                else)

A connection's life: `opened` → waits for a head → a head is there → the app runs → answered → waits for the next head;
or `end`: what was written is flushed, the client has time to read it, `closed`. One sweep (`Core.sweep`) ends those
that have come to their deadline: idle, slow to send a head, slow to read, slow to close. The server's end is drawn in
`shutdown`.

A head that is not plain takes its connection to Hypercorn, for good: upgrades, chunked bodies, `Expect`, HTTP/1.0, and
what is malformed, which `screening` and `chunked` refuse before h11 reads it. Both values of PLAIN_PATH answer alike.

- `limits`: bytes, counts and seconds
- `listening`, `serving`, `shutdown`: the listeners, the start, the end
- `core`: what connections share; `connection`: one of them, on top of its `flow` and its `ending`
- `plain`, `screening`, `chunked`, `response`: bytes alone, without a socket
- `checking`: an app's answers, before they are written
- `exchange`: a plain request as ASGI
- `fallback`, `http1`, `incoming`, `http_stream`, `websocket`, `inbox`: Hypercorn's connection, and what replaces parts
  of it
"""

from .limits import KEEP_ALIVE, MAX_HEAD, ClientTimeouts, ShutdownTimeouts
from .listening import BadHost, CannotBind, listen
from .serving import run, running, serve

__all__ = [
    "KEEP_ALIVE",
    "MAX_HEAD",
    "BadHost",
    "CannotBind",
    "ClientTimeouts",
    "ShutdownTimeouts",
    "listen",
    "run",
    "running",
    "serve",
]
