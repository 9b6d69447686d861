"""What the issuer can do, for libraries to read (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .authentication import METHODS
from .authorize import MODES, PROMPTS
from .clients import EXCHANGE_GRANT
from .keyring import ALGORITHM
from .people import READ, WRITE
from .tokens import OPENID_SCOPES

if TYPE_CHECKING:
    from .tokens import Tokens


def metadata(tokens: Tokens) -> dict[str, Any]:
    """One document for both standards: each ignores what only the other knows."""
    return {
        "issuer": tokens.issuer,
        "authorization_endpoint": f"{tokens.issuer}authorize",
        "token_endpoint": f"{tokens.issuer}oauth/token",
        "revocation_endpoint": f"{tokens.issuer}oauth/revoke",
        "userinfo_endpoint": tokens.userinfo,
        "jwks_uri": f"{tokens.issuer}.well-known/jwks.json",
        "response_types_supported": [*MODES],
        "response_modes_supported": ["query", "fragment", "web_message"],
        "grant_types_supported": [
            "authorization_code",
            "implicit",
            "refresh_token",
            "client_credentials",
            EXCHANGE_GRANT,
        ],
        "scopes_supported": [*OPENID_SCOPES, READ, WRITE],
        "prompt_values_supported": [*PROMPTS],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": [*METHODS],
        "revocation_endpoint_auth_methods_supported": [*METHODS],
        "request_parameter_supported": False,
        # Left out, it would be true.
        "request_uri_parameter_supported": False,
    }
