"""The files that the pages load, by name: their own, and those of the packages that they stand on."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from quart import Blueprint, Response, abort, send_from_directory
from quart_schema import hide

from ..web import public

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
async def asset(name: str) -> Response:
    folder = _FOLDERS.get(name)
    if folder is None:
        abort(404)
    # Asked for anew each time, and mostly answered with "not modified": new pages must not meet old scripts.
    return await send_from_directory(folder, name, conditional=True, cache_timeout=0)
