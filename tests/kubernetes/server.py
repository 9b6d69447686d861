"""The API over HTTPS, a thread for each connection."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from . import refusals
from .api import Answer, Watch
from .requests import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from .api import Api
    from .store import Change, Store

# How long a watch may take to notice that its client has gone, in seconds.
_LOOK = 0.1


class Server(ThreadingHTTPServer):
    """Ends all of its connections when it is closed. What went wrong in it stands in `failures`."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, api: Api, store: Store, token: str, tls: ssl.SSLContext, watched: Callable[[], None]) -> None:
        self.api = api
        self.store = store
        self.token = token
        self.watched = watched
        self.ending = False
        self.failures: list[BaseException] = []
        self._tls = tls
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Connection)

    def get_request(self) -> tuple[socket.socket, Any]:
        plain, peer = super().get_request()
        # The handshake is made by the connection's own thread, so that nobody waits for a slow one.
        try:
            connection = self._tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        except OSError:
            plain.close()
            raise
        self._connections.add(connection)
        return connection, peer

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        # Clients may leave when they like.
        if error is not None and not isinstance(error, ConnectionError | ssl.SSLError | TimeoutError):
            self.failures.append(error)

    def close(self) -> None:
        """Stop listening, end what is open, and wait for it."""
        self.shutdown()
        with self.store.changed:
            self.ending = True
            self.store.changed.notify_all()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            target=self.path,
            accept=self.headers.get("Accept", ""),
            content_type=self.headers.get("Content-Type", ""),
            user_agent=self.headers.get("User-Agent", ""),
            body=self.rfile.read(length),
        )
        if self.headers.get("Authorization") != f"Bearer {self.server.token}":
            refused = refusals.unauthorized()
            self._send(Answer(refused.code, refused.status()))
            return
        answer = self.server.api.answer(request)
        if isinstance(answer, Watch):
            self._follow(answer)
        else:
            self._send(answer)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - named by http.server

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.code)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _follow(self, watch: Watch) -> None:
        """Send changes until the client goes, or the server ends."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.server.watched()
        after, store = watch.after, self.server.store
        while not self.server.ending and not self._gone():
            with store.changed:
                changes = store.since(after, watch.of.kind, watch.of.namespace)
                if not changes:
                    store.changed.wait(_LOOK)
                    continue
            after = changes[-1].version
            for change in changes:
                if watch.matches(change.manifest):
                    self._tell(change)

    def _tell(self, change: Change) -> None:
        line = json.dumps({"type": change.what, "object": change.manifest}).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def _gone(self) -> bool:
        # Whoever watches has nothing more to say: what can be read is the end.
        return bool(select.select([self.connection], [], [], 0)[0])

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        pass
