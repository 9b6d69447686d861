from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest

from service import logs
from service.app import create_app
from service.development import AUDIENCE
from service.issuer import LocalIssuer, local_issuer
from service.server import CannotBind
from service.settings import Settings
from service.web import Application

from ..web.test_guard import call
from .browser import Application as ItsApplication

CLIENT = {"grant_type": "client_credentials", "client_id": "dev-m2m", "client_secret": "dev-m2m-secret"}


def api(issuer: LocalIssuer, **overrides: Any) -> Application:
    settings = Settings(issuers=(issuer.address,), audiences=(issuer.audience,), **overrides)
    return create_app(settings, clock=issuer.memory.clock)


async def me(issuer: LocalIssuer, token: str, **overrides: Any) -> dict[str, Any]:
    """What the API makes of a token, with these settings."""
    app = api(issuer, **overrides)
    response = await call(app, "/api/me", token)
    assert response.status_code == 200
    return await response.get_json()


async def test_a_machine_gets_a_token_that_the_api_accepts(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    answer = (await http.post("oauth/token", data={**CLIENT, "audience": issuer.audience})).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 86400
    claims = (await me(issuer, answer["access_token"]))["claims"]
    assert claims.pop("exp") - claims.pop("iat") == 86400
    assert claims == {
        "iss": issuer.address,
        "sub": "dev-m2m@clients",
        "aud": [issuer.audience, f"{issuer.address}userinfo"],
        "azp": "dev-m2m",
        "scope": "read:messages write:messages",
        "permissions": ["read:messages", "write:messages"],
        "gty": "client-credentials",
    }


async def test_a_token_may_be_asked_for_in_json_and_by_basic_authentication(
    issuer: LocalIssuer, http: httpx.AsyncClient
) -> None:
    asked = {**CLIENT, "audience": issuer.audience}
    assert (await http.post("oauth/token", json=asked)).status_code == 200
    secret = asked.pop("client_secret")
    assert (await http.post("oauth/token", data=asked, auth=(asked.pop("client_id"), secret))).status_code == 200


async def test_scopes_are_cut_to_what_was_granted(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    asked = {**CLIENT, "audience": issuer.audience, "scope": "read:messages delete:messages"}
    answer = (await http.post("oauth/token", data=asked)).json()
    assert answer["scope"] == "read:messages"
    assert (await me(issuer, answer["access_token"]))["permissions"] == ["read:messages"]


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 400, "invalid_client"),
        ({"client_id": "dev-spa"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"audience": "other"}, 403, "access_denied"),
        ({"audience": ""}, 403, "access_denied"),
    ],
    ids=str,
)
async def test_what_is_wrong_gets_the_standards_error(
    issuer: LocalIssuer, http: httpx.AsyncClient, changed: dict[str, str], status: int, error: str
) -> None:
    response = await http.post("oauth/token", data={**CLIENT, "audience": issuer.audience, **changed})
    assert (response.status_code, response.json()["error"]) == (status, error)


async def test_a_wrong_secret_is_named(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    asked = {"grant_type": "client_credentials", "audience": issuer.audience}
    for refused in (
        await http.post("oauth/token", data={**CLIENT, "client_secret": "wrong"}),
        await http.post("oauth/token", data=asked, auth=("dev-m2m", "wrong")),
    ):
        assert refused.status_code == 401
        assert refused.json() == {"error": "invalid_client", "error_description": "The client_secret is wrong."}
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("content", "description"),
    [
        (b"{", "The body cannot be read: not JSON."),
        (b"[]", "The body cannot be read: not a JSON object."),
        (b'{"scope": "a", "scope": "b"}', "The body cannot be read: a member name stands twice."),
        (b'{"\xff": "a"}', "The body cannot be read: not UTF-8."),
        *((json.dumps({**CLIENT, "audience": AUDIENCE, "scope": scope}).encode(),
           "Each member of the body must be a string; several scopes are separated by spaces.")
          for scope in (["read:messages"], None, {}, 1)),
    ],
    ids=str,
)  # fmt: skip
async def test_json_that_cannot_be_taken_is_told_and_grants_nothing(
    http: httpx.AsyncClient, content: bytes, description: str
) -> None:
    refused = await http.post("oauth/token", content=content, headers={"Content-Type": "application/json"})
    assert refused.status_code == 400
    assert refused.json() == {"error": "invalid_request", "error_description": description}


