"""The claims of an access token: RFC 7519 section 4.1, as strictly as RFC 8725 and RFC 9068 ask.

`read` says whether a payload is well formed; it is used before the signature is checked, so its result is
not trusted yet. The `check_` functions then decide, one for each check that a caller is told about.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from . import strict_json
from .errors import InvalidAudience, InvalidIssuer, InvalidToken, TokenExpired, TokenNotYetValid
from .grants import Grant
from .token import NOTHING_KEPT, AccessToken, Actor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .grants import KnownGrants

# The integers that every JSON reader has exactly (RFC 7493 section 2.2); a time beyond is no time.
_MAX_DATE = 2**53 - 1


def read(payload: bytes) -> dict[str, Any]:
    """Parse a payload into claims whose registered members have the types that RFC 7519 gives them.

    Raises InvalidToken, of the check "form".
    """
    try:
        unverified_claims = strict_json.loads_object(payload)
    except ValueError as error:
        raise InvalidToken(f"The token's payload cannot be read: {error}.") from None
    # RFC 7800, RFC 9449 and RFC 8705 bind a token to a key; RFC 9449 section 7.1: as a bearer token it is
    # one that somebody took from its owner.
    if "cnf" in unverified_claims:
        raise InvalidToken("The token is bound to a key (cnf), so it cannot be used as a bearer token.")
    # RFC 9068 section 2.2 requires sub and exp; RFC 7519 section 4.1 gives the types.
    subject = unverified_claims.get("sub")
    if type(subject) is not str or not subject:
        raise InvalidToken("The token's sub must be a string, and not empty.")
    if "exp" not in unverified_claims:
        raise InvalidToken("The token has no exp, so it would never end.")
    for name in ("exp", "nbf", "iat"):
        if name in unverified_claims and not _is_date(unverified_claims[name]):
            raise InvalidToken(f"The token's {name} must be a number of seconds since the epoch.")
    if type(unverified_claims.get("iss", "")) is not str:
        raise InvalidToken("The token's iss must be a string.")
    audience = unverified_claims.get("aud", "")
    if type(audience) is not str and not (type(audience) is list and _are_strings(audience)):
        raise InvalidToken("The token's aud must be a string or a list of strings.")
    return unverified_claims


def check_issuer(claims: dict[str, Any], issuers: Collection[str]) -> None:
    """RFC 7519 section 4.1.1, RFC 8725 section 3.8: compared exactly, the last "/" included."""
    if claims.get("iss") not in issuers:
        raise InvalidIssuer("The token was issued by somebody who is not trusted here.")


def check_audience(claims: dict[str, Any], audiences: Collection[str]) -> None:
    """RFC 7519 section 4.1.3, RFC 8725 section 3.9: without an aud of ours the token is for somebody else."""
    for audience in _audience(claims):
        if audience in audiences:
            return
    raise InvalidAudience("The token is for another API: this API's identifier is not in its aud.")


def check_time(expires_at: float, not_before: float | None, issued_at: float | None, now: float, leeway: float) -> None:
    """RFC 7519 sections 4.1.4 to 4.1.6. `now` is in seconds since the epoch, `leeway` in seconds."""
    # "on or after which": at exp itself the token has ended.
    if now >= expires_at + leeway:
        raise TokenExpired("The token has expired. Get a new one.")
    latest = now + leeway
    # Not a loop, which would cost each request a tenth of a microsecond.
    if (not_before is not None and not_before > latest) or (issued_at is not None and issued_at > latest):
        raise TokenNotYetValid("The token is not valid yet. Is a clock wrong?")


def read_grant(claims: dict[str, Any], known_grants: KnownGrants) -> Grant:
    """Return what claims grant: an equal one of `known_grants`, or else a new one.

    Raises InvalidToken, of the check "permissions", where the claims that grant are not well formed: "in" on
    a string would find a permission in the middle of another.
    """
    scope, permissions, audience = claims.get("scope", ""), claims.get("permissions", ()), claims.get("aud", ())
    if type(permissions) is list:
        permissions = tuple(permissions)
    if type(audience) is list:
        audience = tuple(audience)
    organization = _text(claims.get("org_id")), _text(claims.get("org_name"))
    # Where any issuer will do, there may be none.
    key = claims.get("iss", ""), audience, scope, permissions, _client_id(claims), *organization
    try:
        # Those were well formed, and nothing but text is equal to text.
        known = known_grants.get(key)
    except TypeError:
        # Lists and objects within are no keys; they are not well formed either.
        known = None
    if known is not None:
        return known
    if type(scope) is not str:
        raise InvalidToken("The token's scope must be a string.", "permissions")
    if type(permissions) is not tuple or not _are_strings(permissions):
        raise InvalidToken("The token's permissions must be a list of strings.", "permissions")
    return Grant(key)


def access_token(
    claims: dict[str, Any], payload: bytes, grant: Grant, kept: Collection[str] = frozenset()
) -> AccessToken:
    """Turn claims that passed every check, the payload that they were read from, and what `read_grant` read in them
    into an AccessToken, which keeps the claims named `kept` beside."""
    # By position: by name it takes twice the time.
    return AccessToken(
        claims["sub"],
        grant.issuer,
        grant.audience,
        claims["exp"],
        claims.get("nbf"),
        claims.get("iat"),
        grant.scopes,
        grant.permissions,
        grant.client_id,
        payload,
        grant.organization_id,
        grant.organization_name,
        _actor(claims["act"]) if "act" in claims else None,
        {name: claims.get(name) for name in kept} if kept else NOTHING_KEPT,
    )


def _audience(claims: dict[str, Any]) -> list[str]:
    audience = claims.get("aud", [])
    return [audience] if type(audience) is str else audience


def _actor(act: object) -> Actor | None:
    """RFC 8693 section 4.1: an object with the actor's identity, and within it those before, if any. One that is
    not well formed is left out: it takes nothing from what the subject may do."""
    chain = []
    while type(act) is dict:
        chain.append(_text(act.get("sub")))
        act = act.get("act")
    actor = None
    for subject in reversed(chain):
        actor = Actor(subject, actor) if subject else None
    return actor


def _text(value: object) -> str | None:
    return value if type(value) is str else None


def _client_id(claims: dict[str, Any]) -> str | None:
    # Auth0's default dialect names the client in azp, its RFC 9068 dialect in client_id.
    client = _text(claims.get("azp"))
    return _text(claims.get("client_id")) if client is None else client


def _is_date(value: object) -> bool:
    # bool is an int to Python, and not a number to JSON.
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= _MAX_DATE  # type: ignore[arg-type]


def _are_strings(values: Iterable[object]) -> bool:
    return set(map(type, values)) <= {str}
