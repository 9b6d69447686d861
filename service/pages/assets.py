"""The files that the pages load, by name: their own, and those of the packages that they stand on."""

from __future__ import annotations

import asyncio
import importlib.util
import mimetypes
from datetime import UTC, datetime
from pathlib import Path

from quart import Blueprint, Response, abort
from quart_schema import hide

from ..web import constant, public

blueprint = Blueprint("assets", __name__, url_prefix="/assets")

PACKAGE = Path(__file__).parent
"""Where package.json is, and npm installs."""

LIBRARY = PACKAGE / "node_modules" / "@auth0" / "auth0-spa-js" / "dist" / "auth0-spa-js.production.esm.js"
"""Auth0's login library, which npm installs as package.json and its lock have it."""


def _swagger_ui() -> Path:
    # Found, not imported: the package is a web framework's plug-in around the files.
    spec = importlib.util.find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise RuntimeError("swagger-ui-py is not installed")
    return Path(spec.origin).parent / "static"


_OWN = PACKAGE / "static"

_FOLDERS = {
    **{path.name: _OWN for path in _OWN.iterdir()},
    **dict.fromkeys(("swagger-ui.css", "swagger-ui-bundle.js"), _swagger_ui()),
    LIBRARY.name: LIBRARY.parent,
}


@blueprint.get("/<name>")
@public
@hide
@constant
async def asset(name: str) -> Response:
    folder = _FOLDERS.get(name)
    if folder is None:
        abort(404)
    path = folder / name
    try:
        content, status = await asyncio.to_thread(path.read_bytes), await asyncio.to_thread(path.stat)
    except FileNotFoundError:
        abort(404)
    response = Response(content, mimetype=mimetypes.guess_type(name)[0] or "application/octet-stream")
    response.last_modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return response
