"""Connections that are open and say nothing, as those of a load balancer or of browsers between two clicks."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING

from .process import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def idle_connections(port: int, path: str, token: str, count: int) -> Iterator[None]:
    """Hold `count` keep-alive connections, each after one answered request. Raises Broken when one was closed."""
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=10) for _ in range(count)]
    try:
        for number, connection in enumerate(connections, 1):
            try:
                connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                raise Broken(f"idle connection {number} of {count}: {error!r}") from None
            if answer.status != 200:
                raise Broken(f"idle connection {number} of {count}: its request was answered {answer.status}")
        yield
        closed = sum(not _is_open(connection) for connection in connections)
        if closed:
            raise Broken(f"{closed} of {count} idle connections were closed while they were measured")
    finally:
        for connection in connections:
            connection.close()


def _is_open(connection: http.client.HTTPConnection) -> bool:
    if connection.sock is None:
        return False
    connection.sock.setblocking(False)
    try:
        # An end is read as nothing. A byte would be one that nobody asked for: a server saying why it hangs up.
        connection.sock.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
