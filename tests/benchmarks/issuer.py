"""The issuer that all the servers trust: a key set and its discovery document over https on the loopback range.

Over https because `auth0-fastapi-api` takes no other issuer, and every server is to get the same one. The
certificate is handed to each by the environment: SSL_CERT_FILE for Python, NODE_EXTRA_CA_CERTS for Node.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from tests.signing import Signer, jwks, rsa_key

from .certificate import ADDRESS, write_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Issuer:
    """`url` is the `iss` of its tokens; `certificate` and `public_key` are PEM files."""

    url: str
    signer: Signer
    certificate: Path
    public_key: Path


@contextlib.contextmanager
def running_issuer(directory: Path) -> Iterator[Issuer]:
    """Serve while the context lasts, with a key made for this run. Its files go to `directory`."""
    certificate = directory / "issuer.pem"
    write_certificate(certificate)
    key = rsa_key("benchmark")
    public_key = directory / "public_key.pem"
    public_key.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )

    server = ThreadingHTTPServer((ADDRESS, 0), _Documents)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    # The handshake belongs to the connection's own thread, not to the one that accepts.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    url = f"https://{ADDRESS}:{server.server_port}/"
    signer = Signer(key)
    _Documents.documents = {
        "/.well-known/jwks.json": jwks(signer),
        "/.well-known/openid-configuration": {"issuer": url, "jwks_uri": f"{url}.well-known/jwks.json"},
    }
    thread = threading.Thread(target=server.serve_forever, name="issuer")
    thread.start()
    try:
        yield Issuer(url, signer, certificate, public_key)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Documents(BaseHTTPRequestHandler):
    documents: dict[str, object]

    def do_GET(self) -> None:
        document = self.documents.get(self.path)
        body = json.dumps(document).encode()
        self.send_response(404 if document is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Say nothing: the progress of the run is on the same stream."""
