"""Tokens made by machines: mutations of a good one, and what other libraries say of what is accepted here."""

from __future__ import annotations

import json
import string

import joserfc.jwk
import joserfc.jws
import joserfc.jwt
import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.auth import InvalidToken, KeySet, verify_jws
from service.auth.claims import access_token, check_audience, check_issuer, check_time, read, read_grant
from service.auth.grants import KnownGrants

from ..signing import Signer, ec_key, jwks, rsa_key
from ..tenant import AUDIENCE, NOW, Tenant

TENANT = Tenant()
SIGNERS = {"RS256": TENANT.current, "ES256": Signer(ec_key("ES256"), "ec", "ES256")}
KEYS = KeySet.from_jwks(jwks(*SIGNERS.values()), algorithms=tuple(SIGNERS))
TOKENS = {alg: TENANT.token(signer=signer) for alg, signer in SIGNERS.items()}


@pytest.mark.parametrize("alg", SIGNERS)
@settings(max_examples=400)
@given(data=st.data())
def test_no_mutation_of_a_good_token_is_accepted(alg: str, data: st.DataObject) -> None:
    token = TOKENS[alg]
    start = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(start, min(start + 3, len(token))))
    alphabet = st.one_of(st.sampled_from(string.ascii_letters + string.digits + "-_.=+/ \n"), st.characters())
    mutated = token[:start] + data.draw(st.text(alphabet, max_size=3)) + token[end:]
    if mutated != token:
        with pytest.raises(InvalidToken):
            verify_jws(mutated, KEYS)


@settings(max_examples=200)
@given(
    st.one_of(st.text(), st.text(string.ascii_letters + "-_.", min_size=5), st.from_regex(r"[\w-]+\.[\w-]*\.[\w-]+"))
)
def test_no_text_raises_anything_but_a_refusal(text: str) -> None:
    with pytest.raises(InvalidToken):
        verify_jws(text, KEYS)


DATES = st.one_of(st.integers(NOW - 4000, NOW + 4000), st.floats(NOW - 100, NOW + 100), st.integers(-10, 2**53 + 10))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
CLAIMS = st.fixed_dictionaries(
    {"iss": st.sampled_from([TENANT.issuer, "https://tenant.test", ""]), "sub": st.text()},
    optional={
        "aud": st.one_of(
            st.sampled_from([AUDIENCE, "other", ""]), st.lists(st.sampled_from([AUDIENCE, "other"]), max_size=3)
        ),
        "exp": DATES,
        "nbf": DATES,
        "iat": DATES,
        "jti": st.text(),
        "scope": st.text(),
        "permissions": st.lists(st.text(), max_size=3),
        "https://example.com/extra": JSON,
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "typ": st.sampled_from(["JWT", "at+jwt", "application/at+jwt"]),
        "extra": JSON,
        "jku": st.just("https://evil.test/"),
    },
)
# By default it refuses header members that it does not know; RFC 7515 section 4 says to ignore them.
LENIENT = joserfc.jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
RSA = joserfc.jwk.RSAKey.import_key(TENANT.current.jwk)


@settings(max_examples=300)
@given(claims=CLAIMS, header=HEADERS)
def test_whatever_is_accepted_here_pyjwt_and_joserfc_accept_too(claims: dict, header: dict) -> None:
    token = TENANT.current.sign(json.dumps(claims).encode(), header)
    try:
        payload = verify_jws(token, KEYS)
        accepted = read(payload)
        check_issuer(accepted, [TENANT.issuer])
        check_audience(accepted, [AUDIENCE])
        check_time(accepted["exp"], accepted.get("nbf"), accepted.get("iat"), NOW, 5)
        access_token(accepted, payload, read_grant(accepted, KnownGrants()))
    except InvalidToken:
        return
    # Neither takes the time from outside, so what they think of it is compared in what remains.
    by_pyjwt = jwt.decode(
        token, jwt.PyJWK(TENANT.current.jwk).key, algorithms=["RS256"], audience=AUDIENCE, issuer=TENANT.issuer,
        options={"require": ["exp", "sub"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )  # fmt: skip
    by_joserfc = joserfc.jwt.decode(token, RSA, registry=LENIENT)
    joserfc.jwt.JWTClaimsRegistry(
        now=NOW, leeway=5, iss={"essential": True, "value": TENANT.issuer}, aud={"essential": True, "value": AUDIENCE},
        sub={"essential": True}, exp={"essential": True},
    ).validate(by_joserfc.claims)  # fmt: skip
    assert accepted == by_pyjwt == by_joserfc.claims


def test_the_signers_are_real() -> None:
    assert rsa_key().key_size == 2048
    for token in TOKENS.values():
        verify_jws(token, KEYS)
