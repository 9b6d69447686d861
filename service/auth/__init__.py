"""What decides about an access token. It knows no web framework, no environment and no network.

bearer      where a request brings its token
verifier    token text in, AccessToken out     cache: tokens that were verified     clock: the time
  validation  what makes a token valid, in the one order
    jws         the compact form, taken apart     base64url, strict_json: its encodings
    claims      what the token says     grants: what many tokens grant alike     token: AccessToken
    caller_rules  whom the settings allow
  issuer_keys the keys of the trusted issuers
    jwks        those of one, fetched and kept     refresh_policy: how often     key_set_event: what is told of that
    keyset      the keys, and the signature     jwk: one of them
errors      every refusal
verdict     what each check came to
"""

from .bearer import from_authorization, from_handshake
from .cache import VerifiedTokens
from .caller_rules import CallerRules, caller_rules, is_of_organization
from .clock import Clock, SystemClock
from .errors import (
    CHECKS,
    AnonymousNotAllowed,
    AuthError,
    AuthorizationMissing,
    ClientNotAllowed,
    Forbidden,
    InsufficientClaims,
    InsufficientScope,
    InsufficientUserAuthentication,
    InvalidAudience,
    InvalidIssuer,
    InvalidRequest,
    InvalidToken,
    KeySourceUnavailable,
    OrganizationMismatch,
    OrganizationNotAllowed,
    OriginNotAllowed,
    TokenExpired,
    TokenNotYetValid,
    UnknownKey,
)
from .issuer_keys import IssuerKeys
from .jwk import ALGORITHMS
from .jwks import FetchFailed, RemoteKeySet, key_set_url, read_key_set
from .key_set_event import KeySetEvent
from .keyset import KeySet, verify_jws
from .refresh_policy import RefreshPolicy
from .token import AccessToken, Actor
from .validation import Expectation, read_token, validate
from .verdict import CheckResult, check_results
from .verifier import KeySource, Verifier

__all__ = [
    "ALGORITHMS",
    "CHECKS",
    "AccessToken",
    "Actor",
    "AnonymousNotAllowed",
    "AuthError",
    "AuthorizationMissing",
    "CallerRules",
    "CheckResult",
    "ClientNotAllowed",
    "Clock",
    "Expectation",
    "FetchFailed",
    "Forbidden",
    "InsufficientClaims",
    "InsufficientScope",
    "InsufficientUserAuthentication",
    "InvalidAudience",
    "InvalidIssuer",
    "InvalidRequest",
    "InvalidToken",
    "IssuerKeys",
    "KeySet",
    "KeySetEvent",
    "KeySource",
    "KeySourceUnavailable",
    "OrganizationMismatch",
    "OrganizationNotAllowed",
    "OriginNotAllowed",
    "RefreshPolicy",
    "RemoteKeySet",
    "SystemClock",
    "TokenExpired",
    "TokenNotYetValid",
    "UnknownKey",
    "VerifiedTokens",
    "Verifier",
    "caller_rules",
    "check_results",
    "from_authorization",
    "from_handshake",
    "is_of_organization",
    "key_set_url",
    "read_key_set",
    "read_token",
    "validate",
    "verify_jws",
]
