"""`/authorize`, the login page, `/oauth/token` for people, `/userinfo` and `/v2/logout`, over HTTP."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx
import jwt
import pytest

from service.issuer import LocalIssuer
from service.issuer.memory import CODE_LIFETIME

from ..tenant import ManualClock
from .browser import CALLBACK, READER, Application, answer
from .test_issuer import me


async def claims(issuer: LocalIssuer, token: str, **overrides: Any) -> dict[str, Any]:
    """What the API reads in an access token."""
    return (await me(issuer, token, **overrides))["claims"]  # type: ignore[no-any-return]


async def unpack(http: httpx.AsyncClient, token: str, audience: str) -> dict[str, Any]:
    """An ID token, checked by somebody else's code."""
    keys = jwt.PyJWKSet.from_dict((await http.get(".well-known/jwks.json")).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, ["RS256"], audience=audience, options={"verify_exp": False, "verify_iat": False})


async def test_a_code_is_exchanged_for_tokens_that_the_api_accepts(
    issuer: LocalIssuer, http: httpx.AsyncClient, application: Application, clock: ManualClock
) -> None:
    asked = await application.authorize()
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith("/u/login?")
    page = await http.get(asked.headers["Location"])
    assert "Rita Reader" in page.text
    # Stricter, and the form would be sent with the Origin "null".
    assert page.headers["Referrer-Policy"] == "same-origin"
    given = answer(await application.log_in())
    assert given["state"] == "its-state"
    tokens = (await application.exchange(code=given["code"])).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 86400)
    assert tokens["scope"] == "openid profile email read:messages"
    assert "refresh_token" not in tokens
    now = int(clock.now())
    assert await claims(issuer, tokens["access_token"]) == {
        "iss": issuer.address,
        "sub": "auth0|reader",
        "aud": [issuer.audience, f"{issuer.address}userinfo"],
        "iat": now,
        "exp": now + 86400,
        "azp": "dev-spa",
        "scope": "openid profile email read:messages",
        "permissions": ["read:messages"],
    }
    identity = await unpack(http, tokens["id_token"], "dev-spa")
    assert identity == {
        "iss": issuer.address,
        "aud": "dev-spa",
        "sub": "auth0|reader",
        "name": "Rita Reader",
        "nickname": "reader",
        "email": "reader@example.com",
        "email_verified": True,
        "nonce": "its-nonce",
        "iat": now,
        "exp": now + 36000,
    }


@pytest.mark.parametrize(
    ("who", "scope", "granted", "permissions"),
    [
        ("reader", "read:messages write:messages", "read:messages", ["read:messages"]),
        ("editor", "write:messages", "write:messages", ["read:messages", "write:messages"]),
        ("guest", "openid read:messages", "openid", []),
        ("editor", None, "read:messages write:messages", ["read:messages", "write:messages"]),
        ("editor", "delete:everything", "", ["read:messages", "write:messages"]),
    ],
    ids=str,
)
async def test_scopes_are_what_was_asked_for_cut_to_what_the_person_has(
    issuer: LocalIssuer,
    application: Application,
    who: str,
    scope: str | None,
    granted: str,
    permissions: list[str],
) -> None:
    form = {"username": f"{who}@example.com", "password": "password"}
    code = answer(await application.log_in(form, scope=scope))["code"]
    tokens = (await application.exchange(code=code)).json()
    assert tokens["scope"] == granted
    assert ("id_token" in tokens) == ("openid" in granted)
    said = await claims(issuer, tokens["access_token"])
    assert (said["scope"], said["permissions"]) == (granted, permissions)


