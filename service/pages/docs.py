"""`/openapi.json` and `/docs`: the API's description, and Swagger UI showing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Blueprint, Response
from quart_schema import hide

from ..web import constant, current_application, public
from .assets import LIBRARY
from .page import for_login, installed, issuer_sources, render

if TYPE_CHECKING:
    from pathlib import Path


def create(issuer: str, client_id: str | None, audience: str, *, library: Path = LIBRARY) -> Blueprint:
    """Make the page for `issuer`, a string that ends in "/", and its single-page application `client_id`, with which
    "Authorize" logs in once `library` is there, the file of Auth0's login library."""
    blueprint = Blueprint("docs", __name__, template_folder="templates")
    called, framed = issuer_sources(issuer, client_id)
    # Swagger UI sets styles on elements, and draws icons from data: URLs in its style sheet.
    policy = f"style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src {called}; frame-src {framed}"

    @blueprint.get("/openapi.json")
    @public
    @hide
    @constant
    async def description() -> dict[str, Any]:
        schema: dict[str, Any] = current_application().extensions["QUART_SCHEMA"].openapi_provider.schema()
        return schema

    @constant
    async def page(library_name: str) -> Response:
        return await render(
            "docs.html",
            policy,
            **for_login(issuer, client_id, audience, current_application().permissions, library_name),
        )

    @blueprint.get("/docs")
    @public
    @hide
    async def docs() -> Response:
        return await page(library_name=installed(library))

    return blueprint
