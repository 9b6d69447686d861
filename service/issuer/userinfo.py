"""`/userinfo` (OpenID Connect Core section 5.3): who a token is about, told to whoever has the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..auth import AuthError, InsufficientScope, InvalidToken, KeySet, claims, from_authorization, verify_jws
from ..auth.grants import KnownGrants
from .people import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .keyring import Keyring
    from .memory import Memory
    from .tokens import Tokens


def identity(authorization: Sequence[str], tokens: Tokens, memory: Memory, keyring: Keyring) -> dict[str, Any]:
    """Return the claims that an access token's scope opens. Raises AuthError.

    `authorization` holds the request's `Authorization` fields; the token is one of the API's, whose audience is
    this endpoint too, or an opaque one.
    """
    text = from_authorization(authorization)
    now = memory.clock.now()
    opaque = memory.opaque_tokens.get(text)
    if opaque is not None:
        claims.check_time(opaque.expires_at, None, None, now, leeway=0)
        person, scopes = opaque.person, opaque.scopes
    else:
        payload = verify_jws(text, KeySet.from_jwks(keyring.public_set()))
        said = claims.read(payload)
        claims.check_audience(said, [tokens.userinfo])
        claims.check_time(said["exp"], said.get("nbf"), said.get("iat"), now, leeway=0)
        found = [one for one in PEOPLE.values() if one.subject == said["sub"]]
        if not found:
            raise InvalidToken("The token is about nobody who is known here.")
        person, scopes = found[0], claims.read_grant(said, KnownGrants()).scopes
    if "openid" not in scopes:
        raise InsufficientScope("The token does not grant openid.", ("openid",))
    return person.identity(scopes)


def challenge(error: AuthError) -> str:
    """The `WWW-Authenticate` of a refusal (RFC 6750 section 3)."""
    return f'Bearer error="{error.challenge_error}"' if error.challenge_error else "Bearer"
