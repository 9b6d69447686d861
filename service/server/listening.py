"""Listening sockets: opened, shared out over several handles of the loop, paused and closed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from typing import TYPE_CHECKING

from .limits import BACKLOG, WRITE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# libuv accepts one connection for each listening handle in a turn of the loop, and serves in each turn what was
# accepted before: with one handle, the n-th connection of a burst waits for about n²/2 requests. asyncio's own loop
# accepts as many as there are in the kernel's queue, also beyond `most_connections`.
_HANDLES = 8

# Descriptors for everything that is no connection: listeners, files, key fetches, what routes open.
_RESERVED = 64

# Seconds until a handle is opened again that no descriptor was left for.
_RETRY_SECONDS = 0.5


class CannotBind(Exception):
    """The address cannot be listened on; the message says why."""


class BadHost(ValueError):
    """The address is none, whatever the machine; the message says which."""


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes a free one. Raises CannotBind, and BadHost for what is no address."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        both = host == "::" and socket.has_dualstack_ipv6()
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except UnicodeError:
        # As Python finds before anyone is asked: a label that is empty or longer than 63 characters.
        raise BadHost(f"HOST: {host!r} is no address to listen on; 0.0.0.0 is all of this machine's") from None
    except OSError as error:
        raise CannotBind(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Each connection inherits it. Without it the kernel takes 4 MB for a client that reads nothing, and from one
        # that reads slowly it asks for more only when a third of that was read, which can take minutes.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, WRITE_SIZE)
    return listener


def most_connections() -> int:
    """Count the connections for which this process may have descriptors (`ulimit -n`)."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1_000_000
    with contextlib.suppress(OSError):
        soft -= len(os.listdir("/proc/self/fd"))
    return max(8, soft - _RESERVED - _HANDLES)


class Listeners:
    """Accepts connections on a listening socket, which becomes its own."""

    def __init__(self, listener: socket.socket, connect: Callable[[], asyncio.BaseProtocol]) -> None:
        self._listener = listener
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._handles = _HANDLES if type(self._loop).__module__.startswith("uvloop") else 1
        self._servers: list[asyncio.AbstractServer] = []
        self._opening: asyncio.Task[None] | None = None
        self._paused = False
        self._closed = False

    async def open(self) -> None:
        """Accept from now on. Raises OSError where there is no descriptor for it."""
        while len(self._servers) < self._handles and not self._paused and not self._closed:
            duplicate = self._listener.dup()
            server = await self._loop.create_server(self._connect, sock=duplicate, backlog=BACKLOG)
            self._servers.append(server)
        if self._paused or self._closed:
            self._close_servers()

    def pause(self) -> None:
        """Accept no more. Clients wait in the kernel's queue, as the socket itself stays open."""
        self._paused = True
        self._close_servers()

    def resume(self) -> None:
        """Accept again."""
        self._paused = False
        if not self._closed and (self._opening is None or self._opening.done()):
            self._opening = self._loop.create_task(self._reopen(), name="listeners")

    async def close(self) -> None:
        """Accept what waits in the kernel's queue, which would be reset, and then no more, for good."""
        if self._closed:
            return
        self._closed = True
        self._close_servers()
        # At once, since clients go on connecting.
        waiting = list(_accept_waiting(self._listener))
        self._listener.close()
        for accepted in waiting:
            await self._loop.connect_accepted_socket(self._connect, accepted)

    async def _reopen(self) -> None:
        while not self._closed:
            try:
                await self.open()
            except OSError:
                # What else has descriptors, such as a file that a route has opened, gives them back.
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    def _close_servers(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()


def _accept_waiting(listener: socket.socket) -> Iterator[socket.socket]:
    listener.setblocking(False)
    # Also out of descriptors there is nothing more to accept.
    with contextlib.suppress(OSError):
        for _ in range(BACKLOG):
            accepted, _address = listener.accept()
            yield accepted
