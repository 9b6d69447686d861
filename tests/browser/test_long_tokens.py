"""Whatever is pasted or comes by a link takes time that grows with its length, not with the square of it.

Nothing is timed here, but everything has a limit that linear work stays a hundred times below: what was quadratic took
9 seconds for 160 KB, and would take minutes for what comes below.
"""

from __future__ import annotations

import asyncio
import json

import pytest
from playwright.async_api import Route

from service.auth.jws import MAX_BYTES

from ..signing import b64
from .visitor import Visitor, expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

LENGTH = 640_000
LIMIT_SECONDS = 30

HEADER = b64(b'{"alg":"RS256","typ":"JWT","kid":"a"}')

# Each is the beginning of a text, what is repeated in it, and its end: whatever a scan could begin anew at each place.
PAYLOADS = [
    ("", '"', ""),
    ("", '\\"', ""),
    ('{"a":"', '\\"', ""),
    ('{"a":', '"\\', ""),
    ("", "\\", '"'),
    ("", " ", "x"),
    ("{", " ", ""),
    ('{"a":1', "\n ", "}"),
    ('{"a":"', '\\"', '"}'),
    ('{"a":"', "x", '"}'),
    ('{"a":[', "[],", "0]}"),
    ("", "[", ""),
    ("", '{"":', ""),
]
PASTED = [
    ("", "'", "x"),
    ("x", "'", "x"),
    ("x", " ", "x"),
    ("x", " \t", "x"),
    ("x", "\r", "x"),
    ("x", "\n", "x"),
    ("authorization", " ", "x"),
    ("authorization:", " ", "x"),
    ("bearer", " ", "x"),
    ("", "bearer ", ""),
    ("", "authorization:", ""),
    ("", ".", ""),
    ("", "é", ""),
]
# Where each bracket is closed: an indented form of it would be of quadratic length.
NESTED = [("[", "]"), ('{"a":', "}")]


def filled(parts: tuple[str, str, str], size: int) -> str:
    first, repeated, last = parts
    return first + repeated * (size // len(repeated)) + last


def nested(brackets: tuple[str, str], size: int) -> str:
    first, last = brackets
    depth = size // len(first + last)
    return '{"a":' + first * depth + "1" + last * depth + "}"


def claims(count: int) -> str:
    return json.dumps({f"claim {number}": number for number in range(count)})


async def at_rest(visitor: Visitor) -> None:
    await visitor.open("/tabs/user-page")
    await visitor.sees("You are not signed in.")


@pytest.mark.parametrize("size", [80_000, 160_000])
async def test_a_long_token_by_a_link_is_shown_plainly_and_judged(visitor: Visitor, size: int) -> None:
    token = f"{HEADER}.{b64(filled(PAYLOADS[0], size * 3 // 4).encode())}.AAAA"
    await visitor.open(f"/login-results#access_token={token}")
    await visitor.judged("The API answers 431")
    assert await visitor.token() == token
    await expect(visitor.page.locator("#raw *")).to_have_count(0)
    visitor.refusals.clear()


@pytest.mark.parametrize(
    "index", range(len(PAYLOADS)), ids=[f"{first}{again}…{last}" for first, again, last in PAYLOADS]
)
async def test_no_payload_makes_the_page_stall(visitor: Visitor, index: int) -> None:
    await at_rest(visitor)
    await shown(visitor, filled(PAYLOADS[index], LENGTH))


@pytest.mark.parametrize("text", [nested(NESTED[0], LENGTH), nested(NESTED[1], LENGTH), nested(NESTED[0], 6000),
                                  nested(NESTED[1], 6000), claims(20_000)],
                         ids=["arrays", "objects", "some arrays", "some objects", "claims"])  # fmt: skip
async def test_no_nesting_and_no_number_of_claims_does(visitor: Visitor, text: str) -> None:
    await at_rest(visitor)
    await shown(visitor, text)


async def shown(visitor: Visitor, text: str) -> None:
    token = f"{HEADER}.{b64(text.encode())}.AAAA"
    async with asyncio.timeout(LIMIT_SECONDS):
        said = await visitor.page.evaluate(
            """async (token) => {
              const { view } = await import("/assets/view.js");
              view(token);
              return document.getElementById("payload").textContent;
            }""",
            token,
        )
    # Indented at most.
    assert said == text or json.loads(said) == json.loads(text)
    assert len(said) < 40 * len(text)


@pytest.mark.parametrize("index", range(len(PASTED)), ids=[f"{first}{again}…{last}" for first, again, last in PASTED])
async def test_no_pasted_text_does(visitor: Visitor, index: int) -> None:
    await at_rest(visitor)
    async with asyncio.timeout(LIMIT_SECONDS):
        left = await visitor.page.evaluate(
            """async (text) => {
              const { bare, byteLength, read, split, tamper } = await import("/assets/jwt.js");
              split(text);
              read(text);
              byteLength(text);
              tamper(`a.${text}.a`, "header");
              return bare(text).length;
            }""",
            filled(PASTED[index], LENGTH),
        )
    assert left >= 0


async def test_only_a_token_that_the_api_could_take_is_coloured(visitor: Visitor) -> None:
    await at_rest(visitor)
    held: list[Route] = []
    await visitor.page.route("**/api/token", lambda route: held.append(route))
    short = f"{HEADER}.e30."
    for length, spans in ((MAX_BYTES, 3), (MAX_BYTES + 1, 0)):
        await visitor.paste(short + "A" * (length - len(short)))
        await expect(visitor.page.locator("#raw span")).to_have_count(spans)
        await expect(visitor.page.locator("#header")).to_contain_text('"kid": "a"')
        await expect(visitor.page.get_by_role("button", name="Tamper")).to_be_enabled(enabled=bool(spans))
    # They are counted as bytes.
    await visitor.paste(short + "é" * (MAX_BYTES // 2))
    await expect(visitor.page.locator("#raw span")).to_have_count(0)
    for route in held:
        await route.abort()
    visitor.refusals.clear()