async def test_a_code_is_good_once_and_a_second_use_revokes_what_came_of_it(application: Application) -> None:
    code = await application.code(scope="openid offline_access")
    tokens = (await application.exchange(code=code)).json()
    again = await application.exchange(code=code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await application.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_code_is_good_for_a_minute(application: Application, clock: ManualClock) -> None:
    late, in_time = await application.code(), await application.code()
    await clock.advance(CODE_LIFETIME - 1)
    assert (await application.exchange(code=in_time)).status_code == 200
    await clock.advance(1)
    assert (await application.exchange(code=late)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code": "made-up"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code_verifier": "another-verifier-of-forty-three-characters-"}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:8100/tabs/user-page"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"client_id": "dev-m2m"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
    ids=str,
)
async def test_an_exchange_that_does_not_fit_gets_the_standards_error(
    application: Application, changed: dict[str, str | None], error: str
) -> None:
    code = await application.code()
    response = await application.exchange(**{"code": code, **changed})
    assert (response.status_code, response.json()["error"]) == (400, error)
    # And the code is still good for whoever has the verifier.
    assert (await application.exchange(code=code)).status_code == 200


async def test_tokens_are_not_to_be_kept_on_the_way(application: Application) -> None:
    response = await application.exchange(code=await application.code())
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
    ],
    ids=str,
)
async def test_pkce_is_required_and_only_s256(application: Application, changed: dict[str, str | None]) -> None:
    given = answer(await application.log_in(**changed))
    assert (given["error"], given["state"]) == ("invalid_request", "its-state")


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": None},
        {"client_id": "nobody"},
        {"client_id": "dev-m2m"},
        {"redirect_uri": "https://evil.test/"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?a=b"},
        {"redirect_uri": CALLBACK.replace("8100", "8101")},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": '"><script>alert(1)</script>é'},
        {"response_mode": "form_post"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["authorize", "log_in"])
async def test_nobody_is_sent_to_an_address_that_is_not_the_applications(
    application: Application, method: str, changed: dict[str, str | None]
) -> None:
    response = await getattr(application, method)(**changed)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert "<script>" not in response.text
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": 'é"'}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": ""}, "invalid_request"),
        ({"audience": "https://other.test"}, "access_denied"),
    ],
    ids=str,
)
async def test_other_mistakes_are_told_to_the_application(
    application: Application, changed: dict[str, str | None], error: str
) -> None:
    given = answer(await application.log_in(**changed))
    assert (given["error"], given["state"]) == (error, "its-state")
    assert given["error_description"]


async def test_a_link_puts_no_words_on_the_page_that_asks_for_a_password(
    http: httpx.AsyncClient, application: Application
) -> None:
    response = await http.get("u/login", params=application.request(audience="your bank. Call 555"))
    assert answer(response)["error"] == "access_denied"
    assert "555" not in response.text


async def test_declining_is_told_to_the_application(application: Application) -> None:
    given = answer(await application.log_in({"action": "decline"}))
    assert (given["error"], given["state"]) == ("access_denied", "its-state")
    given = answer(await application.log_in({"action": "decline"}, response_type="token"))
    assert (given["error"], given["state"]) == ("access_denied", "its-state")


@pytest.mark.parametrize(
    "form",
    [
        {**READER, "password": "wrong"},
        {**READER, "password": ""},
        {"username": "nobody@example.com", "password": "password"},
        {},
    ],
    ids=str,
)
async def test_a_wrong_password_logs_nobody_in(application: Application, form: dict[str, str]) -> None:
    response = await application.log_in(form)
    assert response.status_code == 400
    assert "Wrong email or password." in response.text
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://127.0.0.1:8100", "", "http://[", "//{host}", "https://{host}"]
)
async def test_no_other_page_logs_anybody_in(http: httpx.AsyncClient, application: Application, origin: str) -> None:
    headers = {"Origin": origin.format(host=http.base_url.netloc.decode())}
    response = await http.post("u/login", params=application.request(), data=READER, headers=headers)
    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers


async def test_whoever_is_logged_in_is_not_asked_again_unless_the_application_wants_it(
    application: Application,
) -> None:
    cookie = (await application.log_in()).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "code" in answer(await application.authorize())
    assert (await application.authorize(prompt="login")).headers["Location"].startswith("/u/login?")


