"""When `/authorize` asks and when it must not: `prompt` and `max_age` (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

from typing import Any

import httpx
import jwt

from ..tenant import ManualClock
from .browser import Application, answer


def asks(response: httpx.Response) -> bool:
    return response.status_code in (302, 303) and response.headers["Location"].startswith("/u/login?")


async def identity(application: Application, code: str) -> dict[str, Any]:
    tokens = (await application.exchange(code=code)).json()
    return jwt.decode(tokens["id_token"], options={"verify_signature": False})


async def test_a_session_older_than_max_age_is_not_enough(application: Application, clock: ManualClock) -> None:
    since = int(clock.now())
    await application.log_in()
    await clock.advance(60)
    given = answer(await application.authorize(max_age="60"))
    assert (await identity(application, given["code"]))["auth_time"] == since
    await clock.advance(1)
    assert asks(await application.authorize(max_age="60"))
    assert "code" in answer(await application.authorize(max_age="61"))
    assert "code" in answer(await application.authorize(max_age="9" * 30))
    # Whoever logs in again starts a new session, of which the next request knows.
    code = answer(await application.log_in(max_age="60"))["code"]
    assert (await identity(application, code))["auth_time"] == since + 61
    assert "code" in answer(await application.authorize(max_age="60"))


async def test_a_session_that_is_too_old_is_told_where_nobody_may_be_asked(
    application: Application, clock: ManualClock
) -> None:
    await application.log_in()
    await clock.advance(61)
    assert answer(await application.authorize(prompt="none", max_age="60"))["error"] == "login_required"
    assert answer(await application.authorize(prompt="none", max_age="0"))["error"] == "login_required"
    assert "code" in answer(await application.authorize(prompt="none", max_age="61"))


async def test_a_max_age_of_zero_asks_in_any_case(application: Application) -> None:
    await application.log_in()
    for zero in ("0", "00"):
        assert asks(await application.authorize(max_age=zero))
        # The answer to that login is no request of its own.
        assert "auth_time" in await identity(application, await application.code(max_age=zero))


async def test_an_id_token_tells_when_somebody_logged_in_only_where_the_application_asked(
    application: Application, clock: ManualClock
) -> None:
    since = int(clock.now())
    assert "auth_time" not in await identity(application, await application.code())
    code = await application.code(max_age="3600", scope="openid offline_access")
    tokens = (await application.exchange(code=code)).json()
    await clock.advance(100)
    # OpenID Connect Core section 12.2: the time of the login, not that of the renewal.
    renewed = (await application.refresh(tokens["refresh_token"])).json()
    for token in (tokens["id_token"], renewed["id_token"]):
        assert jwt.decode(token, options={"verify_signature": False})["auth_time"] == since


WRONG_AGES = ("-1", "+1", "1.5", "1e3", "ten", "٣", "1 0", " 1", "1\n", "0x10", "9" * 5000)
WRONG_PROMPTS = (
    "none login", "login none", "none consent", "none select_account", "create", "None", "LOGIN", "login create", "é",
)  # fmt: skip


async def test_a_max_age_that_is_no_number_of_seconds_is_refused(application: Application) -> None:
    for _ in range(2):
        for wrong in WRONG_AGES:
            given = answer(await application.authorize(max_age=wrong))
            assert (given["error"], given["state"]) == ("invalid_request", "its-state"), wrong
            assert "max_age" in given["error_description"]
        await application.log_in()


async def test_a_prompt_that_contradicts_itself_or_is_unknown_is_refused(application: Application) -> None:
    for _ in range(2):
        for wrong in WRONG_PROMPTS:
            for response in (await application.authorize(prompt=wrong), await application.log_in(prompt=wrong)):
                given = answer(response)
                assert (given["error"], given["state"]) == ("invalid_request", "its-state"), wrong
                assert "prompt" in given["error_description"]
        await application.log_in()


async def test_a_prompt_is_shown_to_whoever_is_logged_in(application: Application) -> None:
    await application.log_in()
    for prompt in ("login", "consent", "select_account", "login consent", " login  select_account "):
        assert asks(await application.authorize(prompt=prompt)), prompt
        # And what follows is answered, as long as the person agrees.
        assert "code" in answer(await application.log_in(prompt=prompt))
        assert answer(await application.log_in({"action": "decline"}, prompt=prompt))["error"] == "access_denied"


async def test_none_twice_is_still_none(application: Application) -> None:
    assert answer(await application.authorize(prompt="none none"))["error"] == "login_required"
