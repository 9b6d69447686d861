"""A stand-in for the database of known weaknesses that pip-audit asks (OSV)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class _Database(BaseHTTPRequestHandler):
    """Knows one weakness of one package (OSV's query by package and version)."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = {"id": "GHSA-test", "aliases": ["CVE-2026-85394"], "summary": "DER", "details": "", "affected": []}
        found = {"vulns": [known]} if asked["package"]["name"] == "python-jose" else {}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """The catalogue of what is exploited, and the probabilities; both know CVE-2026-85394 where they are to."""
        exploited = self.path.startswith("/exploited")
        listed = [{"cveID": "CVE-2026-85394"}] if exploited else []
        scores = (
            [{"cve": "CVE-2026-85394", "epss": self.path.split("/")[2].partition("?")[0]}]
            if "epss" in self.path
            else []
        )
        body = json.dumps({"vulnerabilities": listed, "data": scores}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def database() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Database) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def audit_options(database: str, cache: Path) -> str:
    return f"--vulnerability-service osv --osv-url {database} --cache-dir {cache}"
