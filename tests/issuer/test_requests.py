"""How requests to the issuer are read: what stands twice, what is empty, and what is refused before anybody is asked."""

from __future__ import annotations

from typing import Any

import httpx

from service.issuer import LocalIssuer

from .browser import CHALLENGE, READER, Application, answer
from .test_issuer import CLIENT
from .test_login import message
from .test_prompting import asks


async def test_what_stands_twice_at_authorize_is_told_to_the_application(
    http: httpx.AsyncClient, application: Application
) -> None:
    usual = application.request(prompt="consent", max_age="60", login_hint="a", display="page", unknown="a")
    for _ in range(2):
        for name in usual.keys() - {"client_id", "redirect_uri"}:
            twice = [*usual.items(), (name, usual[name])]
            for response in (
                await http.get("authorize", params=twice),
                await http.get("u/login", params=twice),
                await http.post("authorize", data={**usual, name: [usual[name]] * 2}),
                await http.post("authorize", data=usual, params={name: usual[name]}),
            ):
                given = answer(response)
                assert (given["error"], given["state"]) == ("invalid_request", "its-state"), name
                assert name in given["error_description"]
        await application.log_in()


async def test_what_says_where_the_answer_goes_must_not_stand_twice(
    http: httpx.AsyncClient, application: Application
) -> None:
    usual = application.request(response_mode="query")
    for name in ("client_id", "redirect_uri", "response_mode"):
        for response in (
            await http.get("authorize", params=[*usual.items(), (name, usual[name])]),
            await http.post("authorize", data=usual, params={name: usual[name]}),
        ):
            assert response.status_code == 400
            assert "Location" not in response.headers


