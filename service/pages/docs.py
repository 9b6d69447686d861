"""`/openapi.json` and `/docs`: the API's description, and Swagger UI showing it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from quart import Blueprint, Response, abort, make_response, render_template, send_from_directory
from quart_schema import hide

from ..web import current_application, public

blueprint = Blueprint("docs", __name__, template_folder="templates", static_folder=None)

_OWN = Path(__file__).parent / "static"

# Swagger UI sets styles on elements, and draws icons from data: URLs in its style sheet.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _swagger_ui() -> Path:
    # Found, not imported: the package is a web framework's plug-in around the files.
    spec = importlib.util.find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise RuntimeError("swagger-ui-py is not installed")
    return Path(spec.origin).parent / "static"


_ASSETS = {
    "docs.js": _OWN,
    "docs.css": _OWN,
    "swagger-ui.css": _swagger_ui(),
    "swagger-ui-bundle.js": _swagger_ui(),
    "favicon-32x32.png": _swagger_ui(),
}


@blueprint.get("/openapi.json")
@public
@hide
async def description() -> dict[str, Any]:
    schema: dict[str, Any] = current_application().extensions["QUART_SCHEMA"].openapi_provider.schema()
    return schema


@blueprint.get("/docs")
@public
@hide
async def docs() -> Response:
    response: Any = await make_response(await render_template("docs.html"))
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response  # type: ignore[no-any-return]


@blueprint.get("/docs/<name>")
@public
@hide
async def asset(name: str) -> Response:
    folder = _ASSETS.get(name)
    if folder is None:
        abort(404)
    return await send_from_directory(folder, name)
