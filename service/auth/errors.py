"""Every way of not being let in, each with its status, its code and its challenge.

    AuthError
    ├── AuthorizationMissing      401  no token was brought
    ├── InvalidRequest            400  a token was brought in a malformed way
    ├── InvalidToken              401  a token was brought and is not accepted
    │   ├── UnknownKey                 signed with a key that the key set does not hold
    │   ├── InvalidIssuer
    │   ├── InvalidAudience
    │   ├── TokenExpired
    │   ├── TokenNotYetValid
    │   ├── ClientNotAllowed
    │   ├── OrganizationNotAllowed
    │   └── AnonymousNotAllowed   403
    ├── InsufficientScope         403  a valid token, without the permission
    ├── RuleNotMet                403  a valid token, without what a rule of the route asks for
    │   ├── OrganizationMismatch
    │   ├── InsufficientClaims
    │   └── Forbidden
    ├── InsufficientUserAuthentication  401  a valid token, whose login is too old
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


class ClientNotAllowed(InvalidToken):
    code = "client_not_allowed"
    check = "permissions"


class OrganizationNotAllowed(InvalidToken):
    code = "organization_not_allowed"
    check = "permissions"


class AnonymousNotAllowed(InvalidToken):
    """A good token of a visitor who has not logged in, which another token of the same visitor would not mend."""

    status = 403
    code = "anonymous_not_allowed"
    challenge_error = "insufficient_scope"
    check = "permissions"


class InsufficientScope(AuthError):
    """`scope` holds the permissions that would have been enough, in the order of the route's code."""

    status = 403
    code = "insufficient_scope"
    challenge_error = "insufficient_scope"

    def __init__(self, detail: str, scope: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.scope = scope


class RuleNotMet(AuthError):
    """A rule of the route, other than its permissions, is not met: the base of those that say which."""

    status = 403
    code = "forbidden"
    challenge_error = "insufficient_scope"


class OrganizationMismatch(RuleNotMet):
    code = "organization_mismatch"


class InsufficientClaims(RuleNotMet):
    code = "insufficient_claims"


class Forbidden(RuleNotMet):
    """A condition of the route's own."""


class InsufficientUserAuthentication(AuthError):
    """RFC 9470 section 3. The login must not be older than `max_age` seconds."""

    status = 401
    code = "insufficient_user_authentication"
    challenge_error = "insufficient_user_authentication"

    def __init__(self, detail: str, max_age: int) -> None:
        super().__init__(detail)
        self.max_age = max_age


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