async def test_garbage_is_refused_and_does_not_break_it(http: httpx.AsyncClient) -> None:
    json_type = {"Content-Type": "application/json"}
    deep = b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert (await http.post("local/faults", content=deep)).status_code == 400
    for credentials in (b"Basic /w==", b"Basic \xe9", b"Basic ====", b"Basic"):
        refused = await http.post("oauth/token", data=CLIENT, headers={"Authorization": credentials})
        assert refused.status_code in (400, 401, 403)
    for content, headers in (
        (deep, json_type),
        (b"{", json_type),
        (b"[]", json_type),
        (b"\xff", json_type),
        (b"", {}),
        (b"\xff=%ff", {}),
        (b"\xff", {"Content-Type": "multipart/form-data"}),
        (b"\xff", {"Content-Type": "multipart/form-data; boundary=a"}),
        (b"grant_type=\xff", {"Content-Type": "application/x-www-form-urlencoded; charset=nope"}),
    ):
        assert (await http.post("oauth/token", content=content, headers=headers)).status_code == 400


async def test_its_log_holds_no_token_and_no_secret(
    issuer: LocalIssuer, application: ItsApplication, caplog: pytest.LogCaptureFixture
) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("debug", "json")
    root.addHandler(caplog.handler)
    tokens = (await application.exchange(code=await application.code(scope="openid offline_access"))).json()
    opaque = (await application.exchange(code=await application.code(audience=None))).json()["access_token"]
    await application.http.post("oauth/token", data={**CLIENT, "audience": issuer.audience})
    root.handlers, root.level = before
    for secret in (tokens["refresh_token"], opaque, "dev-m2m-secret"):
        assert secret not in caplog.text


async def test_the_discovery_document_names_what_is_there(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    document = (await http.get(".well-known/openid-configuration")).json()
    assert document["issuer"] == issuer.address
    assert (await http.get(document["jwks_uri"])).status_code == 200
    asked_for_nothing = await http.post(document["token_endpoint"])
    assert asked_for_nothing.status_code == 400
    assert asked_for_nothing.json() == {"error": "invalid_request", "error_description": "grant_type is missing."}


async def test_the_set_holds_the_current_and_the_next_key(http: httpx.AsyncClient) -> None:
    async def kids() -> list[str]:
        return [key["kid"] for key in (await http.get(".well-known/jwks.json")).json()["keys"]]

    current, following = await kids()
    await http.post("local/rotate")
    assert await kids() == [following, (await kids())[1], current]
    await http.post("local/revoke")
    assert (await kids())[0] == following
    assert current not in await kids()
    assert len(await kids()) == 2


async def test_no_private_part_of_a_key_is_published(http: httpx.AsyncClient) -> None:
    for key in (await http.get(".well-known/jwks.json")).json()["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


async def test_tokens_are_made_in_one_line(issuer: LocalIssuer) -> None:
    assert (await me(issuer, issuer.token(sub="me", permissions=["a"])))["permissions"] == ["a"]
    app = api(issuer)
    assert (await call(app, "/api/private", issuer.token(exp=None))).status_code == 401
    assert (await call(app, "/api/private", issuer.token({"typ": "at+jwt"}))).status_code == 200


async def test_faults_break_the_key_set_and_heal(http: httpx.AsyncClient) -> None:
    assert (await http.post("local/faults", json={"status": 503, "delay": 0.01})).status_code == 200
    assert (await http.get(".well-known/jwks.json")).status_code == 503
    assert (await http.post("local/faults", json={})).status_code == 200
    assert (await http.get(".well-known/jwks.json")).status_code == 200
    for wrong in ({"status": "503"}, {"delay": -1}, {"statsu": 503}, [], {"status": 99}, {"delay": True}):
        assert (await http.post("local/faults", json=wrong)).status_code == 400
    assert (await http.post("local/faults", content=b"{")).status_code == 400


@pytest.mark.parametrize("path", ["rotate", "revoke", "faults"])
@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1:8100", ""])
async def test_no_page_may_play_with_it(http: httpx.AsyncClient, path: str, origin: str) -> None:
    assert (await http.post(f"local/{path}", json={}, headers={"Origin": origin})).status_code == 403


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8180", "127.0.0.1.evil.test", "10.0.0.1", "0.0.0.0", ""])
async def test_it_answers_to_loopback_names_alone(http: httpx.AsyncClient, host: str) -> None:
    assert (await http.get(".well-known/jwks.json", headers={"Host": host})).status_code in (400, 421)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", ""])
async def test_it_listens_on_the_loopback_range_or_not_at_all(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        async with local_issuer(host):
            pass


async def test_a_port_that_is_taken_is_told(issuer: LocalIssuer) -> None:
    port = int(issuer.address.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(CannotBind, match="in use"):
        async with local_issuer(port=port):
            pass
