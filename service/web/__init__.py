"""Quart's side: who is admitted, what is refused, and how requests and answers are read and written.

application    the app     sessions: none     requests: the request or WebSocket that is handled
guard          admission, before every request and WebSocket     request_id: under which it is found again
  access       what a route says of who may call it     rules: what it may ask for     access_map: of all routes
  origins      which pages may call (CORS, `Origin`)
refusals       every failure, as a problem document
resource       this API's address and metadata (RFC 9728)

asgi           a request, from ASGI to its answer     streaming: answers that are made while they are sent
asgi_websocket    a WebSocket, likewise
head, headers  what a request's head says     routing: its path, and the route
reading, body  a request's body, as it arrives, and read     body_limit: how much of it a route takes
conditional, constant, json    answers: in parts or not at all, kept, as JSON
observing      what is told of a request once it has ended
"""

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
