"""What makes an access token valid, check by check, in the one order that the API and `jwt verify` share.

    form, algorithm                  `read_token`, before any key is asked for
    signature, issuer, audience,
    time, permissions                `validate`, with the keys
    time, permissions                `check_at_use`, whenever a token that was validated is used again

Pure: nothing here waits, fetches or looks at a clock. A check of the moment (revocation) or of the request (possession)
belongs in `check_at_use`, since a remembered token must pass it too; `validate` makes it at the same place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from . import claims
from .caller_rules import ANYONE, CallerRules
from .errors import InvalidToken
from .jws import KnownHeaders, UnverifiedJWS, parse

if TYPE_CHECKING:
    from .grants import Grant, KnownGrants
    from .keyset import KeySet
    from .token import AccessToken


class Expectation(NamedTuple):
    """What a token is compared with: `None` stands for any issuer or audience. `leeway` is in seconds; `callers` says
    whom the settings allow; `kept_claims` are taken out of a token for the rules of routes."""

    issuers: frozenset[str] | None
    audiences: frozenset[str] | None
    algorithms: tuple[str, ...]
    leeway: float
    callers: CallerRules = ANYONE
    kept_claims: frozenset[str] = frozenset()


def read_token(token: str, expected: Expectation, known_headers: KnownHeaders) -> tuple[UnverifiedJWS, dict[str, Any]]:
    """Read a token before its keys are known: its parts and its claims, of good form and not trusted yet.

    Raises InvalidToken, of the check "form" or "signature".
    """
    jws = parse(token, known_headers)
    # RFC 8725 section 3.1. Also without keys: such a token is refused whatever they are.
    if jws.header.algorithm not in expected.algorithms:
        raise InvalidToken("The token's algorithm is not allowed.", "signature")
    return jws, claims.read(jws.payload)


def validate(
    jws: UnverifiedJWS,
    unverified_claims: dict[str, Any],
    keys: KeySet,
    expected: Expectation,
    now: float,
    known_grants: KnownGrants,
) -> tuple[AccessToken, Grant]:
    """Return what a valid token says, and the grant in it: one of `known_grants` where an equal one is known.

    `now` is in seconds since the epoch. Raises InvalidToken, which names the first of `CHECKS` that failed.
    """
    keys.verify(jws)
    if expected.issuers is not None:
        claims.check_issuer(unverified_claims, expected.issuers)
    if expected.audiences is not None:
        claims.check_audience(unverified_claims, expected.audiences)
    claims.check_time(
        unverified_claims["exp"], unverified_claims.get("nbf"), unverified_claims.get("iat"), now, expected.leeway
    )
    grant = claims.read_grant(unverified_claims, known_grants)
    token = claims.access_token(unverified_claims, jws.payload, grant, expected.kept_claims)
    expected.callers.check(token)
    return token, grant


def check_at_use(token: AccessToken, expected: Expectation, now: float) -> None:
    """Check again what may have changed since a token was validated. Raises InvalidToken."""
    claims.check_time(token.expires_at, token.not_before, token.issued_at, now, expected.leeway)
    expected.callers.check(token)
