from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.auth import (
    CHECKS,
    Expectation,
    FetchFailed,
    InvalidToken,
    KeySet,
    RemoteKeySet,
    Verifier,
    check_results,
    key_set_url,
    read_key_set,
)
from service.key_set_client import KeySetFetcher, http_client
from service.practice.errors import Unusable
from service.practice.judging import GivenKey, GivenSecret, GivenSet, Judgement, PublishedKeys, judge
from service.practice.key_files import new_key
from service.practice.signing import Secret, sign_token

from ..signing import Signer, jwks, rsa_key
from ..tenant import AUDIENCE, NOW, ManualClock, Tenant

TENANT = Tenant()
STRANGER = Signer(rsa_key("stranger"), "stranger")
EXPECTED = Expectation(frozenset({TENANT.issuer}), frozenset({AUDIENCE}), ("RS256",), 5)
ANYTHING = Expectation(None, None, ("RS256",), 5)
KEYS = KeySet.from_jwks(jwks(*TENANT.published))


async def published(issuer: str) -> KeySet:
    return KEYS


async def of_tenant(token: str, expected: Expectation = EXPECTED) -> Judgement:
    return await judge(token, PublishedKeys([TENANT.issuer], published), expected, NOW)


TOKENS = [
    TENANT.token(),
    "opaque",
    TENANT.token().rpartition(".")[0] + ".",
    TENANT.token({"kid": None}),
    TENANT.token({"kid": "other"}),
    TENANT.token({"alg": "HS256"}),
    TENANT.token({"alg": "none"}),
    TENANT.token({"typ": "logout+jwt"}),
    TENANT.token(signer=STRANGER),
    TENANT.token(signer=Signer(rsa_key("stranger"), "current")),
    TENANT.token(signer=STRANGER, iss="https://evil.test/"),
    TENANT.token(iss="https://evil.test/"),
    TENANT.token(iss=None),
    TENANT.token(aud="other"),
    TENANT.token(aud=None),
    TENANT.token(exp=NOW - 5),
    TENANT.token(exp=NOW - 4),
    TENANT.token(nbf=NOW + 6),
    TENANT.token(iat=NOW + 6),
    TENANT.token(exp=None),
    TENANT.token(cnf={}),
    TENANT.token(permissions="read:messages"),
    TENANT.token(scope=["read:messages"]),
]


@pytest.mark.parametrize("token", TOKENS, ids=range(len(TOKENS)))
async def test_the_verdict_is_the_services(token: str) -> None:
    tenant, clock = Tenant(), ManualClock()
    async with http_client(tenant.transport) as client:
        source = RemoteKeySet(tenant.issuer, KeySetFetcher(client, 5), clock)
        verifier = Verifier({tenant.issuer: source}, {AUDIENCE}, 5, clock, algorithms=("RS256",))
        try:
            await verifier.verify(token)
        except InvalidToken as error:
            assert (await of_tenant(token)).results == check_results(error)
        else:
            assert (await of_tenant(token)).results == check_results(None)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
async def test_no_text_gets_anything_but_a_verdict(data: st.DataObject) -> None:
    token = TENANT.token()
    start = data.draw(st.integers(0, len(token)))
    mutated = token[:start] + data.draw(st.text(st.characters(), max_size=3)) + token[start + 1 :]
    for text in (data.draw(st.text()), mutated):
        judgement = await of_tenant(text)
        assert [result.name for result in judgement.results] == list(CHECKS)
        assert (judgement.failed is None) == (text == token)


@pytest.mark.parametrize(
    "claims", [{}, {"iss": "https://evil.test/", "aud": "other"}, {"iss": None, "aud": None}], ids=str
)
async def test_a_check_that_is_left_out_says_so(claims: dict[str, Any]) -> None:
    judgement = await judge(TENANT.token(**claims), GivenSet(KEYS), ANYTHING, NOW)
    assert judgement.failed is None
    outcomes = {result.name: result.outcome for result in judgement.results}
    assert outcomes == {name: "not_checked" if name in ("issuer", "audience") else "passed" for name in CHECKS}
    assert all("as you asked" in result.detail for result in judgement.results if result.outcome == "not_checked")