def message(response: httpx.Response) -> tuple[str, dict[str, str]]:
    """What a silent answer says, and to which origin."""
    assert response.status_code == 200
    found = re.search(r'data-origin="([^"]*)" data-parameters="([^"]*)"', response.text)
    assert found
    return html.unescape(found.group(1)), json.loads(html.unescape(found.group(2)))


async def test_a_silent_answer_goes_to_the_frame_of_the_application(application: Application) -> None:
    silent = {"prompt": "none", "response_mode": "web_message"}
    response = await application.authorize(**silent)
    origin, given = message(response)
    assert origin == "http://127.0.0.1:8100"
    assert given == {"error": "login_required", "error_description": "Login required", "state": "its-state"}
    assert response.headers["Content-Security-Policy"].endswith(f"frame-ancestors {origin}")
    await application.log_in()
    origin, given = message(await application.authorize(**silent))
    assert (await application.exchange(code=given["code"])).status_code == 200


async def test_without_a_message_a_silent_answer_is_a_redirect(application: Application) -> None:
    assert answer(await application.authorize(prompt="none"))["error"] == "login_required"
    fragment = await application.authorize(prompt="none", response_mode="fragment")
    assert "#error=login_required" in fragment.headers["Location"]


async def test_the_seeds_link_brings_a_token_in_the_fragment(issuer: LocalIssuer, application: Application) -> None:
    link = {"response_type": "token", "scope": None, "nonce": None, "code_challenge": None, "state": None}
    response = await application.log_in(**link, response_mode="query")
    assert "?" not in response.headers["Location"]
    given = answer(response)
    assert given.keys() == {"access_token", "scope", "expires_in", "token_type"}
    assert (await claims(issuer, given["access_token"]))["sub"] == "auth0|reader"


async def test_without_an_audience_the_token_is_opaque_as_auth0s_is(
    http: httpx.AsyncClient, application: Application, clock: ManualClock
) -> None:
    code = await application.code(audience=None)
    token = (await application.exchange(code=code)).json()["access_token"]
    assert "." not in token
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await http.get("userinfo", headers=bearer)).json()["name"] == "Rita Reader"
    await clock.advance(86400)
    assert (await http.get("userinfo", headers=bearer)).status_code == 401


