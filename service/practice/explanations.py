"""What the members of a token mean, in half a line each."""

from __future__ import annotations

HEADER = {
    "alg": "how it is signed (RFC 7515 section 4.1.1)",
    "kid": "which of the issuer's keys signed it (4.1.4)",
    "typ": "what kind of token it is (4.1.9)",
    "cty": "what kind of thing the payload is (4.1.10)",
    "crit": "extensions that must be understood, or the token refused (4.1.11)",
    "jku": "where a key set is; never followed, the author must not choose the key (4.1.2)",
    "jwk": "a key; never used, the author must not choose the key (4.1.3)",
    "x5u": "where a certificate is; never followed, like jku (4.1.5)",
    "x5c": "a certificate; never used, like jwk (4.1.6)",
    "enc": "how the payload is encrypted (RFC 7516 section 4.1.2)",
}

CLAIMS = {
    "iss": "who issued the token (RFC 7519 section 4.1.1)",
    "sub": "whom it speaks of: a user, or a client (4.1.2)",
    "aud": "for which APIs it is; all others must refuse it (4.1.3)",
    "exp": "when it ends (4.1.4)",
    "nbf": "when it begins (4.1.5)",
    "iat": "when it was issued (4.1.6)",
    "jti": "its own name, to tell it from others (4.1.7)",
    "azp": "the client that asked for it, as Auth0 names it",
    "client_id": "the client that asked for it (RFC 9068 section 2.2)",
    "scope": "what the client asked for and may do, separated by spaces (RFC 8693 section 4.2)",
    "permissions": "everything that the subject may do, as Auth0 lists it",
    "gty": "how it was got, as Auth0 names it",
    "cnf": "the key that its bearer must prove to have (RFC 7800)",
}

TIMES = ("exp", "nbf", "iat")
