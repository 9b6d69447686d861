"""The text of a request's log line. Made by hand: structlog takes ten times as long, and each request has one."""

from __future__ import annotations

import functools
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..web.observing import RequestRecord

# The fastest public way to write a string. What is not ASCII is escaped, as structlog does.
_quote = json.JSONEncoder().encode


class Caller(NamedTuple):
    """What a line tells of a caller: `subject` is a pseudonym, as is `actor`, who acts for it, if there is one.
    `as_json` has all members."""

    client_id: str | None
    subject: str | None
    actor: str | None
    as_json: str


def caller(client_id: str | None, subject: str | None, actor: str | None = None) -> Caller:
    text = f'"client_id": {_quote(client_id)}, "subject": {_quote(subject)}'
    return Caller(client_id, subject, actor, text if actor is None else f'{text}, "actor": {_quote(actor)}')


UNKNOWN = caller(None, None)


def members(record: RequestRecord, request_id: str, caller: Caller, trace_id: str | None) -> dict[str, object]:
    """What a line tells, in its order, as an event of structlog."""
    return {
        "request_id": request_id,
        "method": record.method,
        "route": record.route,
        "status": record.status,
        "milliseconds": round(record.seconds * 1000, 2),
        "bytes": record.sent,
        "client_id": caller.client_id,
        "subject": caller.subject,
        **({"actor": caller.actor} if caller.actor else {}),
        "code": record.code,
        **({"trace_id": trace_id} if trace_id else {}),
        "event": "websocket" if record.websocket else "request",
        "level": "info",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }


def as_json(record: RequestRecord, request_id: str, caller: Caller, trace_id: str | None) -> str:
    """Write `members` as a line with a JSON object, byte for byte as structlog's JSONRenderer does."""
    now = time.time()
    second = int(now)
    milliseconds = f"{record.seconds * 1000:.2f}"
    return (
        f'{{"request_id": {_quote(request_id)}, {_target(record.method, record.route, record.status)}, '
        # A number has a digit behind its point, and no zero behind that.
        f'"milliseconds": {milliseconds[:-1] if milliseconds[-1] == "0" else milliseconds}, "bytes": {record.sent}, '
        f"{caller.as_json}, {_code(record.code)}, {_trace(trace_id) if trace_id else ''}"
        f'"event": "{"websocket" if record.websocket else "request"}", "level": "info", '
        f'"timestamp": "{_second(second)}.{int((now - second) * 1_000_000):06}Z"}}\n'
    )


# Neither has more values than the service has routes, statuses and codes.


@functools.lru_cache(maxsize=1024)
def _target(method: str | None, route: str | None, status: int) -> str:
    return f'"method": {_quote(method)}, "route": {_quote(route)}, "status": {status:d}'


@functools.lru_cache(maxsize=256)
def _code(code: str | None) -> str:
    return f'"code": {_quote(code)}'


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _trace(trace_id: str) -> str:
    return f'"trace_id": {_quote(trace_id)}, '
