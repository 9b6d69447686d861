"""Claims of the size that Auth0's access tokens have: some 350 bytes."""

from __future__ import annotations

import time
from typing import Any


def auth0_claims(issuer: str, audience: str, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": issuer,
        "sub": "auth0|5f7c8ec7c33c6c004bbafe82",
        "aud": [audience, f"{issuer}userinfo"],
        "iat": now,
        "exp": now + 86400,
        "azp": "my0client0my0client0my0client0my",
        "scope": "openid profile email read:messages",
        "permissions": ["read:messages", "write:messages"],
        **more,
    }
