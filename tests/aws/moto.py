"""moto, as a server over HTTP, for what it knows of AWS.

Its CloudFormation takes templates, change sets and parameters, and makes repositories, log groups, roles and topics. It
gives no outputs for a change set, skips types that it does not know, and everything it does is done at once.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import httpx
from moto.server import ThreadedMotoServer


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """Run it in this process, and yield its address."""
    # It logs each request.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def forget(address: str) -> None:
    """Have it forget everything: what it knows belongs to the process, not to a test."""
    httpx.post(f"{address}/moto-api/reset", trust_env=False).raise_for_status()
