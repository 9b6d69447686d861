"""The token page: what it shows of a token, and that the verdict is the API's."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from playwright.async_api import Browser, Route

from ..signing import Signer, b64, rsa_key
from .visitor import Site, Visitor, elsewhere, expect, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

MACHINE = {"grant_type": "client_credentials", "client_id": "dev-m2m", "client_secret": "dev-m2m-secret"}


def machine_token(site: Site, audience: str = "http://127.0.0.1:8100") -> str:
    answer = httpx.post(f"{site.issuer}/oauth/token", data={**MACHINE, "audience": audience}, trust_env=False)
    return str(answer.json()["access_token"])


async def test_the_three_parts_are_shown_raw_and_decoded(visitor: Visitor) -> None:
    await visitor.log_in()
    token = await visitor.token()
    parts = token.split(".")
    for name, part in zip(("header", "payload", "signature"), parts, strict=True):
        await expect(visitor.page.locator(f"#raw .{name}")).to_have_text(part)
    colours = await visitor.evaluate(
        "[...document.querySelectorAll('#raw span')].map((e) => getComputedStyle(e).color)"
    )
    assert len(set(colours)) == 3
    header = json.loads(await visitor.page.locator("#header").inner_text())
    payload = json.loads(await visitor.page.locator("#payload").inner_text())
    assert header["alg"] == "RS256"
    assert payload["sub"] == "auth0|reader"
    await expect(visitor.page.locator("#signature")).to_contain_text("256 bytes")
    await expect(visitor.page.locator("[data-check=signature]")).to_contain_text(f"Key {header['kid']} found.")
    await expect(visitor.page.get_by_role("row", name="sub auth0|reader")).to_contain_text("whom it is about")
    assert payload.keys() == set(await visitor.page.locator("#claims th").all_text_contents())


async def test_times_are_local_and_count_down(visitor: Visitor) -> None:
    await visitor.page.clock.install()
    await visitor.log_in()
    ends = visitor.page.get_by_role("row", name="exp")
    await expect(ends).to_contain_text(re.compile(r"in (1 d 00 h 00 min|23 h 59 min)"))
    await visitor.page.clock.fast_forward(3600 * 1000)
    await expect(ends).to_contain_text(re.compile(r"in (23 h 00 min|22 h 59 min)"))
    year = await visitor.evaluate("new Date().getFullYear()")
    await expect(ends).to_contain_text(str(year))


@pytest.mark.parametrize(
    ("part", "said"), [("header", ""), ("payload", ""), ("signature", "The token's signature is wrong")]
)
async def test_tampering_shows_the_apis_exact_refusal(visitor: Visitor, part: str, said: str) -> None:
    await visitor.log_in()
    token = await visitor.token()
    await visitor.page.get_by_label("Part to tamper with").select_option(part)
    await visitor.page.get_by_role("button", name="Tamper").click()
    await visitor.judged("The API refuses this token")
    await expect(visitor.page.locator("#answer")).to_contain_text("401")
    await visitor.provoked("401")
    tampered = await visitor.token()
    assert len(tampered) == len(token)
    assert sum(one != other for one, other in zip(token, tampered, strict=True)) == 1
    await expect(visitor.page.locator(f"#raw .{part} mark")).to_have_count(1)
    headers = {"Authorization": f"Bearer {tampered}"}
    answer = await visitor.page.request.get(f"{visitor.site.address}/api/private", headers=headers)
    detail = (await answer.json())["detail"]
    assert said in detail
    await visitor.judged(detail)
    await expect(visitor.page.locator("#answer")).to_contain_text(json.dumps(detail))
    await expect(visitor.page.locator("#answer")).to_contain_text("www-authenticate: Bearer")
    await visitor.page.get_by_role("button", name="Back to mine").click()
    await visitor.judged("The API accepts this token.")
    assert await visitor.token() == token


async def test_tampering_twice_changes_one_character_which_is_the_marked_one(visitor: Visitor) -> None:
    await visitor.log_in()
    token = await visitor.token()
    for part in ("signature", "payload", "payload"):
        await visitor.page.get_by_label("Part to tamper with").select_option(part)
        await visitor.page.get_by_role("button", name="Tamper").click()
        await visitor.judged("The API refuses this token")
        await visitor.provoked("401")
        await expect(visitor.page.locator("#raw mark")).to_have_count(1)
        await expect(visitor.page.locator(f"#raw .{part} mark")).to_have_count(1)
        tampered = await visitor.token()
        assert sum(one != other for one, other in zip(token, tampered, strict=True)) == 1


async def test_a_request_and_its_answer_are_shown_in_full(visitor: Visitor) -> None:
    await visitor.log_in()
    assert await visitor.call("/api/private") == 200
    sent = await visitor.page.locator("#request").inner_text()
    assert sent.splitlines() == [
        "GET /api/private",
        f"Host: {visitor.site.address.removeprefix('http://')}",
        f"Authorization: Bearer {await visitor.token()}",
    ]
    answered = await visitor.page.locator("#answer").inner_text()
    assert answered.startswith("200")
    for text in ("content-type: application/json", "x-request-id: ", "Hello from a private endpoint"):
        assert text in answered


async def test_another_token_can_be_pasted_without_logging_in(visitor: Visitor) -> None:
    await visitor.open("/tabs/user-page")
    await visitor.sees("You are not signed in.")
    assert await visitor.call("/api/public") == 200
    token = machine_token(visitor.site)
    await visitor.paste(f"  Bearer {token}\n")
    await visitor.judged("The API accepts this token.")
    assert await visitor.token() == token
    assert await visitor.call("/api/private-scoped") == 200
    await expect(visitor.page.locator("#source")).to_contain_text("nobody is logged in with it")
    await expect(visitor.page.locator("#who")).to_contain_text("Not signed in")


async def test_a_token_is_pasted_with_what_it_is_often_copied_with(visitor: Visitor) -> None:
    await visitor.open("/tabs/user-page")
    await visitor.sees("You are not signed in.")
    token = machine_token(visitor.site)
    wrapped = "\n  ".join(re.findall(".{1,64}", token))
    for copied in (
        f"authorization : BEARER {token}",
        f'"{token}"',
        f"'Authorization: Bearer {token}'\n",
        f"Authorization: Bearer\n  {wrapped}\n",
    ):
        await visitor.paste(copied)
        await visitor.judged("The API accepts this token.")
        assert await visitor.token() == token
        await visitor.paste("")


def unsigned() -> str:
    return f"{b64(json.dumps({'alg': 'none', 'kid': 'a'}).encode())}.{b64(b'{}')}."


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("AbCdEf0123456789AbCdEf0123456789", "Auth0 issues an opaque token when the request for it had no audience"),
        (unsigned(), "The token has no header, or no signature."),
        (Signer(rsa_key()).sign({"sub": "<img src=x onerror=alert(1)>", "exp": 2**33}), "The API refuses this token"),
        ("two words", "The API answers 400 (invalid_request)"),
        ("ключ", "It has a character that no header can carry"),
        ("a" * 9000, "A token is ASCII text of at most 8192 bytes."),
        ("a" * 90000, "The API answers 431"),
        ("", ""),
    ],
    ids=["opaque", "unsigned", "foreign", "words", "foreign letters", "long", "longer than a header", "nothing"],
)
async def test_what_is_no_good_token_is_explained(visitor: Visitor, token: str, said: str) -> None:
    await visitor.open("/tabs/user-page")
    await visitor.sees("You are not signed in.")
    await visitor.paste(token)
    await visitor.judged(said)
    assert "passed" not in list((await visitor.checks()).values())[1:]
    visitor.refusals.clear()


async def test_nothing_said_of_one_token_stands_beside_another(visitor: Visitor) -> None:
    await visitor.log_in()
    assert await visitor.call("/api/private") == 200
    held: list[Route] = []
    await visitor.page.route("**/api/token", lambda route: held.append(route), times=1)
    await visitor.paste("for.ged.token")
    await visitor.judged("Asking the API")
    assert set((await visitor.checks()).values()) == {"not checked"}
    for name in ("called", "answer", "request"):
        await expect(visitor.page.locator(f"#{name}")).to_have_text("")
    await visitor.paste("two words")
    await visitor.judged("invalid_request")
    await visitor.provoked("400")
    # The verdict on a token that is no longer shown is not shown either.
    async with visitor.page.expect_response("**/api/token"):
        await held[0].continue_()
    await visitor.page.evaluate("new Promise((done) => setTimeout(done, 100))")
    await visitor.judged("invalid_request")


async def test_the_api_goes_away_in_the_middle(visitor: Visitor) -> None:
    await visitor.log_in()
    assert await visitor.call("/api/private") == 200
    await visitor.page.route("**/api/**", lambda route: route.abort())
    await visitor.page.locator("[data-call='/api/private']").click()
    await expect(visitor.page.locator("#called")).to_have_text("This API does not answer. Is it running?")
    await expect(visitor.page.locator("#answer")).to_have_text("")
    await visitor.paste("opaque")
    await visitor.judged("This API does not answer. Is it running?")
    for _ in range(2):
        await visitor.provoked("ERR_FAILED")


async def test_an_odd_payload_is_shown_as_it_is(visitor: Visitor) -> None:
    await visitor.open("/tabs/user-page")
    await visitor.sees("You are not signed in.")
    payload = b'{"sub":"a","n":12345678901234567890,"n":1,"exp":1e999,"constructor":{},"__proto__":1}'
    await visitor.paste(Signer(rsa_key()).sign(payload))
    await visitor.judged("The API refuses this token")
    await expect(visitor.page.locator("#payload")).to_have_text(payload.decode())
    await expect(visitor.page.locator("#claims")).not_to_contain_text("native code")
    deep = b"[" * 10000 + b"]" * 10000
    await visitor.paste(Signer(rsa_key()).sign(b'{"a":' + deep + b"}"))
    await visitor.judged("A token is ASCII text of at most 8192 bytes.")


async def test_a_payload_is_indented_whatever_its_white_space(visitor: Visitor) -> None:
    await visitor.open("/tabs/user-page")
    await visitor.sees("You are not signed in.")
    payload = b'{ "a b" :\t"\\\\ \\" [ {\\\\" , "c":[ 1,[ 2, {} ] ,\r\n"]" ]}'
    await visitor.paste(Signer(rsa_key()).sign(payload))
    await visitor.judged("The API refuses this token")
    shown = await visitor.page.locator("#payload").text_content()
    assert shown == json.dumps(json.loads(payload), indent=2)


async def test_a_link_that_waited_is_still_ones_own(visitor: Visitor) -> None:
    await visitor.page.clock.install()
    await visitor.open()
    await visitor.sees("You are not signed in.")
    await visitor.page.clock.fast_forward(11 * 60 * 1000)
    await visitor.page.get_by_role("link", name="Open it").click()
    await visitor.page.get_by_role("button", name="Gus Guest").click()
    await visitor.sees("You are signed in as Gus Guest")


async def test_a_link_of_ones_own_logs_in_and_leaves_no_token_behind(visitor: Visitor) -> None:
    await visitor.open()
    await visitor.sees("You are not signed in.")
    link = await visitor.page.get_by_label("The link").input_value()
    assert "response_type=token" in link
    assert f"redirect_uri={visitor.site.address.replace(':', '%3A').replace('/', '%2F')}%2Flogin-results" in link
    await visitor.page.goto(link)
    await visitor.page.get_by_role("button", name="Edda Editor").click()
    await visitor.sees("You are signed in as Edda Editor")
    await visitor.judged("The API accepts this token.")
    token = await visitor.token()
    assert visitor.page.url == f"{visitor.site.address}/tabs/user-page"
    assert await visitor.call("/api/private-scoped") == 200
    assert token not in await visitor.storage()
    # Neither does going back and forth bring it back.
    await visitor.page.go_back()
    await visitor.page.go_forward()
    await visitor.sees("You are signed in as Edda Editor")
    await visitor.judged("The API accepts this token.")
    assert token not in await visitor.page.content()


async def test_who_came_by_the_link_is_still_there_after_a_click(visitor: Visitor) -> None:
    await by_link(visitor)
    await visitor.sees("You are signed in as Rita Reader")
    await expect(visitor.page.locator("#source")).to_contain_text("got by the authorization link")
    await visitor.page.get_by_role("link", name="API behind Auth0").click()
    await visitor.sees("You are signed in as Rita Reader")


async def test_who_came_by_the_link_is_calmly_signed_out_where_the_frame_gets_no_cookie(
    browser: Browser, site: Site
) -> None:
    async with visiting(browser, elsewhere(site)) as visitor:
        await by_link(visitor)
        await visitor.sees("You are signed in as auth0|reader")
        await visitor.page.get_by_role("link", name="API behind Auth0").click()
        await visitor.sees("You are not signed in.")


async def by_link(visitor: Visitor) -> None:
    await visitor.open()
    await visitor.sees("You are not signed in.")
    await visitor.page.get_by_role("link", name="Open it").click()
    await visitor.page.get_by_role("button", name="Rita Reader").click()
    await visitor.judged("The API accepts this token.")


async def test_a_token_in_somebody_elses_link_is_shown_and_logs_nobody_in(visitor: Visitor) -> None:
    token = machine_token(visitor.site)
    for state in ("", "&state=made-up"):
        await visitor.open(f"/login-results#access_token={token}&expires_in=7200&token_type=Bearer{state}")
        await visitor.judged("The API accepts this token.")
        await visitor.sees("You are not signed in.")
        await expect(visitor.page.locator("#source")).to_contain_text("anybody can send such a link")
        assert visitor.page.url == f"{visitor.site.address}/login-results"
        await visitor.open()


async def test_whoever_is_signed_in_stays_so_when_somebody_elses_link_comes(visitor: Visitor) -> None:
    await visitor.log_in()
    own = await visitor.token()
    token = machine_token(visitor.site)
    await visitor.open(f"/login-results#access_token={token}")
    await visitor.judged("The API accepts this token.")
    await visitor.sees("You are signed in as Rita Reader")
    await expect(visitor.page.locator("#who")).to_contain_text("Rita Reader")
    await expect(visitor.page.locator("#source")).to_contain_text("nobody is logged in with it")
    assert await visitor.token() == token
    await expect(visitor.page.get_by_role("button", name="Get a new one")).to_be_enabled()
    await visitor.page.get_by_role("button", name="Back to mine").click()
    await expect(visitor.page.locator("#payload")).to_contain_text("auth0|reader")
    assert token not in (own, await visitor.token())


async def test_a_state_is_good_once(visitor: Visitor) -> None:
    await visitor.open()
    await visitor.sees("You are not signed in.")
    link = await visitor.page.get_by_label("The link").input_value()
    answer = f"/tabs/user-page#access_token={machine_token(visitor.site)}&state={link.partition('&state=')[2]}"
    await visitor.open(answer)
    await visitor.sees("You are signed in as dev-m2m@clients")
    await visitor.open()
    await visitor.open(answer)
    await visitor.sees("You are not signed in.")


@pytest.mark.parametrize(("minutes", "said"), [(9, "signed in as dev-m2m@clients"), (11, "not signed in")], ids=str)
async def test_a_state_is_good_for_ten_minutes(visitor: Visitor, minutes: int, said: str) -> None:
    await visitor.page.clock.install()
    await visitor.open()
    await visitor.sees("You are not signed in.")
    link = await visitor.page.get_by_label("The link").input_value()
    await visitor.page.clock.fast_forward(minutes * 60 * 1000)
    state = link.partition("&state=")[2]
    await visitor.open(f"/login-results#access_token={machine_token(visitor.site)}&state={state}")
    await visitor.judged("The API accepts this token.")
    await visitor.sees(f"You are {said}")


async def test_a_link_that_is_declined_is_told(visitor: Visitor) -> None:
    await visitor.open()
    await visitor.sees("You are not signed in.")
    await visitor.page.goto(await visitor.page.get_by_label("The link").input_value())
    await visitor.page.get_by_role("button", name="Decline").click()
    await visitor.sees("The issuer says: “The resource owner or authorization server denied the request”")
    await visitor.open("/login-results#error=access_denied&error_description=Call+555&state=made-up")
    await visitor.sees("access_denied")
    await expect(visitor.page.locator("body")).not_to_contain_text("555")
    # On the page that is open already, a link changes the fragment alone.
    await visitor.open("/login-results#error=unsupported_response_type&state=made-up")
    await visitor.sees("switch on Implicit")
    for code in ("Your account is locked. Call 555", "constructor", "__proto__", ""):
        await visitor.open(f"/login-results#error={code}&state=made-up")
        await visitor.sees("The login did not work. Log in again")
        await visitor.open()
    await visitor.open("/login-results#error=unsupported_response_type&state=made-up")
    assert visitor.page.url == f"{visitor.site.address}/login-results"
    await visitor.page.reload()
    await visitor.sees("You are not signed in.")
