from __future__ import annotations

import contextlib
import io
import logging
from typing import Any

import pytest
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from service import logs, server
from service.app import create_app
from service.auth.errors import AuthError
from service.redaction import redact
from service.telemetry.metrics import Metrics
from service.telemetry.request_log import RequestLog
from service.telemetry.watching import Telemetry
from service.web import Application

from ..signing import Signer, rsa_key
from ..tenant import ManualClock, Tenant, settings
from ..web.orders import blueprint
from ..web.test_guard import call
from .conftest import Log


async def test_a_request_is_one_line(app: Application, log: Log, make_token: Any) -> None:
    await call(app, "/api/private", make_token(), X_Request_ID="the-id")
    (line,) = log.requests
    assert line.pop("timestamp").endswith("Z")
    assert 0 < line.pop("milliseconds") < 1000
    assert len(line.pop("subject")) == 16
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "the-id",
        "method": "GET",
        "route": "/api/private",
        "status": 200,
        "bytes": 88,
        "client_id": "client",
        "code": None,
    }


async def test_a_refusal_has_its_code_and_nobodys_name(app: Application, log: Log, make_token: Any) -> None:
    await call(app, "/api/private", make_token(exp=1))
    await call(app, "/api/private-scoped", make_token(scope=""))
    await call(app, "/nope", make_token())
    refused, forbidden, lost = log.requests
    assert (refused["status"], refused["code"], refused["subject"]) == (401, "token_expired", None)
    assert (forbidden["status"], forbidden["code"]) == (403, "insufficient_scope")
    assert (lost["status"], lost["code"], lost["route"]) == (404, "not_found", None)


async def test_a_caller_whom_a_rule_refuses_is_named_as_every_other(app: Application, log: Log, tenant: Tenant) -> None:
    for path in ("/api/private", "/orders/all", "/ruled/edit/7"):
        await call(app, path, tenant.token(scope=""))
    granted, *refused = log.requests
    assert [(line["status"], line["code"]) for line in refused] == [(403, "insufficient_scope"), (403, "forbidden")]
    for line in refused:
        assert (line["client_id"], line["subject"]) == ("client", granted["subject"])


async def test_who_acts_for_the_subject_is_logged_by_a_hash(app: Application, log: Log, tenant: Tenant) -> None:
    for claims in ({}, {"act": {"sub": "auth0|agent"}}, {"sub": "auth0|agent"}):
        await call(app, "/api/private", tenant.token(**claims))
    alone, acting, agent = log.requests
    assert "actor" not in alone
    assert (acting["subject"], acting["actor"]) == (alone["subject"], agent["subject"])


async def test_the_same_subject_has_the_same_hash_and_only_with_the_same_key(
    app: Application, log: Log, make_token: Any
) -> None:
    for subject in ("auth0|one", "auth0|one", "auth0|two"):
        await call(app, "/api/private", make_token(sub=subject))
    one, again, two = (line["subject"] for line in log.requests)
    assert one == again != two
    assert RequestLog(b"one key of sixteen bytes")._pseudonym("a") == RequestLog(
        b"one key of sixteen bytes"
    )._pseudonym("a")
    assert RequestLog(b"one key of sixteen bytes")._pseudonym("a") != RequestLog()._pseudonym("a")


async def test_health_checks_are_not_logged(app: Application, log: Log) -> None:
    for path in ("/healthz", "/readyz"):
        await call(app, path)
    assert log.requests == []


async def test_a_head_sends_no_bytes(app: Application, log: Log, make_token: Any) -> None:
    await call(app, "/api/private", make_token(), method="HEAD")
    assert log.requests[0]["bytes"] == 0


def tokens(tenant: Tenant) -> list[str]:
    """One of each kind that is let in, or refused."""
    other = Signer(rsa_key("other"), "other")
    personal = {"email": "somebody@example.com", "name": "Some Body"}
    return [
        tenant.token(**personal),
        tenant.token(scope="", **personal),
        tenant.token(exp=1, **personal),
        tenant.token(iat=2**40),
        tenant.token(iss="https://evil.test/"),
        tenant.token(aud="other"),
        tenant.token(sub=None),
        tenant.token({"typ": "secevent+jwt"}),
        tenant.token(signer=other),
        tenant.token()[:-8] + "AAAAAAAA",
        tenant.token().rsplit(".", 1)[0] + ".",
        "opaque-token-of-somebody",
    ]


async def handshake(port: int, token: str, origin: str | None) -> None:
    with contextlib.suppress(InvalidStatus):
        async with connect(
            f"ws://127.0.0.1:{port}/orders/socket", proxy=None, subprotocols=["bearer", token], origin=origin
        ) as socket:
            await socket.recv()


