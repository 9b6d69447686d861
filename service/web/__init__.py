"""Quart's side of the door: hooks, refusals, and what a route says of itself."""

from .access import access_of, permissions_of, public, requires
from .application import Application, current_application
from .body_limit import max_body
from .constant import constant
from .guard import verify_request
from .requests import current_request, current_token

__all__ = [
    "Application",
    "access_of",
    "constant",
    "current_application",
    "current_request",
    "current_token",
    "max_body",
    "permissions_of",
    "public",
    "requires",
    "verify_request",
]
