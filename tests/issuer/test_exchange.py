"""Token exchange (RFC 8693): a client that acts for a person."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from service.issuer import LocalIssuer

from ..tenant import ManualClock
from .browser import Application
from .test_issuer import CLIENT, me

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
AGENT = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "client_id": "dev-agent",
    "client_secret": "dev-agent-secret",
    "subject_token_type": ACCESS_TOKEN,
}


async def test_an_agent_acts_for_a_person(
    issuer: LocalIssuer, http: httpx.AsyncClient, application: Application
) -> None:
    subject = (await application.exchange(code=await application.code(organization="acme"))).json()["access_token"]
    answered = await http.post("oauth/token", data={**AGENT, "subject_token": subject, "audience": issuer.audience})
    assert answered.headers["Cache-Control"] == "no-store"
    given = answered.json()
    assert (given["issued_token_type"], given["token_type"]) == (ACCESS_TOKEN, "Bearer")
    claims = (await me(issuer, given["access_token"]))["claims"]
    assert claims.pop("exp") - claims.pop("iat") == given["expires_in"]
    assert claims == {
        "iss": issuer.address,
        "sub": "auth0|reader",
        "aud": [issuer.audience, f"{issuer.address}userinfo"],
        "azp": "dev-agent",
        "scope": "openid profile email read:messages",
        "permissions": ["read:messages"],
        "act": {"sub": "dev-agent@clients"},
        "org_id": "org_acme",
        "org_name": "acme",
    }


async def test_a_chain_of_actors_is_kept_and_nothing_is_gained(
    issuer: LocalIssuer, http: httpx.AsyncClient, clock: ManualClock
) -> None:
    subject = issuer.token(scope="a b", permissions=["a", "c"], act={"sub": "first"}, exp=int(clock.now()) + 60)
    for scope, scopes, permissions in (("", "a b", ["a", "c"]), ("a d", "a", ["a"])):
        given = (await http.post("oauth/token", data={**AGENT, "subject_token": subject, "scope": scope})).json()
        assert (given["expires_in"], given["scope"]) == (60, scopes)
        claims = (await me(issuer, given["access_token"]))["claims"]
        assert claims["exp"] == int(clock.now()) + 60
        assert claims["permissions"] == permissions
        assert claims["act"] == {"sub": "dev-agent@clients", "act": {"sub": "first"}}


@pytest.mark.parametrize(
    ("changed", "status", "error", "words"),
    [
        ({"subject_token": ""}, 400, "invalid_request", "subject_token is missing"),
        ({"subject_token": "a.b.c"}, 400, "invalid_request", "subject_token is not accepted"),
        ({"subject_token_type": ""}, 400, "invalid_request", "subject_token_type must be"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}, 400, "invalid_request", "must be"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:saml2"}, 400, "invalid_request", "requested_token"),
        ({"actor_token": "a"}, 400, "invalid_request", "actor_token"),
        ({"audience": "other"}, 403, "access_denied", "The audience is unknown"),
        ({"client_secret": "wrong"}, 401, "invalid_client", "The client_secret is wrong."),
        ({"client_secret": ""}, 401, "invalid_client", "client_secret is missing."),
        ({"client_id": "dev-spa", "client_secret": ""}, 401, "invalid_client", "public"),
        ({"client_id": "dev-m2m", "client_secret": "dev-m2m-secret"}, 400, "unauthorized_client", "dev-m2m"),
        ({"grant_type": "client_credentials"}, 400, "unauthorized_client", "client_credentials"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_told(
    issuer: LocalIssuer, http: httpx.AsyncClient, changed: dict[str, str], status: int, error: str, words: str
) -> None:
    refused = await http.post("oauth/token", data={**AGENT, "subject_token": issuer.token(), **changed})
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert words in refused.json()["error_description"]


@pytest.mark.parametrize(
    "claims",
    [{"aud": "other"}, {"iss": "https://other.test/"}, {"exp": 1}, {"exp": None}, {"sub": None},
     {"cnf": {"jkt": "a"}}, {"permissions": "a"}],
    ids=str,
)  # fmt: skip
async def test_a_token_that_the_api_would_refuse_is_not_exchanged(
    issuer: LocalIssuer, http: httpx.AsyncClient, claims: dict[str, Any]
) -> None:
    refused = await http.post("oauth/token", data={**AGENT, "subject_token": issuer.token(**claims)})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


async def test_a_machines_token_and_an_id_token(
    issuer: LocalIssuer, http: httpx.AsyncClient, application: Application
) -> None:
    machine = (await http.post("oauth/token", data={**CLIENT, "audience": issuer.audience})).json()["access_token"]
    basic = base64.b64encode(b"dev-agent:dev-agent-secret").decode()
    asked = {name: value for name, value in AGENT.items() if not name.startswith("client_")}
    answered = await http.post(
        "oauth/token", data={**asked, "subject_token": machine}, headers={"Authorization": f"Basic {basic}"}
    )
    assert (await me(issuer, answered.json()["access_token"]))["sub"] == "dev-m2m@clients"
    identity = (await application.exchange(code=await application.code(scope="openid"))).json()["id_token"]
    assert (await http.post("oauth/token", data={**AGENT, "subject_token": identity})).status_code == 400


async def test_the_metadata_names_it(http: httpx.AsyncClient) -> None:
    document = (await http.get(".well-known/openid-configuration")).json()
    assert AGENT["grant_type"] in document["grant_types_supported"]