async def test_no_token_and_no_personal_claim_reaches_the_log_on_any_route(
    app: Application, log: Log, tenant: Tenant, clock: ManualClock
) -> None:
    client = app.test_client()
    # The probe's slow ones never end.
    own = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("probe.")]
    paths = [rule.build(dict.fromkeys(rule.arguments, "1"), append_unknown=False) for rule in own]
    secrets = tokens(tenant)
    for token in secrets:
        for path in [path[1] for path in paths if path] + [
            "/orders/broken",
            "/ruled/edit/7",
            "/ruled/recent",
            f"/{token[:200]}",
            f"/api/private?token={token}",
        ]:
            for method in ("GET", "POST"):
                headers = {"Authorization": f"Bearer {token}", "User-Agent": token}
                if "." in token:
                    headers["X-Request-ID"] = token[:64]
                await client.open(path, method=method, headers=headers)
        for headers in (
            {"Authorization": token},
            {"Authorization": f"Bearer {token} {token}"},
            {"Authorization": f"Basic {token}"},
            {"Cookie": f"token={token}"},
            {"Sec-WebSocket-Protocol": f"bearer, {token}"},
        ):
            await client.get("/api/private", headers=headers)
        good = {"Authorization": f"Bearer {secrets[0]}"}
        await client.post("/orders/any-method", headers=good, data=f"{token} ".encode() * 20_000)
    assert {"forbidden", "insufficient_user_authentication"} <= {line["code"] for line in log.requests}
    tenant.down = True
    await clock.advance(60)
    await call(app, "/api/private", secrets[8])
    tenant.down = False
    served = create_app(
        settings(), telemetry=Telemetry(Metrics(), RequestLog()), clock=clock, transport=tenant.transport
    )
    served.register_blueprint(blueprint)
    listener = server.listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    async with server.running(served, listener):
        for token in secrets:
            for origin in (None, "https://evil.test"):
                await handshake(port, token, origin)
    sockets = {(line["status"], line["code"]) for line in log.requests if line["event"] == "websocket"}
    assert {(101, None), (401, "token_expired"), (403, "origin_not_allowed")} <= sockets
    own = {error.code for error in AuthError.__subclasses__()} | {"not_found", "content_too_large"}
    assert {line["code"] for line in log.requests} >= own
    text = log.getvalue()
    for token in secrets:
        for part in token.split("."):
            assert len(part) < 12 or part[:12] not in text, part
    for personal in ("somebody", "example.com", "Some Body", "auth0|"):
        assert personal not in text.replace("tenant.test", "")


async def test_events_of_the_key_set_are_logged_when_something_changes(
    app: Application, log: Log, tenant: Tenant, clock: ManualClock
) -> None:
    await clock.advance(1)
    tenant.down = True
    await clock.advance(90000)
    tenant.down, tenant.published = False, [tenant.next]
    await clock.advance(120)
    events = [(line["level"], line["event"]) for line in log.lines]
    assert events == [
        ("info", "the key set was loaded"),
        ("info", "ready"),
        ("warning", "the key set cannot be had"),
        ("error", "the key set is stale, and still used"),
        ("error", "the key set is too old, and no longer used"),
        ("info", "the key set can be had again"),
        ("info", "the key set was rotated"),
    ]
    assert log.lines[0]["kids"] == ["current", "next"]
    assert log.lines[2]["reason"] == "ConnectError: refused"


@pytest.mark.parametrize("error", AuthError.__subclasses__(), ids=lambda error: error.__name__)
def test_redacting_leaves_codes_alone(error: type[AuthError]) -> None:
    assert redact(error.code if hasattr(error, "code") else "x") == getattr(error, "code", "x")


def test_what_strangers_wrote_is_harmless_on_a_console() -> None:
    hostile = "a\x1b[2J\x9b31m\x7f\r\n2027-01-01T00:00:00Z [info     ] forged\u202e\ud800"
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        logs.configure("info", "console", stream)
        log = logging.getLogger("test")
        log.info("event %s", hostile, extra={"reason": hostile, "short": "\x1b[2J", "kids": [hostile]})
        try:
            raise ValueError(hostile)
        except ValueError:
            log.exception("failed")
        structlog.get_logger().info("request", client_id="\x1b[2J", request_id=hostile)
    finally:
        root.handlers, root.level = before
        structlog.reset_defaults()
    shown = stream.getvalue()
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert [line for line in shown.splitlines() if line.startswith("2027")] == []
    assert shown.count("\\u001b[2J") >= 5
    assert "ValueError: a" in shown
