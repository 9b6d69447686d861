from __future__ import annotations

import json
import math
from typing import Any

import pytest

from service.auth import (
    InvalidAudience,
    InvalidIssuer,
    InvalidToken,
    TokenExpired,
    TokenNotYetValid,
    Verifier,
)

from ..signing import Signer, jwks, rsa_key
from ..tenant import AUDIENCE, NOW, ManualClock, Tenant

TENANT = Tenant()


class Published:
    """The tenant's keys, at hand."""

    loaded = True
    fetch_due = math.inf

    def current(self, now: float):
        return None

    def ensure_fresh(self, now: float) -> None:
        """Nothing to fetch."""

    async def keys_for(self, kid: str | None):
        from service.auth import KeySet

        return KeySet.from_jwks(jwks(*TENANT.published))


def verifier(now: float = NOW, leeway: float = 5) -> Verifier:
    return Verifier({TENANT.issuer: Published()}, {AUDIENCE, "second"}, leeway, ManualClock(now))


async def test_a_good_token_says_who_is_calling() -> None:
    token = await verifier().verify(TENANT.token(permissions=["read:messages"], nbf=NOW))
    assert token.subject == "auth0|somebody"
    assert token.issuer == TENANT.issuer
    assert token.audience == (AUDIENCE, f"{TENANT.issuer}userinfo")
    assert token.expires_at == NOW + 3600
    assert token.not_before == NOW
    assert token.issued_at == NOW - 60
    assert token.scopes == ("openid", "read:messages")
    assert token.permissions == ("read:messages",)
    assert token.client_id == "client"
    assert token.claims["azp"] == "client"


async def test_both_dialects_name_the_client() -> None:
    rfc9068 = TENANT.token({"typ": "at+jwt"}, azp=None, client_id="other", jti="1", aud="second")
    token = await verifier().verify(rfc9068)
    assert token.client_id == "other"
    assert token.audience == ("second",)


async def test_an_access_token_cannot_be_changed() -> None:
    token = await verifier().verify(TENANT.token())
    with pytest.raises(AttributeError):
        token.subject = "somebody else"  # type: ignore[misc]
    token.claims["sub"] = "somebody else"
    assert token.claims["sub"] == "auth0|somebody"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
        {"sub": ["auth0|somebody"]},
        {"exp": None},
        {"exp": str(NOW + 10)},
        {"exp": True},
        {"exp": [NOW + 10]},
        {"exp": {}},
        {"exp": 1e300},
        {"exp": 2**53},
        {"nbf": "0"},
        {"nbf": False},
        {"nbf": []},
        {"iat": "0"},
        {"iat": False},
        {"iat": -1e300},
        {"iss": 1},
        {"iss": ["https://tenant.test/"]},
        {"aud": 1},
        {"aud": {AUDIENCE: 1}},
        {"aud": [AUDIENCE, 1]},
        {"aud": [[AUDIENCE]]},
        {"aud": True},
        {"cnf": {"jkt": "x"}},
        {"cnf": {}},
        {"cnf": 1},
        {"scope": ["read:messages"]},
        {"scope": 1},
        {"permissions": "read:messages"},
        {"permissions": {"read:messages": True}},
        {"permissions": [1]},
        {"permissions": 1},
    ],
    ids=str,
)
async def test_claims_of_the_wrong_type_are_an_invalid_token(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken) as refused:
        await verifier().verify(TENANT.token(**claims))
    assert refused.value.code == "invalid_token"
    assert refused.value.check == ("permissions" if claims.keys() & {"scope", "permissions"} else "form")


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "iss", "aud", "sub", "cnf", "scope", "permissions"])
async def test_null_is_not_the_same_as_absent(name: str) -> None:
    payload = json.dumps({**TENANT.claims(), name: None}).encode()
    with pytest.raises(InvalidToken) as refused:
        await verifier().verify(TENANT.current.sign(payload))
    assert refused.value.code == "invalid_token"


@pytest.mark.parametrize(
    "issuer",
    [None, "", "https://tenant.test", "https://tenant.test//", "https://TENANT.test/", "http://tenant.test/",
     "https://tenant.test/ ", "https://evil.test/", "https://tenant.test.evil.test/", "https://tenant.test/\u0000"],
)  # fmt: skip
async def test_the_issuer_is_compared_exactly(issuer: str | None) -> None:
    with pytest.raises(InvalidIssuer) as refused:
        await verifier().verify(TENANT.token(iss=issuer))
    assert refused.value.code == "invalid_issuer"


