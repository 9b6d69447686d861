"""What decides about an access token. It knows no web framework, no environment and no network.

bearer      where a request brings its token
verifier    token text in, AccessToken out     cache: tokens that were verified     grants: what they share
  validation  the checks, in their order
  issuer_keys which issuer's keys verify a token
  jws         the compact form, taken apart     base64url, strict_json: its encodings
  claims      what the token says
  token       the AccessToken itself
  keyset      the keys of an issuer, and the signature     jwk: one of them
  jwks        the same, fetched and kept     key_set_event: what is reported of it     refresh_policy: how often
clock       the time, which is passed in
errors      every reason for a refusal
verdict     the same, told check by check
"""

from .bearer import from_authorization, from_handshake
from .cache import VerifiedTokens
from .clock import Clock, SystemClock
from .errors import (
    CHECKS,
    AuthError,
    AuthorizationMissing,
    InsufficientScope,
    InvalidAudience,
    InvalidIssuer,
    InvalidRequest,
    InvalidToken,
    KeySourceUnavailable,
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
from .token import AccessToken
from .validation import Expectation, check_at_use, read_token, validate
from .verdict import CheckResult, check_results
from .verifier import KeySource, Verifier

__all__ = [
    "ALGORITHMS",
    "CHECKS",
    "AccessToken",
    "AuthError",
    "AuthorizationMissing",
    "CheckResult",
    "Clock",
    "Expectation",
    "FetchFailed",
    "InsufficientScope",
    "InvalidAudience",
    "InvalidIssuer",
    "InvalidRequest",
    "InvalidToken",
    "IssuerKeys",
    "KeySet",
    "KeySetEvent",
    "KeySource",
    "KeySourceUnavailable",
    "OriginNotAllowed",
    "RefreshPolicy",
    "RemoteKeySet",
    "SystemClock",
    "TokenExpired",
    "TokenNotYetValid",
    "UnknownKey",
    "VerifiedTokens",
    "Verifier",
    "check_at_use",
    "check_results",
    "from_authorization",
    "from_handshake",
    "key_set_url",
    "read_key_set",
    "read_token",
    "validate",
    "verify_jws",
]
