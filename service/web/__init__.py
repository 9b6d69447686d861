"""Quart's side of the door: hooks, refusals, and what a route says of itself."""

from .access import access_of, current_token, public, requires
from .application import Application, current_application
from .guard import verify_request

__all__ = [
    "Application",
    "access_of",
    "current_application",
    "current_token",
    "public",
    "requires",
    "verify_request",
]
