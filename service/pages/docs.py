"""`/openapi.json` and `/docs`: the API's description, and Swagger UI showing it."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response
from quart_schema import hide

from ..web import constant, current_application, public
from .page import render

blueprint = Blueprint("docs", __name__, template_folder="templates")

# Swagger UI sets styles on elements, and draws icons from data: URLs in its style sheet.
_POLICY = "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"


@blueprint.get("/openapi.json")
@public
@hide
@constant
async def description() -> dict[str, Any]:
    schema: dict[str, Any] = current_application().extensions["QUART_SCHEMA"].openapi_provider.schema()
    return schema


@blueprint.get("/docs")
@public
@hide
@constant
async def docs() -> Response:
    return await render("docs.html", _POLICY)
