"""The line of a request is, byte for byte, what structlog would write."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from service import logs
from service.auth import AccessToken
from service.plain_text import unbroken
from service.redaction import redact
from service.telemetry.request_log import RequestLog
from service.web.observing import RequestRecord, unreadable

KEY = b"a key of sixteen bytes or more"


class Stream(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def token(client_id: str | None, subject: str = "auth0|one") -> AccessToken:
    return AccessToken(subject, "https://tenant.test/", ("a",), 1, None, None, (), (), client_id, b"{}")


def by_structlog(record: RequestRecord, subject: str | None, trace_id: str | None, style: str, terminal: bool) -> str:
    """As structlog's own processors write it."""
    stream = io.StringIO()
    renderer: Any = (
        structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=terminal)
    )
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    log = structlog.wrap_logger(
        structlog.WriteLogger(stream),  # type: ignore[arg-type]
        processors=[structlog.processors.add_log_level, stamp, renderer],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    # What would do more to a terminal than print is escaped for it.
    shown = unbroken if style == "console" else str
    values = dict(
        request_id=redact(record.request_id) if "eyJ" in record.request_id else record.request_id,
        method=record.method,
        route=record.route,
        status=record.status,
        milliseconds=round(record.seconds * 1000, 2),
        bytes=record.sent,
        client_id=record.token.client_id if record.token else None,
        subject=subject,
        code=record.code,
        **({"trace_id": trace_id} if trace_id else {}),
    )
    event = "websocket" if record.websocket else "request"
    log.info(event, **{name: shown(value) if isinstance(value, str) else value for name, value in values.items()})
    return stream.getvalue()


def written(
    record: RequestRecord, trace_id: str | None, style: str, terminal: bool = False, level: str = "info"
) -> str:
    stream = Stream(terminal)
    logs.configure(level, style, stream)
    RequestLog(KEY).ended(record, trace_id)
    return stream.getvalue()


def without_time(text: str) -> str:
    bare, count = re.subn(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", "NOW", text)
    assert count == 1
    return bare


@pytest.fixture(autouse=True, scope="module")
def _logging_as_it_was() -> Any:
    import logging

    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()


HOSTILE = ["", "the-id", 'a"b', "back\\slash", "line\nbreak\r\u2028", "\x00\x1b[31m", "é漢😀", "\ud800", "</script>", "eyJhbGciOiJSUzI1NiJ9.e30.x"]  # fmt: skip
RECORDS = [
    RequestRecord("GET", "/api/private", 200, 88, 0.00123, "the-id", token("client"), None, False, False),
    RequestRecord("GET", "/api/private", 200, 88, 0.0012, "the-id", token(None), None, False, False),
    RequestRecord("POST", "/orders/<id>", 403, 0, 1.0, "x", token("client"), "insufficient_scope", True, False),
    RequestRecord("GET", "/live", 101, 0, 12345.678, "x", token("client"), None, False, True),
    RequestRecord(None, None, 499, 2**40, 0.0, "", None, None, False, False),
    unreadable(400),
    *(RequestRecord("GET", f"/{text}", 200, 1, 0.5, text, token(text), text, False, False) for text in HOSTILE),
]


@pytest.mark.parametrize("trace_id", [None, "", "4bf92f3577b34da6a3ce929d0e0e4736"])
@pytest.mark.parametrize(("style", "terminal"), [("json", False), ("console", False), ("console", True)])
@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
def test_a_line_is_what_structlog_writes(
    record: RequestRecord, style: str, terminal: bool, trace_id: str | None
) -> None:
    subject = RequestLog(KEY)._pseudonym("https://tenant.test/auth0|one") if record.token else None
    expected = by_structlog(record, subject, trace_id, style, terminal)
    for _ in range(2):
        assert without_time(written(record, trace_id, style, terminal)) == without_time(expected)


LOG = RequestLog(KEY)
TEXT = st.text(st.characters(codec=None), max_size=40)


@given(
    method=st.none() | TEXT, route=st.none() | TEXT, status=st.integers(100, 599), sent=st.integers(0, 2**53),
    seconds=st.floats(0, 1e9), request_id=TEXT, client_id=st.none() | TEXT, code=st.none() | TEXT,
    websocket=st.booleans(), trace_id=st.none() | TEXT,
)  # fmt: skip
def test_any_text_and_number_is_written_as_structlog_writes_it(
    method: str | None, route: str | None, status: int, sent: int, seconds: float, request_id: str,
    client_id: str | None, code: str | None, websocket: bool, trace_id: str | None,
) -> None:  # fmt: skip
    record = RequestRecord(method, route, status, sent, seconds, request_id, token(client_id), code, False, websocket)
    if route in ("/healthz", "/readyz"):
        return
    subject = RequestLog(KEY)._pseudonym("https://tenant.test/auth0|one")
    line = written(record, trace_id, "json")
    assert without_time(line) == without_time(by_structlog(record, subject, trace_id, "json", False))
    assert json.loads(line)["client_id"] == client_id
    assert line.count("\n") == 1


@given(issuer=st.sampled_from(["https://a.test/", "https://a.test/b", "https://b.test/"]), subject=st.text(min_size=1))
def test_a_remembered_caller_is_the_one_it_is(issuer: str, subject: str) -> None:
    asked = AccessToken(subject, issuer, ("a",), 1, None, None, (), (), "client", b"{}")
    for _ in range(2):
        assert LOG._caller(asked).subject == LOG._pseudonym(issuer + subject)


def test_what_is_remembered_of_callers_is_bounded() -> None:
    log = RequestLog(KEY)
    for number in range(10_000):
        log._caller(token("client", f"auth0|{number}"))
        log._caller(token("client" * 1000, f"auth0|{number}"))
    remembered = log._remembered.cache_info()
    assert remembered.currsize == remembered.maxsize == 4096


@pytest.mark.parametrize(("level", "lines"), [("debug", 1), ("info", 1), ("warning", 0), ("error", 0), ("critical", 0)])
@pytest.mark.parametrize("style", ["json", "console"])
def test_the_level_holds_for_requests(level: str, lines: int, style: str) -> None:
    assert written(RECORDS[0], None, style, level=level).count("\n") == lines
