"""What decides about an access token. It knows no web framework, no environment and no network.

bearer      where a request brings its token
verifier    token text in, AccessToken out
  jws         the compact form, taken apart     base64url, strict_json: its encodings
  claims      what the token says
  keyset      the keys of an issuer, and the signature     jwk: one of them
  jwks        the same, fetched and kept
errors      every way of not being let in
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
from .jwk import ALGORITHMS
from .jwks import FetchFailed, Freshness, RemoteKeySet, key_set_url, read_key_set
from .key_set_event import KeySetEvent
from .keyset import KeySet, verify_jws
from .token import AccessToken
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
    "FetchFailed",
    "Freshness",
    "InsufficientScope",
    "InvalidAudience",
    "InvalidIssuer",
    "InvalidRequest",
    "InvalidToken",
    "KeySet",
    "KeySetEvent",
    "KeySource",
    "KeySourceUnavailable",
    "OriginNotAllowed",
    "RemoteKeySet",
    "SystemClock",
    "TokenExpired",
    "TokenNotYetValid",
    "UnknownKey",
    "VerifiedTokens",
    "Verifier",
    "check_results",
    "from_authorization",
    "from_handshake",
    "key_set_url",
    "read_key_set",
    "verify_jws",
]
