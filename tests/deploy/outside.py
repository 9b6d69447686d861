"""What callers meet in the place of AWS's load balancer: a listener with TLS in front of a service that answers, and the
Ingress that names it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from ..kubernetes import Cluster

HOST = "api.example.com"
"""The host of production's overlay."""


class _Handler(BaseHTTPRequestHandler):
    answers: dict[str, int]

    def do_GET(self) -> None:
        self.send_response(self.answers.get(self.path, 404))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    tls: ssl.SSLContext

    def finish_request(self, request: object, client_address: object) -> None:
        # The handshake is the connection's own matter, also where it fails.
        try:
            secured = self.tls.wrap_socket(request, server_side=True)  # type: ignore[arg-type]
        except OSError:
            return
        with secured:
            super().finish_request(secured, client_address)  # type: ignore[arg-type]


@dataclass
class Outside:
    """`answers` are statuses by path."""

    port: int
    authority: Path
    tls: ssl.SSLContext
    answers: dict[str, int] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """What `deploy/reach` needs to meet it."""
        return {"PORT": str(self.port), "CURL_CA_BUNDLE": str(self.authority)}

    def old_tls(self) -> None:
        """Speak the versions that no listener should speak any more."""
        self.tls.minimum_version = ssl.TLSVersion.TLSv1
        self.tls.set_ciphers("DEFAULT@SECLEVEL=0")


@contextmanager
def listening(directory: Path, host: str = HOST) -> Iterator[Outside]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    path = directory / "balancer.pem"
    authority.cert_pem.write_to_path(path)
    answers = {"/readyz": 200, "/api/private": 401}
    handler = type("Handler", (_Handler,), {"answers": answers})
    with _Listener(("127.0.0.1", 0), handler) as server:
        server.tls = context
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield Outside(server.server_port, path, context, answers)
        server.shutdown()


@pytest.fixture
def outside(production: Cluster, tmp_path: Path) -> Iterator[Outside]:
    """A load balancer before production. The Ingress names it once it is applied, as its controller does."""
    with listening(tmp_path) as balancer:
        production.balancer = "localhost"
        yield balancer
