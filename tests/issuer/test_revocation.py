"""`/oauth/revoke` (RFC 7009) and the metadata that names it (OpenID Connect Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from typing import Any

import httpx

from service.issuer import LocalIssuer

from .browser import Application
from .test_issuer import CLIENT

MACHINE = {name: CLIENT[name] for name in ("client_id", "client_secret")}


async def offline(application: Application) -> dict[str, Any]:
    code = await application.code(scope="openid offline_access")
    return (await application.exchange(code=code)).json()  # type: ignore[no-any-return]


async def test_a_refresh_token_is_revoked(http: httpx.AsyncClient, application: Application) -> None:
    kept = await offline(application)
    for encoding in ("data", "json"):
        for hint in ("", "refresh_token", "access_token", "unknown"):
            revoked = (await offline(application))["refresh_token"]
            asked = {"client_id": "dev-spa", "token": revoked, "token_type_hint": hint}
            for _ in range(2):
                answered = await http.post("oauth/revoke", **{encoding: asked})
                assert (answered.status_code, answered.content) == (200, b""), (encoding, hint)
                assert answered.headers["Cache-Control"] == "no-store"
            refused = await application.refresh(revoked)
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert (await application.refresh(kept["refresh_token"])).status_code == 200


async def test_with_a_refresh_token_goes_what_it_was_exchanged_for(
    http: httpx.AsyncClient, application: Application
) -> None:
    first = (await offline(application))["refresh_token"]
    second = (await application.refresh(first)).json()["refresh_token"]
    await http.post("oauth/revoke", data={"client_id": "dev-spa", "token": first})
    assert (await application.refresh(second)).json()["error"] == "invalid_grant"


async def test_what_is_no_refresh_token_of_this_client_changes_nothing(
    http: httpx.AsyncClient, application: Application
) -> None:
    tokens = await offline(application)
    for asked in (
        {"client_id": "dev-spa", "token": "made-up"},
        {"client_id": "dev-spa", "token": tokens["access_token"]},
        {**MACHINE, "token": tokens["refresh_token"]},
    ):
        assert (await http.post("oauth/revoke", data=asked)).status_code == 200
    assert (await application.refresh(tokens["refresh_token"])).status_code == 200


MISTAKES: list[tuple[dict[str, Any], int, str]] = [
    ({"client_id": "dev-spa"}, 400, "invalid_request"),
    ({"client_id": "dev-spa", "token": ""}, 400, "invalid_request"),
    ({"client_id": "dev-spa", "token": ["made-up", "made-up"]}, 400, "invalid_request"),
    ({"token": "made-up"}, 401, "invalid_client"),
    ({"client_id": "dev-m2m", "token": "made-up"}, 401, "invalid_client"),
    ({**MACHINE, "client_secret": "wrong", "token": "made-up"}, 401, "invalid_client"),
    ({"client_id": "nobody", "token": "made-up"}, 400, "invalid_client"),
]


async def test_what_is_wrong_with_a_revocation_is_told(http: httpx.AsyncClient) -> None:
    for asked, status, error in MISTAKES:
        refused = await http.post("oauth/revoke", data=asked)
        assert (refused.status_code, refused.json()["error"]) == (status, error), asked


async def test_json_that_cannot_be_read_revokes_nothing(http: httpx.AsyncClient) -> None:
    for content in (b"{", b"[]", b'{"token": 1, "client_id": "dev-spa"}', b'{"token": "a", "token": "b"}'):
        refused = await http.post("oauth/revoke", content=content, headers={"Content-Type": "application/json"})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


async def test_it_takes_posts_alone_from_the_applications_pages_too(http: httpx.AsyncClient) -> None:
    assert (await http.get("oauth/revoke", params={"client_id": "dev-spa", "token": "made-up"})).status_code == 405
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "auth0-client"}
    preflight = await http.options("oauth/revoke", headers={"Origin": "http://127.0.0.1:8100", **asks})
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:8100"


async def test_the_metadata_says_what_is_there_and_what_is_not(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    discovery = (await http.get(".well-known/openid-configuration")).json()
    # RFC 8414 section 3: for an issuer without a path, the well-known part is the whole of it.
    assert (await http.get(".well-known/oauth-authorization-server")).json() == discovery
    assert discovery["issuer"] == issuer.address
    for name in ("authorization", "token", "revocation", "userinfo"):
        assert (await http.request("PUT", discovery[f"{name}_endpoint"])).status_code == 405
    # Left out, the second would be true (OpenID Connect Discovery section 3).
    assert discovery["request_parameter_supported"] is False
    assert discovery["request_uri_parameter_supported"] is False
    assert discovery["prompt_values_supported"] == ["none", "login", "consent", "select_account"]
    methods = ["none", "client_secret_basic", "client_secret_post"]
    assert discovery["token_endpoint_auth_methods_supported"] == methods
    assert discovery["revocation_endpoint_auth_methods_supported"] == methods