@pytest.mark.parametrize(
    "audience",
    [None, "", [], [""], "https://api.example.com/", "https://api.example.co", "https://other.example.com",
     ["https://other.example.com", "https://tenant.test/userinfo"], f"{AUDIENCE} second", f"{AUDIENCE},second"],
    ids=str,
)  # fmt: skip
async def test_a_token_for_another_api_is_refused(audience: Any) -> None:
    with pytest.raises(InvalidAudience):
        await verifier().verify(TENANT.token(aud=audience))


@pytest.mark.parametrize("audience", [AUDIENCE, "second", [AUDIENCE], ["x", "second"]], ids=str)
async def test_one_of_the_audiences_is_enough(audience: Any) -> None:
    await verifier().verify(TENANT.token(aud=audience))


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"exp": NOW + 0.01}, None),
        ({"exp": NOW}, None),
        ({"exp": NOW - 4.99}, None),
        ({"exp": NOW - 5}, TokenExpired),
        ({"exp": NOW - 3600}, TokenExpired),
        ({"exp": 0}, TokenExpired),
        ({"exp": -1}, TokenExpired),
        ({"exp": 2**53 - 1}, None),
        ({"nbf": NOW + 5}, None),
        ({"nbf": NOW + 5.01}, TokenNotYetValid),
        ({"iat": NOW + 5}, None),
        ({"iat": NOW + 6}, TokenNotYetValid),
        ({"iat": None}, None),
        ({"iat": 0, "nbf": 0}, None),
    ],
    ids=str,
)
async def test_times_are_compared_with_the_leeway(claims: dict[str, Any], error: type[Exception] | None) -> None:
    if error is None:
        await verifier().verify(TENANT.token(**claims))
    else:
        with pytest.raises(error):
            await verifier().verify(TENANT.token(**claims))


async def test_without_leeway_a_token_ends_at_its_exp() -> None:
    await verifier(NOW - 0.001, leeway=0).verify(TENANT.token(exp=NOW))
    with pytest.raises(TokenExpired):
        await verifier(NOW, leeway=0).verify(TENANT.token(exp=NOW))


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"[]", b'"text"', b"\xff", b'\xef\xbb\xbf{"sub":"a"}', b'{"sub":"a","sub":"b"}',
     b'{"sub":"a","\\u0073ub":"b"}', b'{"sub":"\\ud800"}', b'{"exp":NaN}', b'{"x":1e999}', b'{"x":' + b"[" * 3000],
    ids=lambda payload: repr(payload[:24]),
)  # fmt: skip
async def test_payloads_that_are_not_one_strict_json_object(payload: bytes) -> None:
    with pytest.raises(InvalidToken) as refused:
        await verifier().verify(TENANT.current.sign(payload))
    assert refused.value.check == "form"


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [("", ()), ("a", ("a",)), ("a  b", ("a", "b")), (" a ", ("a",)), ("a\tb", ("a\tb",)), ("a\u2003b", ("a\u2003b",))],
)
async def test_a_scope_is_separated_by_spaces_alone(scope: str, scopes: tuple[str, ...]) -> None:
    assert (await verifier().verify(TENANT.token(scope=scope))).scopes == scopes


@pytest.mark.parametrize(("header", "claims"), [
    ({}, {"aud": "client", "nonce": "n", "scope": None}),
    ({"typ": "logout+jwt"}, {"events": {}}),
    ({"typ": "dpop+jwt"}, {"htm": "GET", "htu": "https://api.example.com"}),
])  # fmt: skip
async def test_tokens_of_other_kinds_are_refused(header: dict[str, Any], claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        await verifier().verify(TENANT.token(header, **claims))


async def test_an_unknown_member_is_ignored() -> None:
    await verifier().verify(TENANT.token(**{"https://example.com/roles": [{"a": [1, 2.5, None, True]}]}))


async def test_a_stranger_with_the_right_kid_is_refused_by_the_signature() -> None:
    with pytest.raises(InvalidToken) as refused:
        await verifier().verify(TENANT.token(signer=Signer(rsa_key("stranger"), "current")))
    assert refused.value.check == "signature"