async def test_refresh_tokens_rotate_and_a_used_one_revokes_the_family(
    issuer: LocalIssuer, application: Application
) -> None:
    code = await application.code(scope="openid offline_access read:messages")
    first = (await application.exchange(code=code)).json()
    second = (await application.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await claims(issuer, second["access_token"]))["sub"] == "auth0|reader"
    assert "id_token" in second
    narrow = (await application.refresh(second["refresh_token"], scope="read:messages")).json()
    assert narrow["scope"] == "read:messages"
    wide = (await application.refresh(narrow["refresh_token"])).json()
    assert wide["scope"] == "openid offline_access read:messages"
    # Somebody uses a copy of the first one: nobody can tell who the thief is, so it ends for both.
    reused = await application.refresh(first["refresh_token"])
    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert (await application.refresh(wide["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"refresh_token": "made-up"}, "invalid_grant"),
        ({"scope": "openid write:messages"}, "invalid_scope"),
        ({"client_id": "dev-m2m"}, "invalid_client"),
    ],
    ids=str,
)
async def test_a_refresh_that_does_not_fit_gets_the_standards_error(
    application: Application, changed: dict[str, str], error: str
) -> None:
    code = await application.code(scope="openid offline_access")
    token = (await application.exchange(code=code)).json()["refresh_token"]
    response = await application.refresh(token, **changed)
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert (await application.refresh(token)).status_code == 200


async def test_userinfo_tells_what_the_scope_opens(
    issuer: LocalIssuer, http: httpx.AsyncClient, application: Application, clock: ManualClock
) -> None:
    async def told(token: str, method: str = "GET") -> httpx.Response:
        return await http.request(method, "userinfo", headers={"Authorization": f"Bearer {token}"})

    tokens = (await application.exchange(code=await application.code(scope="openid email"))).json()
    for method in ("GET", "POST"):
        assert (await told(tokens["access_token"], method)).json() == {
            "sub": "auth0|reader",
            "email": "reader@example.com",
            "email_verified": True,
        }
    assert (await told(tokens["id_token"])).status_code == 401
    assert (await told(issuer.token(scope="openid"))).status_code == 401
    closed = await told(issuer.token(sub="auth0|reader"))
    assert (closed.status_code, closed.json()["error"]) == (403, "insufficient_scope")
    for response in (await http.get("userinfo"), await told("made-up"), closed):
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    await clock.advance(86400)
    assert (await told(tokens["access_token"])).status_code == 401


async def test_logging_out_ends_the_session_and_goes_to_an_allowed_address_alone(
    http: httpx.AsyncClient, application: Application
) -> None:
    async def leave(**parameters: str) -> httpx.Response:
        return await http.get("v2/logout", params=parameters)

    back = "http://127.0.0.1:8100/logout"
    await application.log_in()
    for wrong in ("https://evil.test/", f"{back}/", f"{back}?a=b", "/logout"):
        refused = await leave(client_id="dev-spa", returnTo=wrong)
        assert refused.status_code == 400
        assert "Location" not in refused.headers
    refused = await leave(client_id="nobody", returnTo=back)
    assert (refused.status_code, refused.headers.get("Location")) == (400, None)
    assert "client_id" in refused.text
    assert "code" in answer(await application.authorize())
    kept = dict(http.cookies)
    left = await leave(client_id="dev-spa", returnTo=back)
    assert (left.status_code, left.headers["Location"]) == (302, back)
    # Not only the cookie is gone: one that somebody has kept opens nothing.
    http.cookies.update(kept)
    assert (await application.authorize()).headers["Location"].startswith("/u/login?")
    assert (await leave(client_id="dev-spa")).headers["Location"] == back
    for parameters in ({}, {"client_id": ""}):
        assert (await leave(returnTo=back, **parameters)).headers["Location"] == back
    assert (await leave()).status_code == 200


async def test_only_the_applications_pages_may_read_the_answers(http: httpx.AsyncClient) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "auth0-client"}
    for origin, allowed in (
        ("http://127.0.0.1:8100", True),
        ("http://localhost:8100", True),
        ("https://evil.test", False),
    ):
        preflight = await http.options("oauth/token", headers={"Origin": origin, **asks})
        assert (preflight.headers.get("Access-Control-Allow-Origin") == origin) == allowed
        answered = await http.get(".well-known/openid-configuration", headers={"Origin": origin})
        assert (answered.headers.get("Access-Control-Allow-Origin") == origin) == allowed
        assert "Access-Control-Allow-Credentials" not in answered.headers
    preflight = await http.options("oauth/token", headers={"Origin": "http://127.0.0.1:8100", **asks})
    assert "auth0-client" in preflight.headers["Access-Control-Allow-Headers"].lower()


async def test_a_doubled_parameter_is_refused(http: httpx.AsyncClient, application: Application) -> None:
    for name in ("client_id", "redirect_uri", "scope", "state"):
        asked = [*application.request().items(), (name, "other")]
        await application.log_in()
        response = await http.get("authorize", params=asked)
        assert response.status_code == 400 or answer(response)["error"] == "invalid_request"


async def test_the_lifetime_of_access_tokens_can_be_set() -> None:
    from service.issuer import local_issuer

    async with local_issuer(lifetime=90) as issuer:
        said = jwt.decode(issuer.token(), options={"verify_signature": False})
        assert said["exp"] - said["iat"] == 90
