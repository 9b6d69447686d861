"""No field, query, cookie or body that a caller sends is a fault of the issuer."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies
from quart import Quart

from service.auth import SystemClock
from service.development import AUDIENCE, PAGES
from service.issuer.app import create_issuer
from service.issuer.keyring import Keyring
from service.issuer.memory import Memory
from service.issuer.tokens import Tokens

from ..web.asgi import Fields, ask
from ..web.test_malformed import BODIES, DATES, FIELDS, OTHERS, RANGES, bodies, fields, queries, thorough

ISSUER = "http://127.0.0.1:8180/"
LOOPBACK = (b"Host", b"127.0.0.1:8180")
ASKED = f"client_id=dev-spa&response_type=code&redirect_uri={PAGES[0]}/login-results&state="
PATHS = [
    ("GET", "/authorize"), ("GET", "/u/login"), ("POST", "/u/login"), ("GET", "/v2/logout"), ("POST", "/oauth/token"), ("GET", "/userinfo"),
    ("GET", "/.well-known/jwks.json"), ("GET", "/.well-known/openid-configuration"), ("GET", "/assets/issuer.css"), ("OPTIONS", "/oauth/token"),
    ("POST", "/local/faults"), ("GET", "/nope"), ("GET", "//authorize"),
]  # fmt: skip


@pytest.fixture(scope="module")
def issuer() -> Quart:
    clock, keyring = SystemClock(), Keyring()
    return create_issuer(Tokens(ISSUER, AUDIENCE, keyring, clock), keyring, Memory(clock), PAGES)


def of_this_machine(fields: Fields) -> Fields:
    """Name a loopback host, so that the request is looked at, and the origin of the issuer's own form."""
    others = [(name, value) for name, value in fields if name not in (b"Host", b"Origin")]
    return [LOOPBACK, (b"Origin", ISSUER.rstrip("/").encode()), *others]


@thorough
@given(fields=fields, query=queries, body=bodies, asked=strategies.booleans())
async def test_no_bytes_in_a_request_are_a_fault_of_the_issuer(
    issuer: Quart, fields: Fields, query: bytes, body: bytes, asked: bool
) -> None:
    if asked:
        query = ASKED.encode() + query
    for method, path in PATHS:
        for headers in (fields, of_this_machine(fields)):
            if path.startswith("/local/"):
                headers = [field for field in headers if field[0] != b"Origin"]
            answer = await ask(issuer, path, headers, method=method, query=query, body=body)
            assert 200 <= answer.status < 500, (method, path, answer)


@pytest.mark.parametrize("name", FIELDS)
async def test_each_field_may_hold_each_of_the_known_oddities(issuer: Quart, name: bytes) -> None:
    for value in DATES + RANGES + OTHERS:
        for method, path in PATHS:
            answer = await ask(issuer, path, of_this_machine([(name, value)]), method=method)
            assert 200 <= answer.status < 500, (method, path, value[:60], answer)


async def test_its_files_are_sent_in_ranges_too(issuer: Quart) -> None:
    whole = await ask(issuer, "/assets/issuer.css", [LOOPBACK])
    last = await ask(issuer, "/assets/issuer.css", [LOOPBACK, (b"Range", b"bytes=-1")])
    assert (last.status, last.body) == (206, whole.body[-1:])
    for value in DATES:
        answer = await ask(issuer, "/assets/issuer.css", [LOOPBACK, (b"If-Modified-Since", value)])
        assert (answer.status, answer.body) == (200, whole.body), value


@pytest.mark.parametrize(
    "host", [b"a..b", b"\xff", b"[:::]", b"[", b"a" * 70 + b".test", b"127.0.0.1.", b"localhost:99999", b""]
)
async def test_a_host_that_is_none_is_refused_like_any_other(issuer: Quart, host: bytes) -> None:
    for method, path in PATHS:
        assert (await ask(issuer, path, [(b"Host", host)], method=method)).status in (400, 421)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
async def test_what_cannot_be_read_gets_no_token(issuer: Quart, body: bytes) -> None:
    for content_type in (
        b"application/json",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=a",
        b"\xff",
    ):
        headers = [LOOPBACK, (b"Content-Type", content_type)]
        answer = await ask(issuer, "/oauth/token", headers, method="POST", body=body)
        assert answer.status == 400, (content_type, answer)


async def test_it_redirects_no_spelling(issuer: Quart) -> None:
    for path in ("/authorize/", "//authorize", "/v2//logout", "/.well-known/jwks.json/", "/userinfo/"):
        answer = await ask(issuer, path, [LOOPBACK])
        assert (answer.status, "Location" in answer.headers) == (404, False), path
