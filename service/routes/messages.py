"""The three routes that people know from Auth0's quickstarts."""

from __future__ import annotations

from dataclasses import dataclass

from quart import Blueprint
from quart_schema import document_response

from ..web import public, requires

blueprint = Blueprint("messages", __name__, url_prefix="/api")


@dataclass
class Message:
    """What the route has to say."""

    message: str


@blueprint.get("/public")
@document_response(Message)
@public
async def open_to_anyone() -> dict[str, str]:
    """Answer anyone."""
    return {"message": "Hello from a public endpoint! You don't need a token to see this."}


@blueprint.get("/private")
@document_response(Message)
async def closed() -> dict[str, str]:
    """Answer whoever has a valid access token."""
    return {"message": "Hello from a private endpoint! You need a valid access token to see this."}


@blueprint.get("/private-scoped")
@document_response(Message)
@requires("read:messages")
async def closed_to_others() -> dict[str, str]:
    """Answer whoever may read messages."""
    return {"message": "Hello from a private endpoint! You need the permission read:messages to see this."}
