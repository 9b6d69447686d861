"""The metrics' own port, in a thread of its own: it answers while the event loop is held up, which is when it matters.

With several workers each counts in files that the parent, which has nothing else to do, adds up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socketserver
import tempfile
import threading
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

# In memory, and there in a container whose root file system is read-only.
_SHARED_MEMORY = "/dev/shm"  # noqa: S108

_FILES = "PROMETHEUS_MULTIPROC_DIR"


class NowhereToCount(Exception):
    """There is no directory that can be written to; the message says what to do."""


class _Handler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, *_: object) -> None:
        """Nobody wants a line each time that Prometheus asks."""


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = listener.getsockname()[:2]
        self.setup_environ()


def serve(listener: socket.socket, registry: CollectorRegistry) -> None:
    """Answer on a listening socket with the metrics, until the process ends."""
    from prometheus_client import make_wsgi_app

    server = _Server(listener)
    server.set_app(make_wsgi_app(registry))
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


@contextlib.contextmanager
def shared_by_workers() -> Iterator[None]:
    """Have every process that is forked meanwhile count in files. Enter it before prometheus_client is imported.

    Raises NowhereToCount.
    """
    place = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None
    try:
        folder = tempfile.mkdtemp(prefix="metrics-", dir=place)
    except OSError as error:
        problem = f"several workers count in files, and there is no place for them: {error.strerror}"
        raise NowhereToCount(f"{problem} Make {_SHARED_MEMORY} writable, set TMPDIR, or set WORKERS to 1.") from None
    os.environ[_FILES] = folder
    try:
        yield
    finally:
        del os.environ[_FILES]
        shutil.rmtree(folder, ignore_errors=True)


def of_all_workers() -> CollectorRegistry:
    """Make a registry that adds up what the workers have counted."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