async def test_what_is_not_left_out_is_checked() -> None:
    for wrong, expected in (
        ("issuer", Expectation(frozenset({"a"}), None, ("RS256",), 5)),
        ("audience", Expectation(None, frozenset({"a"}), ("RS256",), 5)),
        ("signature", Expectation(None, None, ("RS512",), 5)),
    ):
        failed = (await judge(TENANT.token(), GivenSet(KEYS), expected, NOW)).failed
        assert failed is not None
        assert failed.name == wrong


async def test_a_given_key_is_used_whatever_kid_the_token_names() -> None:
    key = new_key()
    for kid in ("current", "../../etc", "'; --"):
        token = sign_token({"kid": kid}, TENANT.claims(), key, "RS256")
        judgement = await judge(token, GivenKey(key, ("RS256",)), EXPECTED, NOW)
        assert judgement.failed is None
        assert "you gave" in judgement.results[1].detail
    for header, failed in (({}, "form"), ({"kid": ""}, "signature")):
        refused = await judge(
            sign_token(header, TENANT.claims(), key, "RS256"), GivenKey(key, ("RS256",)), EXPECTED, NOW
        )
        assert refused.failed is not None
        assert refused.failed.name == failed
    wrong = await judge(TENANT.token(), GivenKey(key, ("RS256",)), EXPECTED, NOW)
    assert wrong.failed is not None
    assert wrong.failed.name == "signature"


def test_a_given_key_that_no_allowed_algorithm_fits_is_told() -> None:
    with pytest.raises(Unusable, match="ES256"):
        GivenKey(new_key("ES256"), ("RS256",))


async def test_a_secret_verifies_its_own_algorithms_alone() -> None:
    secret = Secret(b"s" * 64)
    for algorithm in secret.algorithms:
        token = sign_token({"kid": "a"}, TENANT.claims(), secret, algorithm)
        expected = Expectation(EXPECTED.issuers, EXPECTED.audiences, (algorithm,), 5)
        assert (await judge(token, GivenSecret(secret), expected, NOW)).failed is None
        assert (await judge(token, GivenSecret(Secret(b"t" * 64)), expected, NOW)).failed is not None
        assert (await judge(TENANT.token(), GivenSecret(secret), expected, NOW)).failed is not None
        # What the service itself says of it.
        assert (await of_tenant(token)).failed is not None


def test_a_key_is_no_secret() -> None:
    with pytest.raises(Unusable, match="RS256 taken for HS256"):
        GivenSecret(Secret(new_key().public_pem()))


async def test_each_issuer_vouches_for_its_own_tokens_alone() -> None:
    asked = []
    sets = {"https://one.test/": KeySet.from_jwks(jwks(STRANGER)), "https://two.test/": KEYS}

    async def keys_of(issuer: str) -> KeySet:
        asked.append(issuer)
        return sets[issuer]

    expected = Expectation(frozenset(sets), frozenset({AUDIENCE}), ("RS256",), 5)
    keys = PublishedKeys(sets, keys_of)
    for issuer, failed in (
        ("https://two.test/", None),
        ("https://one.test/", "signature"),
        ("https://no.test/", "issuer"),
    ):
        judgement = await judge(TENANT.token(iss=issuer), keys, expected, NOW)
        assert (judgement.failed and judgement.failed.name) == failed
    assert asked == ["https://two.test/", "https://one.test/", "https://one.test/", "https://two.test/"]


async def test_keys_that_cannot_be_had_are_no_verdict_and_not_asked_for_where_the_form_is_bad() -> None:
    async def down(issuer: str) -> KeySet:
        return read_key_set(b"down", ("RS256",))

    keys = PublishedKeys([TENANT.issuer], down)
    for token in (TENANT.token(), TENANT.token(iss="https://evil.test/")):
        with pytest.raises(FetchFailed):
            await judge(token, keys, EXPECTED, NOW)
    assert (await judge("opaque", keys, EXPECTED, NOW)).failed is not None
    assert key_set_url(TENANT.issuer).startswith(TENANT.issuer)
