"""A short walk through what a JWT is and how one is attacked: each step is run for real, with a fresh key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import jose
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwt
from jose.exceptions import JOSEError

from ..auth import Expectation, KeySet
from . import judging
from .inspection import take_apart
from .key_files import new_key
from .signing import Secret, encode, sign_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..auth.errors import Check
    from .judging import Judgement

    Judge = Callable[[str, judging.Keys, Expectation, float], Awaitable[Judgement]]

_ISSUER = "https://issuer.example/"
_AUDIENCE = "https://api.example"
_HOUR = 3600


class Step(NamedTuple):
    """One thing that is tried. `refused_for` is the check that must refuse the token, `None` where it must be accepted;
    `beside` is what was found besides, and `judgement` is `None` where nothing is judged."""

    title: str
    done: str
    token: str
    judgement: Judgement | None
    refused_for: Check | None
    learn: str
    beside: str | None = None

    @property
    def as_it_must_be(self) -> bool:
        if self.judgement is None:
            return True
        failed = self.judgement.failed
        return (failed.name if failed is not None else None) == self.refused_for


async def lesson(now: float, judge: Judge = judging.judge) -> list[Step]:
    """Run every step. `now` is in seconds since the epoch."""
    key = new_key()
    header = {"typ": "JWT", "kid": key.kid}
    claims = {
        "iss": _ISSUER,
        "sub": "learner",
        "aud": _AUDIENCE,
        "iat": int(now),
        "exp": int(now) + _HOUR,
        "permissions": ["read:messages"],
    }
    keys = judging.GivenSet(KeySet.from_jwks({"keys": [key.jwk(kid=key.kid, alg="RS256")]}))
    expected = Expectation(frozenset({_ISSUER}), frozenset({_AUDIENCE}), ("RS256",), leeway=5)

    async def verdict(token: str) -> Judgement:
        return await judge(token, keys, expected, now)

    token = sign_token(header, claims, key, "RS256")
    head, _, signature = token.split(".")
    tampered = f"{head}.{_segment({**claims, 'permissions': ['read:messages', 'write:messages']})}.{signature}"
    expired = sign_token(header, {**claims, "iat": int(now) - 2 * _HOUR, "exp": int(now) - _HOUR}, key, "RS256")
    # With nothing for a signature, the form alone would refuse it, and nothing be learnt of the list of algorithms.
    unsigned = f"{_segment({**header, 'alg': 'none'})}.{_segment(claims)}.{encode(b'made up')}"
    # A secret is bytes, so what is public must be taken in a form of which every byte is known.
    secret = key.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    confused = sign_token(header, claims, Secret(secret), "HS256")
    return [
        Step(
            "Encode",
            "A fresh RSA key signs a header and a payload. What comes out is one line of text.",
            token,
            await verdict(token),
            None,
            "A JWT has three parts with dots between them: header, payload and signature. The first two are JSON in "
            "base64url; the third is computed from both with the private key. The service has the public key alone: "
            "it can tell a good signature, and make none.",
        ),
        Step(
            "Decode",
            f"Nothing but the text is needed to read it:\n{take_apart(token).payload.text}",
            token,
            None,
            None,
            "base64url is a spelling, not a lock. Whoever sees a token reads it: the browser, a proxy, a log. So never "
            "store sensitive data in a JWT. And what was only decoded is not yet true: anybody can write such a text.",
        ),
        Step(
            "Tamper",
            "The payload is changed so that it grants write:messages; the signature stays as it was.",
            tampered,
            await verdict(tampered),
            "signature",
            "The signature covers every character of header and payload. Whoever changes one needs a new signature, "
            "and for that the private key.",
        ),
        Step(
            "Expire",
            "The same claims, signed with the right key, but an hour too late.",
            expired,
            await verdict(expired),
            "time",
            "A good signature is not enough: a service that knows only keys cannot take a single token back, so each "
            "ends by itself. Give tokens a short life, and let a few seconds of leeway make up for clocks that differ.",
        ),
        Step(
            "alg: none",
            "The header says that the token is not signed. Something made up stands where the signature was.",
            unsigned,
            await verdict(unsigned),
            "signature",
            "RFC 7519 section 6 has unsigned tokens, and libraries have accepted them. The header is written by "
            "whoever sends the token, so it must not decide how it is checked: the service has its own list of "
            "algorithms (RFC 8725 section 3.1). With nothing for a signature, as the RFC has it, the token would be "
            "refused for its form already.",
        ),
        Step(
            "RS256 taken for HS256",
            "The header says HS256, and the public key, which anybody may fetch, is used as the secret.",
            confused,
            await verdict(confused),
            "signature",
            "HS256 has one secret for signing and verifying. A verifier that lets the header choose would take the "
            "public key for it and accept what anybody signs (RFC 8725 section 2.1). So never allow HS256 where there "
            "is a public key, and name the algorithms that you expect.",
            _what_the_library_says(confused, secret),
        ),
    ]


def _segment(members: dict[str, object]) -> str:
    return encode(json.dumps(members).encode("ascii"))


def _what_the_library_says(token: str, public_key: bytes) -> str:
    """Try the mistake itself, with the library that the service takes its signatures from."""
    mistake = "jose.jwt.decode(token, public_key_der, algorithms=['RS256', 'HS256'])"
    try:
        jwt.decode(token, public_key, algorithms=["RS256", "HS256"], audience=_AUDIENCE)
    except JOSEError:
        return f"With python-jose {jose.__version__}, {mistake} refuses it too."
    return f"With python-jose {jose.__version__}, {mistake} accepts it: the mistake is still there to be made."
