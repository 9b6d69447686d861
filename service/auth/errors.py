"""Every way of not being let in, each with its status, its code and its challenge.

    AuthError
    ├── AuthorizationMissing      401  no token was brought
    ├── InvalidRequest            400  a token was brought in a malformed way
    ├── InvalidToken              401  a token was brought and is not accepted
    │   ├── UnknownKey                 signed with a key that the key set does not hold
    │   ├── InvalidIssuer
    │   ├── InvalidAudience
    │   ├── TokenExpired
    │   └── TokenNotYetValid
    ├── InsufficientScope         403  a valid token, without the permission
    ├── OriginNotAllowed          403  a WebSocket opened by a page from elsewhere
    └── KeySourceUnavailable      503  nobody can tell whether the token is good

`detail` is written by this package alone: it never holds a value out of a token that was not verified.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Check = Literal["form", "signature", "issuer", "audience", "time", "permissions"]
"""What a token is checked for, see `service.auth.verifier`."""

CHECKS: tuple[Check, ...] = ("form", "signature", "issuer", "audience", "time", "permissions")


class AuthError(Exception):
    """A request that is not let in.

    `challenge_error` is the `error` of RFC 6750 section 3.1; `None` where the challenge has none.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    challenge_error: ClassVar[str | None] = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class AuthorizationMissing(AuthError):
    # RFC 6750 section 3.1: without any authentication information the challenge carries no error code.
    status = 401
    code = "authorization_header_missing"


class InvalidRequest(AuthError):
    status = 400
    code = "invalid_request"
    challenge_error = "invalid_request"


class InvalidToken(AuthError):
    """The token is refused. `check` names the check that it failed."""

    status = 401
    code = "invalid_token"
    challenge_error = "invalid_token"
    check: Check = "form"

    def __init__(self, detail: str, check: Check | None = None) -> None:
        super().__init__(detail)
        if check is not None:
            self.check = check


class UnknownKey(InvalidToken):
    check = "signature"


class InvalidIssuer(InvalidToken):
    code = "invalid_issuer"
    check = "issuer"


class InvalidAudience(InvalidToken):
    code = "invalid_audience"
    check = "audience"


class TokenExpired(InvalidToken):
    code = "token_expired"
    check = "time"


class TokenNotYetValid(InvalidToken):
    code = "token_not_yet_valid"
    check = "time"


class InsufficientScope(AuthError):
    """`scope` holds the permissions that would have been enough, in the order of the route's code."""

    status = 403
    code = "insufficient_scope"
    challenge_error = "insufficient_scope"

    def __init__(self, detail: str, scope: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.scope = scope


class OriginNotAllowed(AuthError):
    status = 403
    code = "origin_not_allowed"


class KeySourceUnavailable(AuthError):
    """The issuer's keys cannot be had. `retry_after` is in whole seconds, at least 1."""

    status = 503
    code = "key_source_unavailable"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
