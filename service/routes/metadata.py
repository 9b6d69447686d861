"""What a client needs to know to get a token for this API (RFC 9728 section 2)."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, abort
from quart_schema import hide

from ..web import constant, current_application, current_request, public
from ..web.resource import WELL_KNOWN, asks_for_metadata

blueprint = Blueprint("metadata", __name__)


@blueprint.get(WELL_KNOWN)
@blueprint.get(f"{WELL_KNOWN}/<path:path>")
@public
@hide
async def protected_resource(path: str = "") -> Response:
    app = current_application()
    # Never guessed from the Host header: whoever sends that would decide what this API says it is.
    if app.resource is None or not asks_for_metadata(current_request(), app.resource):
        abort(404)
    return await _document()


@constant
async def _document() -> dict[str, Any]:
    app = current_application()
    resource = app.resource or ""
    return {
        "resource": resource,
        "authorization_servers": list(app.verifier.issuers),
        "bearer_methods_supported": ["header"],
        "scopes_supported": app.permissions,
        "resource_documentation": f"{resource.rstrip('/')}/docs",
    }
