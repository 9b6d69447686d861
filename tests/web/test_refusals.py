from __future__ import annotations

import logging
from typing import Any

import pytest

from service.auth import errors
from service.auth.errors import AuthError
from service.web import Application

from ..signing import Signer, rsa_key
from ..tenant import NOW, Tenant
from .test_guard import call

STRANGER = Signer(rsa_key("stranger"), "current")
UNKNOWN = Signer(rsa_key("stranger"), "unknown")

# The contract's table: what is sent, and status, code and `error` of the answer.
ROWS: dict[str, tuple[Any, int, str, str | None]] = {
    "no header": (None, 401, "authorization_header_missing", None),
    "another scheme": ("Basic dXNlcjpwYXNz", 401, "authorization_header_missing", None),
    "Bearer with nothing": ("Bearer", 400, "invalid_request", "invalid_request"),
    "more than one part": ("Bearer a b", 400, "invalid_request", "invalid_request"),
    "not a JWT": ("Bearer opaque", 401, "invalid_token", "invalid_token"),
    "wrong encoding": ("Bearer A.A.A", 401, "invalid_token", "invalid_token"),
    "too long": ("Bearer " + "A" * 8193, 401, "invalid_token", "invalid_token"),
    "bad header": (lambda t: t.token({"crit": ["x"]}), 401, "invalid_token", "invalid_token"),
    "algorithm not allowed": (lambda t: t.token({"alg": "RS512"}), 401, "invalid_token", "invalid_token"),
    "unknown key": (lambda t: t.token(signer=UNKNOWN), 401, "invalid_token", "invalid_token"),
    "bad signature": (lambda t: t.token(signer=STRANGER), 401, "invalid_token", "invalid_token"),
    "bad claims": (lambda t: t.token(sub=None), 401, "invalid_token", "invalid_token"),
    "expired": (lambda t: t.token(exp=NOW - 100), 401, "token_expired", "invalid_token"),
    "not yet valid": (lambda t: t.token(nbf=NOW + 100), 401, "token_not_yet_valid", "invalid_token"),
    "issued in the future": (lambda t: t.token(iat=NOW + 100), 401, "token_not_yet_valid", "invalid_token"),
    "another issuer": (lambda t: t.token(iss="https://evil.test/"), 401, "invalid_issuer", "invalid_token"),
    "another audience": (lambda t: t.token(aud="other"), 401, "invalid_audience", "invalid_token"),
    "no permission": (lambda t: t.token(scope=""), 403, "insufficient_scope", "insufficient_scope"),
}


OF_RULES = {
    "anonymous_not_allowed",
    "client_not_allowed",
    "forbidden",
    "insufficient_claims",
    "insufficient_user_authentication",
    "organization_mismatch",
    "organization_not_allowed",
}


def authorization(sent: Any, tenant: Tenant) -> dict[str, str]:
    if callable(sent):
        return {"Authorization": f"Bearer {sent(tenant)}"}
    return {} if sent is None else {"Authorization": sent}


@pytest.mark.parametrize(("sent", "status", "code", "error"), ROWS.values(), ids=ROWS)
async def test_each_row_of_the_contract(
    app: Application, tenant: Tenant, sent: Any, status: int, code: str, error: str | None
) -> None:
    headers = authorization(sent, tenant)
    response = await app.test_client().get("/api/private-scoped", headers=headers)
    body = await response.get_json()
    assert (response.status_code, body["code"], body["status"]) == (status, code, status)
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id"}
    assert response.content_type == "application/problem+json"
    assert response.headers["X-Request-ID"] == body["request_id"]
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"' in challenge
    assert (f'error="{error}"' in challenge) if error else ("error=" not in challenge)
    # Nothing of the token comes back, in whichever form.
    text = f"{response.headers}{await response.get_data(as_text=True)}"
    for part in headers.get("Authorization", "").removeprefix("Bearer ").split("."):
        assert len(part) < 8 or part not in text
    assert "evil" not in text


async def test_keys_that_cannot_be_had_are_no_fault_of_the_token(app: Application, tenant: Tenant) -> None:
    tenant.down = True
    response = await call(app, "/api/private", tenant.token())
    assert response.status_code == 503
    assert (await response.get_json())["code"] == "key_source_unavailable"
    assert int(response.headers["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in response.headers


def test_every_error_owns_its_status_and_code() -> None:
    classes = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, AuthError)]
    codes = {cls.code for cls in classes if cls is not AuthError}
    in_the_contract = {code for _, _, code, _ in ROWS.values()} | {"key_source_unavailable"}
    # A WebSocket's Origin is not in the contract's table; the rest is of rules: see test_rules.
    assert codes == in_the_contract | {"origin_not_allowed"} | OF_RULES


async def test_an_unexpected_exception_is_opaque_outside_and_whole_in_the_log(
    app: Application, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    token = tenant.token()
    response = await call(app, "/orders/broken", token)
    body = await response.get_json()
    assert (response.status_code, body["code"]) == (500, "internal_error")
    assert "cannot parse" not in str(body)
    (record,) = caplog.records
    assert record.__dict__["request_id"] == body["request_id"]
    assert "RuntimeError: cannot parse" in record.__dict__["exception"]
    for part in token.split("."):
        assert part not in record.__dict__["exception"]


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bad_request"), (401, "unauthorized"), (403, "forbidden"), (409, "conflict"), (503, "service_unavailable")],
)
async def test_what_a_route_answers_by_abort_has_the_same_format(
    app: Application, make_token: Any, status: int, code: str
) -> None:
    response = await call(app, f"/orders/abort/{status}", make_token())
    body = await response.get_json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert ("WWW-Authenticate" in response.headers) == (status in (401, 403))


async def test_a_body_that_is_too_large_is_413(app: Application, make_token: Any) -> None:
    headers = {"Authorization": f"Bearer {make_token()}"}
    small = await app.test_client().post("/orders/any-method", headers=headers, data=b"a" * 1024)
    assert await small.get_json() == {"bytes": 1024}
    large = await app.test_client().post("/orders/any-method", headers=headers, data=b"a" * (1024 * 1024 + 1))
    assert (large.status_code, (await large.get_json())["code"]) == (413, "content_too_large")


@pytest.mark.parametrize("value", ["a", "A" * 64, "6f1c-9._Z"])
async def test_a_sane_request_id_is_kept(app: Application, value: str) -> None:
    response = await call(app, "/api/private", X_Request_ID=value)
    assert response.headers["X-Request-ID"] == value


@pytest.mark.parametrize("value", ["", "A" * 65, "a b", 'a"b', "<script>", "é", "a\tb"])
async def test_another_is_replaced(app: Application, value: str) -> None:
    for path in ("/api/private", "/api/public", "/nope"):
        response = await call(app, path, X_Request_ID=value)
        assert value == "" or value not in response.headers["X-Request-ID"]
        assert len(response.headers["X-Request-ID"]) == 32


async def test_without_a_public_url_the_challenge_has_no_metadata(tenant: Tenant) -> None:
    from service.app import create_app

    from ..tenant import settings

    app = create_app(settings(audiences=("bar",)), transport=tenant.transport)
    response = await call(app, "/api/private", Host="evil.test")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    response = await call(app, "/.well-known/oauth-protected-resource", Host="evil.test")
    assert response.status_code == 404
