"""Quart's side of the door: hooks, refusals, and what a route says of itself."""

from .access import access_of, optional, public, requires
from .access_map import RouteError
from .application import Application, current_application
from .body_limit import max_body
from .constant import constant
from .guard import verify_request
from .requests import current_request, current_token

__all__ = [
    "Application",
    "RouteError",
    "access_of",
    "constant",
    "current_application",
    "current_request",
    "current_token",
    "max_body",
    "optional",
    "public",
    "requires",
    "verify_request",
]
