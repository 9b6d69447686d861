"""Who is calling, as the API sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quart import Blueprint
from quart_schema import document_response

from ..web import current_token

blueprint = Blueprint("me", __name__, url_prefix="/api")


@dataclass
class Me:
    """The caller's access token, verified. `expires_at` is in seconds since the epoch."""

    sub: str
    iss: str
    aud: list[str]
    scope: list[str]
    permissions: list[str]
    client_id: str | None
    expires_at: float
    claims: dict[str, Any]


@blueprint.get("/me")
@document_response(Me)
async def me() -> tuple[dict[str, Any], dict[str, str]]:
    """Tell the caller who they are."""
    token = current_token()
    body = {
        "sub": token.subject,
        "iss": token.issuer,
        "aud": list(token.audience),
        "scope": list(token.scopes),
        "permissions": list(token.permissions),
        "client_id": token.client_id,
        "expires_at": token.expires_at,
        "claims": token.claims,
    }
    return body, {"Cache-Control": "no-store"}
