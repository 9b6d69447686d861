"""`/local/token`: tokens that Auth0's Actions and anonymous sessions would make."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from service.issuer import LocalIssuer

from .test_issuer import CLIENT
from .test_login import claims

ASKED = {**CLIENT, "audience": "http://127.0.0.1:8100"}


async def test_a_machines_token_gets_more_claims(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    given = {"https://example.com/plan": "pro", "auth_time": 1.5, "permissions": ["a"], "header": {"alg": "none"}}
    usual = (await http.post("oauth/token", data=ASKED)).json()
    for form in ({"data": {**ASKED, "claims": json.dumps(given)}}, {"json": {**ASKED, "claims": json.dumps(given)}}):
        answered = await http.post("local/token", **form)  # type: ignore[arg-type]
        said = await claims(issuer, answered.json()["access_token"])
        assert said == {**await claims(issuer, usual["access_token"]), **given}
    # Auth0's own endpoint knows nothing of it.
    ignored = (await http.post("oauth/token", data={**ASKED, "claims": json.dumps(given)})).json()["access_token"]
    assert "auth_time" not in await claims(issuer, ignored)


async def test_an_anonymous_visitor_is_another_each_time(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    subjects = set()
    for _ in range(2):
        answered = await http.post("local/token", data={"grant_type": "anonymous", "claims": '{"a": 1}'})
        assert answered.headers["Cache-Control"] == "no-store"
        said = await claims(issuer, answered.json()["access_token"], anonymous="allow")
        assert (said["azp"], said["scope"], said["permissions"], said["a"]) == ("dev-spa", "", [], 1)
        assert said["sub"].startswith("anon@")
        subjects.add(said["sub"])
    assert len(subjects) == 2


RESERVED = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "azp", "client_id", "gty", "act", "cnf", "org_id",
            "org_name")  # fmt: skip


@pytest.mark.parametrize("name", RESERVED)
async def test_who_the_token_is_from_and_for_cannot_be_changed(http: httpx.AsyncClient, name: str) -> None:
    for value in ("a", None):
        refused = await http.post("local/token", data={**ASKED, "claims": json.dumps({name: value})})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
        assert f"The claim {name} is set by the issuer alone." in refused.json()["error_description"]


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"claims": "{"}, 400, "invalid_request"),
        ({"claims": "[]"}, 400, "invalid_request"),
        ({"claims": '{"a": NaN}'}, 400, "invalid_request"),
        ({"claims": '{"a": 1, "a": 2}'}, 400, "invalid_request"),
        ({"claims": '{"a": "\\ud800"}'}, 400, "invalid_request"),
        ({"claims": '{"a":' * 5000}, 400, "invalid_request"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "anonymous", "audience": "other"}, 403, "access_denied"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_is_wrong_is_told(http: httpx.AsyncClient, changed: dict[str, str], status: int, error: str) -> None:
    refused = await http.post("local/token", data={**ASKED, **changed})
    assert (refused.status_code, refused.json()["error"]) == (status, error)


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1:8100", ""])
async def test_no_page_may_ask(http: httpx.AsyncClient, origin: str) -> None:
    asked: dict[str, Any] = {"grant_type": "anonymous"}
    assert (await http.post("local/token", data=asked, headers={"Origin": origin})).status_code == 403
