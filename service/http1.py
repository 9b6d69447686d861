"""HTTP/1.1 under Hypercorn, without two ways in which a caller's bytes break it.

Hypercorn 0.18 has no place to pass a protocol in, so `install` puts this one where it looks for its own.

- A WebSocket handshake with header values that are not ASCII, or an extension offer that cannot be parsed,
  escapes wsproto as a bare ValueError: a traceback, and a connection cut without an answer. It gets a 400.
- An upgrade to cleartext HTTP/2, which any client may ask for, hands bytes to another parser with failures
  of its own, and lets requests past a proxy's rules unseen (h2c smuggling). Load balancers speak HTTP/1.1 to
  their targets, so it is not taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypercorn.protocol
from hypercorn.events import Closed
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import Handshake
from wsproto.extensions import PerMessageDeflate
from wsproto.handshake import server_extensions_handshake

if TYPE_CHECKING:
    import h11


class Http1Protocol(H11Protocol):
    async def _check_protocol(self, event: h11.Request) -> None:
        """Stay with HTTP/1.1, whatever the request asks for (RFC 9110 section 7.8 allows it)."""

    async def _create_stream(self, request: h11.Request) -> None:
        if _is_broken_handshake(request):
            await self._send_error_response(400)
            await self.send(Closed())
            return
        await super()._create_stream(request)


def install() -> None:
    """Make every Hypercorn server of this process use it."""
    hypercorn.protocol.H11Protocol = Http1Protocol  # type: ignore[attr-defined]


def _is_broken_handshake(request: h11.Request) -> bool:
    if not any(name == b"upgrade" for name, _ in request.headers):
        return False
    try:
        # What Hypercorn is about to do, at the moment of the handshake and of its acceptance.
        handshake = Handshake(list(request.headers), request.http_version.decode("ascii"))
        server_extensions_handshake(handshake.extensions or [], [PerMessageDeflate()])
    except ValueError:
        return True
    return False