async def test_what_stands_twice_at_the_token_endpoint_is_refused(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    usual = {**CLIENT, "audience": issuer.audience, "scope": "read:messages", "unknown": "a"}
    for name in usual:
        refused = await http.post("oauth/token", data={**usual, name: [usual[name]] * 2})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
        assert name in refused.json()["error_description"]


async def test_a_name_that_is_no_name_is_not_repeated(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    for name in ('"é\n', "a" * 500):
        refused = await http.post("oauth/token", data={**CLIENT, name: ["1", "2"]})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
        assert name not in refused.text


async def test_logging_out_reads_its_parameters_alike(http: httpx.AsyncClient, application: Application) -> None:
    await application.log_in()
    asked = {"client_id": "dev-spa", "returnTo": "http://127.0.0.1:8100/logout"}
    for name, value in asked.items():
        refused = await http.get("v2/logout", params=[*asked.items(), (name, value)])
        assert refused.status_code == 400
        assert name in refused.text
    assert "code" in answer(await application.authorize())
    left = await http.get("v2/logout", params=[*((name, "") for name in asked), *asked.items()])
    assert (left.status_code, left.headers["Location"]) == (302, asked["returnTo"])


EMPTY = ("scope", "audience", "nonce", "prompt", "max_age", "response_mode", "redirect_uri", "request", "request_uri",
         "login_hint", "unknown")  # fmt: skip


async def test_an_empty_parameter_is_none(http: httpx.AsyncClient, application: Application) -> None:
    usual = application.request()
    for name in EMPTY:
        assert asks(await application.authorize(**{name: ""})), name
    await application.log_in()
    for name in EMPTY:
        given = answer(await application.authorize(**{name: ""}))
        address = {"redirect_uri": ""} if name == "redirect_uri" else {}
        assert (await application.exchange(code=given["code"], **address, scope="")).status_code == 200, name
        # Nor does it stand beside one that is not empty.
        assert "code" in answer(await http.get("authorize", params=[*usual.items(), (name, "")])), name


async def test_empty_parameters_of_the_token_endpoint_are_none(
    issuer: LocalIssuer, http: httpx.AsyncClient, application: Application
) -> None:
    asked = {**CLIENT, "audience": issuer.audience, "scope": ""}
    for tokens in (await http.post("oauth/token", data=asked), await http.post("oauth/token", json=asked)):
        assert tokens.json()["scope"] == "read:messages write:messages"
    doubled = await http.post("oauth/token", data={**asked, "audience": ["", issuer.audience]})
    assert doubled.status_code == 200
    code = await application.code()
    for wrong in ({"code": ""}, {"code": code, "code_verifier": ""}):
        refused = await application.exchange(**wrong)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert (await application.exchange(code=code, client_secret="")).status_code == 200


WRONG_CHALLENGES: list[dict[str, str | None]] = [
    {"code_challenge": None},
    {"code_challenge": ""},
    {"code_challenge": "short"},
    {"code_challenge": CHALLENGE[:-1]},
    {"code_challenge": f"{CHALLENGE}="},
    {"code_challenge": f"{CHALLENGE}\n"},
    {"code_challenge": f"{CHALLENGE}A"},
    {"code_challenge": f"{CHALLENGE[:-1]}."},
    {"code_challenge": f"{CHALLENGE[:-1]}é"},
    {"code_challenge": f"{CHALLENGE[:-1]}+"},
    {"code_challenge": "a" * 129},
    {"code_challenge_method": None},
    {"code_challenge_method": "plain"},
    {"code_challenge_method": "s256"},
    {"code_challenge": None, "code_challenge_method": None},
]


async def test_a_challenge_that_cannot_be_met_is_told_before_anybody_types_a_password(
    http: httpx.AsyncClient, application: Application
) -> None:
    for changed in WRONG_CHALLENGES:
        for response in (
            await application.authorize(**changed),
            await application.authorize(**changed, prompt="login"),
            await http.get("u/login", params=application.request(**changed)),
            await http.post("authorize", data=application.request(**changed)),
        ):
            given = answer(response)
            assert (given["error"], given["state"]) == ("invalid_request", "its-state"), changed
            assert "code_challenge" in given["error_description"]
        # It is nothing to the other response type.
        assert asks(await application.authorize(response_type="token", **changed))


async def test_so_is_all_else_that_no_login_mends(application: Application) -> None:
    given = answer(await application.authorize(response_type="token", client_secret="made-up"))
    assert (given["error"], given["state"]) == ("invalid_client", "its-state")


async def test_request_objects_are_refused_by_their_own_errors(application: Application) -> None:
    for name in ("request", "request_uri"):
        # OpenID Connect Core section 3.1.2.6, and before what such an object would hold is missed.
        for changed in ({}, {"prompt": "none"}, {"code_challenge": None}, {"response_type": None}):
            given = answer(await application.authorize(**{name: "https://client.test/object"}, **changed))
            assert (given["error"], given["state"]) == (f"{name}_not_supported", "its-state")
        given = answer(await application.log_in(**{name: "eyJhbGciOiJub25lIn0.e30."}))
        assert given["error"] == f"{name}_not_supported"


async def test_a_request_may_be_posted(http: httpx.AsyncClient, application: Application) -> None:
    """OpenID Connect Core section 3.1.2.1: GET and POST."""
    asked = await http.post("authorize", data=application.request())
    assert asked.status_code == 303
    assert asks(asked)
    page = await http.get(asked.headers["Location"])
    assert "Rita Reader" in page.text
    origin = str(http.base_url).rstrip("/")
    logged_in = await http.post(asked.headers["Location"], data=READER, headers={"Origin": origin})
    assert (await application.exchange(code=answer(logged_in)["code"])).status_code == 200
    given = answer(await http.post("authorize", data=application.request()))
    assert given["state"] == "its-state"
    assert (await application.exchange(code=given["code"])).status_code == 200
    wrong = application.request(redirect_uri="https://evil.test/")
    assert (await http.post("authorize", data=wrong)).status_code == 400
    for content in (b"", b"\xff=%ff", b"{}"):
        assert (await http.post("authorize", content=content)).status_code == 400


async def test_a_popup_asks_and_is_answered_by_message(application: Application) -> None:
    popup = {"response_mode": "web_message", "display": "popup"}
    assert asks(await application.authorize(**popup))
    origin, given = message(await application.log_in(**popup))
    assert origin == "http://127.0.0.1:8100"
    assert (await application.exchange(code=given["code"])).status_code == 200
    origin, given = message(await application.log_in({"action": "decline"}, **popup))
    assert (given["error"], given["state"]) == ("access_denied", "its-state")
    assert message(await application.authorize(**popup))[1].keys() == {"code", "state"}
    assert message(await application.authorize(**popup, max_age="no"))[1]["error"] == "invalid_request"


def basic(client: str, secret: str) -> dict[str, Any]:
    return {"auth": (client, secret)}


BASIC = "Basic ZGV2LW0ybTpkZXYtbTJtLXNlY3JldA=="

CONTRADICTIONS: list[tuple[dict[str, str], dict[str, Any], int, str]] = [
    (CLIENT, basic("dev-m2m", "dev-m2m-secret"), 400, "invalid_request"),
    (CLIENT, basic("dev-m2m", "wrong"), 400, "invalid_request"),
    (CLIENT, basic("dev-m2m", ""), 400, "invalid_request"),
    (CLIENT, {"headers": {"Authorization": "basic ===="}}, 400, "invalid_request"),
    ({**CLIENT, "client_assertion": "a.b.c"}, {}, 400, "invalid_request"),
    ({"client_assertion": "a.b.c"}, basic("dev-m2m", "dev-m2m-secret"), 400, "invalid_request"),
    ({"client_id": "dev-spa"}, basic("dev-m2m", "dev-m2m-secret"), 400, "invalid_request"),
    ({}, {"headers": [("Authorization", BASIC)] * 2}, 400, "invalid_request"),
    ({"client_id": "dev-m2m", "client_assertion": "a.b.c"}, {}, 401, "invalid_client"),
    ({"client_id": "dev-spa", "client_assertion": "a.b.c"}, {}, 401, "invalid_client"),
    ({}, {"headers": {"Authorization": "Basic /w=="}}, 401, "invalid_client"),
]


async def test_a_client_authenticates_in_one_way(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    usual = {"grant_type": "client_credentials", "audience": issuer.audience, "token": "made-up"}
    for endpoint in ("oauth/token", "oauth/revoke"):
        for form, options, status, error in CONTRADICTIONS:
            refused = await http.post(endpoint, data={**usual, **form}, **options)
            assert (refused.status_code, refused.json()["error"]) == (status, error), (endpoint, form, options)


async def test_a_public_client_has_no_secret_to_send(http: httpx.AsyncClient, application: Application) -> None:
    code = await application.code()
    ways: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({"client_secret": "made-up"}, {}),
        ({}, basic("dev-spa", "made-up")),
        ({"client_assertion": "a.b.c"}, {}),
    ]
    for changed, options in ways:
        form = {"grant_type": "authorization_code", "client_id": "dev-spa", "code": code, **changed}
        refused = await http.post("oauth/token", data=form, **options)
        assert refused.status_code in (400, 401)
        assert refused.json()["error"] == "invalid_client"
    assert (await application.exchange(code=code)).status_code == 200


async def test_the_same_client_may_be_named_beside_basic_authentication(
    issuer: LocalIssuer, http: httpx.AsyncClient
) -> None:
    form = {"grant_type": "client_credentials", "audience": issuer.audience, "client_id": "dev-m2m"}
    assert (await http.post("oauth/token", data=form, auth=("dev-m2m", "dev-m2m-secret"))).status_code == 200


async def test_the_advice_fits_what_is_wrong(http: httpx.AsyncClient, application: Application) -> None:
    usual = application.request(response_mode="query")
    advice = "Allowed Callback URLs"
    for name in ("client_id", "redirect_uri", "response_mode"):
        page = (await http.get("authorize", params=[*usual.items(), (name, usual[name])])).text
        assert f"The parameter {name} stands more than once." in page
        assert advice not in page
    assert advice not in (await application.authorize(response_mode="form_post")).text
    for changed in ({"client_id": "other"}, {"redirect_uri": "https://other.test/"}):
        assert advice in (await application.authorize(**changed)).text


UNAUTHENTICATED: list[tuple[dict[str, str], str]] = [
    ({"client_id": ""}, "client_id is missing."),
    ({"client_id": "", "client_secret": ""}, "client_id is missing."),
    ({"client_secret": ""}, "client_secret is missing."),
    ({"client_id": "dev-spa"}, "This grant is for clients with a secret. This client is public."),
    ({"grant_type": "refresh_token"}, "This grant is for public clients. This client has a secret."),
    ({"grant_type": "refresh_token", "client_id": "dev-spa"}, "This client is public, and has no secret to send."),
    ({"grant_type": "refresh_token", "client_id": "", "client_secret": ""}, "client_id is missing."),
]


async def test_why_a_client_is_not_authenticated_is_told_in_words(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    for changed, description in UNAUTHENTICATED:
        refused = await http.post("oauth/token", data={**CLIENT, "audience": issuer.audience, **changed})
        assert refused.json() == {"error": "invalid_client", "error_description": description}, changed
    for asked in ({"token": "a"}, {"token": "a", "client_id": ""}):
        refused = await http.post("oauth/revoke", data=asked)
        assert refused.json()["error_description"] == "client_id is missing."


async def test_a_refresh_token_that_cannot_be_used_is_told(application: Application) -> None:
    code = await application.code(scope="openid offline_access")
    token = (await application.exchange(code=code)).json()["refresh_token"]
    await application.refresh(token)
    for refused in (await application.refresh(token), await application.refresh("made-up")):
        assert refused.json() == {
            "error": "invalid_grant",
            "error_description": "The refresh token is unknown, revoked or already used. Log in again.",
        }
