"""Organizations: named by the application, picked by the person, kept by refresh tokens, and by machines too."""

from __future__ import annotations

import httpx
import pytest

from service.issuer import LocalIssuer

from .browser import READER, Application, answer
from .test_issuer import CLIENT
from .test_login import claims, unpack
from .test_prompting import asks

EDITOR = {**READER, "username": "editor@example.com"}
GUEST = {**READER, "username": "guest@example.com"}
ACME = {"org_id": "org_acme", "org_name": "acme"}
GLOBEX = {"org_id": "org_globex", "org_name": "globex"}


async def organization(issuer: LocalIssuer, token: str) -> dict[str, str]:
    return {name: value for name, value in (await claims(issuer, token)).items() if name.startswith("org_")}


@pytest.mark.parametrize(
    ("form", "asked", "expected"),
    [
        (READER, "org_acme", ACME),
        (READER, "acme", ACME),
        (EDITOR, "org_acme", ACME),
        (EDITOR, "GLOBEX", GLOBEX),
        (EDITOR, None, {}),
        (EDITOR, "", {}),
        (GUEST, None, {}),
    ],
    ids=str,
)
async def test_the_tokens_name_the_organization_that_was_asked_for(
    issuer: LocalIssuer, application: Application, form: dict[str, str], asked: str | None, expected: dict[str, str]
) -> None:
    code = answer(await application.log_in(form, organization=asked, scope="openid offline_access"))["code"]
    tokens = (await application.exchange(code=code)).json()
    for _ in range(2):
        assert await organization(issuer, tokens["access_token"]) == expected
        # Auth0's library compares what the ID token says.
        identity = await unpack(application.http, tokens["id_token"], "dev-spa")
        assert {name: value for name, value in identity.items() if name.startswith("org_")} == expected
        tokens = (await application.refresh(tokens["refresh_token"])).json()


@pytest.mark.parametrize(("form", "asked"), [(READER, "org_globex"), (READER, "globex"), (GUEST, "acme")], ids=str)
async def test_who_is_no_member_is_refused_and_not_logged_in(
    application: Application, form: dict[str, str], asked: str
) -> None:
    for response_type in ("code", "token"):
        given = answer(await application.log_in(form, organization=asked, response_type=response_type))
        assert (given["error"], given["state"]) == ("access_denied", "its-state")
        assert "is not part of the organization org_" in given["error_description"]
    # Another person may log in now.
    assert asks(await application.authorize(organization=asked))


async def test_a_session_of_a_person_who_is_no_member_is_refused(application: Application) -> None:
    await application.log_in()
    for prompt in ("none", None):
        given = answer(await application.authorize(organization="org_globex", prompt=prompt))
        assert given["error"] == "access_denied"
        assert "auth0|reader is not part of the organization org_globex" in given["error_description"]
    assert "code" in answer(await application.authorize(organization="org_acme", prompt="none"))


@pytest.mark.parametrize("name", ["org_none", "ORG_ACME", "none", '"><script>é', "a" * 5000])
async def test_an_unknown_organization_is_told_before_anyone_logs_in(application: Application, name: str) -> None:
    given = answer(await application.authorize(organization=name))
    assert given["error"] == "invalid_request"
    assert given["error_description"].startswith("organization is neither the id nor the name")


async def test_a_picked_organization_stays_for_the_session_unless_another_is_named(
    issuer: LocalIssuer, application: Application
) -> None:
    async def access_token(response: httpx.Response) -> str:
        return str((await application.exchange(code=answer(response)["code"])).json()["access_token"])

    picked = await application.log_in({**EDITOR, "organization": "org_globex"})
    assert await organization(issuer, await access_token(picked)) == GLOBEX
    silent = await application.authorize(prompt="none")
    assert await organization(issuer, await access_token(silent)) == GLOBEX
    named = await application.authorize(prompt="none", organization="org_acme")
    assert await organization(issuer, await access_token(named)) == ACME
    ignored = await application.log_in({**EDITOR, "organization": "org_globex"}, organization="acme")
    assert await organization(issuer, await access_token(ignored)) == ACME


@pytest.mark.parametrize("picked", ["org_globex", "org_none", "<b>"])
async def test_a_pick_that_is_not_the_persons_is_told_on_the_page(
    http: httpx.AsyncClient, application: Application, picked: str
) -> None:
    response = await application.log_in({**READER, "organization": picked})
    assert response.status_code == 400
    assert "Rita Reader is not a member of that organization." in response.text
    assert "<b>" not in response.text
    assert not http.cookies


async def test_the_page_offers_each_person_their_own_organizations(application: Application) -> None:
    page = (await application.http.get("u/login", params=application.request())).text
    assert "Organization of Edda Editor" in page
    assert "Organization of Gus Guest" not in page
    assert page.count('value="org_acme"') == 3
    assert page.count('value="org_globex"') == 2
    named = (await application.http.get("u/login", params=application.request(organization="org_acme"))).text
    assert "in the organization <strong>acme</strong>" in named
    assert "<select" not in named


async def test_a_machine_acts_in_an_organization(issuer: LocalIssuer, http: httpx.AsyncClient) -> None:
    asked = {**CLIENT, "audience": issuer.audience}
    for name, expected in (("org_acme", ACME), ("globex", GLOBEX), ("", {})):
        answered = (await http.post("oauth/token", data={**asked, "organization": name})).json()
        assert await organization(issuer, answered["access_token"]) == expected
    refused = await http.post("oauth/token", data={**asked, "organization": "org_none"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
