"""What a server grants a client, and the process: bytes, counts and seconds."""

from __future__ import annotations

from dataclasses import dataclass

MAX_HEAD = 32 * 1024
"""Longest head of a request, in bytes: room for a token of the largest size, and for the usual headers."""

MAX_FIELDS = 100
"""Most header fields of a request. Each costs time to parse, also where a head of 32 KiB has thousands of them."""

READ_SIZE = 16 * 1024
"""Bytes that are read at once from a client whose body nobody has asked for."""

BODY_READ_SIZE = 64 * 1024
"""Bytes that are read at once of a body that the app waits for."""

MAX_UNREAD = MAX_HEAD
"""Bytes of a client that are kept while it sends a head; then its socket is not read. No less than a head."""

MAX_BEHIND = 8 * 1024
"""Bytes that are kept behind a head while its request is handled, and before the app asks for them."""

WRITE_SIZE = 64 * 1024
"""Bytes that are written before the client must have taken some (asyncio's high-water mark); then the kernel too holds
no more than these that were not sent."""

SOCKET_WRITE_SIZE = 16 * 1024
"""The same for a WebSocket, whose messages are copied into frames: beside these bytes, one message waits."""

LINGER_BYTES = 16 * 1024 * 1024
"""Bytes that are read and discarded after an answer that was sent before the request's body had arrived."""

LONGEST_LINGER = 30.0
"""Seconds in which they are read, from a client that goes on sending."""

MAX_MESSAGE = 1024 * 1024
"""Longest message of a WebSocket, in bytes."""

MAX_QUEUED_MESSAGES = 4
"""Messages of a WebSocket that wait for the app; then its socket is not read."""

TURN = 32
"""Events of one client, such as frames or chunks, that are handled before the event loop gets its turn."""

BACKLOG = 1024
"""Connections that wait to be accepted; with fewer, the kernel refuses a burst of clients."""

KEEP_ALIVE = 75.0
"""Seconds that an idle connection is kept. Above the 60 of an AWS load balancer: it must be the one to close, or it
will send a request on a connection that is just being closed, and answer 502."""

HALF_CLOSED_SECONDS = 0.05
"""Seconds in which a client is still answered that has said that it sends no more. Most of them have left: then the
work for them is cancelled."""

FLUSH_SECONDS = 1.0
"""Seconds to flush close frames and 503s before connections are aborted."""


@dataclass(frozen=True, slots=True)
class ClientTimeouts:
    """Seconds that a server waits for a client.

    `idle` between two requests; `head` from the first byte of a head to its last; `response` for a client to take
    64 KiB that were written; `linger` between two parts of a body that is not read any more, and for a closing
    connection to close; `ping` between two pings of a WebSocket, three of which without any sign of life end it.
    """

    idle: float = KEEP_ALIVE
    head: float = 20.0
    response: float = 60.0
    linger: float = 5.0
    ping: float = 20.0


@dataclass(frozen=True, slots=True)
class ShutdownTimeouts:
    """Seconds of a server's end: `delay` between failing readiness and closing the listener, then `grace` for the
    requests in flight."""

    delay: float = 0.0
    grace: float = 0.0
