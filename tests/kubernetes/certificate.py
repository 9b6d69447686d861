"""A certificate for the loopback address, of an authority that nobody else trusts."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


def certified(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """Return the authority's certificate, a PEM file in `directory`, and what a server needs."""
    authority = trustme.CA()
    ca = directory / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return ca, context
