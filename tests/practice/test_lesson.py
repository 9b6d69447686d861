from __future__ import annotations

from service.auth import Expectation, check_results
from service.practice.inspection import take_apart
from service.practice.judging import Judgement, Keys
from service.practice.lesson import lesson

from ..tenant import NOW


async def test_every_step_ends_as_it_must() -> None:
    steps = await lesson(NOW)
    assert [(step.title, step.refused_for) for step in steps] == [
        ("Encode", None),
        ("Decode", None),
        ("Tamper", "signature"),
        ("Expire", "time"),
        ("alg: none", "signature"),
        ("RS256 taken for HS256", "signature"),
    ]
    assert all(step.as_it_must_be for step in steps)


async def test_the_tokens_are_what_the_steps_say() -> None:
    encoded, decoded, tampered, expired, unsigned, confused = [step.token for step in await lesson(NOW)]
    assert decoded == encoded
    assert tampered.rpartition(".")[2] == encoded.rpartition(".")[2]
    assert "write:messages" in take_apart(tampered).payload.text
    assert take_apart(expired).payload.value["exp"] < NOW
    assert take_apart(unsigned).header.value["alg"] == "none"
    assert take_apart(unsigned).signature == b"made up"
    assert take_apart(confused).header.value["alg"] == "HS256"


async def test_the_refusals_are_for_what_the_steps_teach() -> None:
    failed = {step.title: step.judgement.failed for step in await lesson(NOW) if step.judgement and step.refused_for}
    assert {title: result.detail for title, result in failed.items() if result} == {
        "Tamper": "The token's signature is wrong: it was changed, or signed by someone else.",
        "Expire": "The token has expired. Get a new one.",
        "alg: none": "The token's algorithm is not allowed.",
        "RS256 taken for HS256": "The token's algorithm is not allowed.",
    }


async def test_a_service_that_accepts_what_it_must_refuse_is_found_out() -> None:
    async def trusting(token: str, keys: Keys, expected: Expectation, now: float) -> Judgement:
        return Judgement(check_results(None), None)

    assert [step.title for step in await lesson(NOW, trusting) if not step.as_it_must_be] == [
        "Tamper",
        "Expire",
        "alg: none",
        "RS256 taken for HS256",
    ]


async def test_the_advice_of_the_seed_is_given() -> None:
    assert any("never store sensitive data in a JWT" in step.learn for step in await lesson(NOW))
