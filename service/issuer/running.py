"""Running the issuer, in this event loop, for as long as a context lasts."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from .. import server
from ..auth import Clock, SystemClock
from ..development import AUDIENCE, BROWSER_CLIENT, PAGES
from ..settings import is_loopback
from .app import create_issuer
from .keyring import Keyring
from .memory import Memory
from .tokens import LIFETIME, Tokens

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Sequence


class LocalIssuer:
    """A running issuer. `address` is its URL and the `iss` of its tokens; `audience` is the API's identifier."""

    def __init__(self, address: str, audience: str, clock: Clock, lifetime: int = LIFETIME) -> None:
        self.address = address
        self.audience = audience
        self.keyring = Keyring()
        self.memory = Memory(clock)
        self.tokens = Tokens(address, audience, self.keyring, clock, lifetime)

    def token(self, header: dict[str, Any] | None = None, /, **claims: Any) -> str:
        """Make an access token. `claims` replace or add members of a usual one; `None` takes one away."""
        return self.tokens.access(header, **claims)


@contextlib.asynccontextmanager
async def local_issuer(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    audience: str = AUDIENCE,
    origins: Sequence[str] = PAGES,
    browser_client: str = BROWSER_CLIENT,
    lifetime: int = LIFETIME,
    clock: Clock | None = None,
) -> AsyncIterator[LocalIssuer]:
    """Run an issuer; port 0 takes a free one.

    `origins` are those of the pages that log people in with it, as the client `browser_client`; `lifetime` is that of
    an access token in seconds.
    Raises ValueError for a host outside the loopback range, service.server.CannotBind for a port that is taken.
    """
    listener = listen(host, port)
    address = f"http://{host}:{listener.getsockname()[1]}/"
    issuer = LocalIssuer(address, audience, clock or SystemClock(), lifetime)
    app = create_issuer(issuer.tokens, issuer.keyring, issuer.memory, origins, browser_client)
    async with server.running(app, listener):
        yield issuer


def listen(host: str, port: int) -> socket.socket:
    """Open the issuer's listening socket, which its built-in passwords confine to this machine."""
    if not is_loopback(host):
        raise ValueError(
            f"the local issuer has built-in passwords: it listens on the loopback range alone, not on {host}"
        )
    return server.listen(host, port)
