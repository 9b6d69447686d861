"""The servers: how each is started."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import installs
from .machine import Unmet, find_program
from .process import free_port
from .tokens import AUDIENCE, CACHE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from .issuer import Issuer

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "apps"

FASTAPI = ("fastapi==0.165.0", "uvicorn[standard]==0.54.0")
PYJWT = (*FASTAPI, "pyjwt[crypto]==2.15.1")
AUTH0 = (*FASTAPI, "auth0-fastapi-api==1.0.0b9", "auth0-api-python==1.0.0b10")
EXPRESS = ("express@5.3.0", "express-oauth2-jwt-bearer@1.10.0")


@dataclass(frozen=True)
class Launch:
    """A command with the environment that it needs on top of a bare one, and the port on which it will listen."""

    command: list[str]
    variables: dict[str, str]
    port: int


@dataclass(frozen=True)
class Server:
    """`launch` takes the issuer and the message to answer, and raises Unmet where it cannot run.

    `without_token` is the status of a request without a token: 200 when it asks for none.
    """

    name: str
    launch: Callable[[Issuer, str], Launch]
    packages: tuple[str, ...] = ()
    without_token: int = 401


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def _ours(checkout: Path = ROOT, **settings: str) -> Callable[[Issuer, str], Launch]:
    def launch(issuer: Issuer, _message: str) -> Launch:
        return our_launch(issuer, checkout, **settings)

    return launch


def our_launch(issuer: Issuer, checkout: Path = ROOT, **settings: str) -> Launch:
    """Start the service of a checkout, by default of this one, with some settings otherwise."""
    port = free_port()
    variables = {
        "PYTHONPATH": str(checkout),
        "SSL_CERT_FILE": str(issuer.certificate),
        "AUTH0_DOMAIN": issuer.url,
        "AUTH0_AUDIENCE": AUDIENCE,
        "TOKEN_CACHE_SIZE": str(CACHE_SIZE),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        # On, as it is in production.
        "METRICS_PORT": str(free_port()),
        "SHUTDOWN_DELAY": "0",
        **settings,
    }
    return Launch(_python("-m", "service", "serve"), variables, port)


def _plain(_issuer: Issuer, message: str) -> Launch:
    port = free_port()
    variables = {"PYTHONPATH": str(ROOT), "PORT": str(port), "MESSAGE": message}
    return Launch(_python("-m", "tests.benchmarks.apps.plain_quart"), variables, port)


def _fastapi(app: str, packages: tuple[str, ...]) -> Callable[[Issuer, str], Launch]:
    def launch(issuer: Issuer, message: str) -> Launch:
        port = free_port()
        # No access log: the service writes none either. The rest is as uvicorn[standard] has it.
        options = ["--app-dir", str(APPS), "--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
        command = [installs.python_with(packages), "-m", "uvicorn", *options, f"{app}:app"]
        return Launch(command, {**_peer(issuer, message), "SSL_CERT_FILE": str(issuer.certificate)}, port)

    return launch


def _express(issuer: Issuer, message: str) -> Launch:
    port = free_port()
    variables = {
        **_peer(issuer, message),
        "PORT": str(port),
        "NODE_PATH": installs.node_modules(EXPRESS),
        "NODE_ENV": "production",
        "NODE_EXTRA_CA_CERTS": str(issuer.certificate),
    }
    return Launch(["node", str(APPS / "express.cjs")], variables, port)


def _haproxy(issuer: Issuer, message: str) -> Launch:
    program = find_program("haproxy")
    if program is None:
        raise Unmet("haproxy is missing. Install it: sudo apt-get install haproxy")
    port = free_port()
    variables = {
        **_peer(issuer, message),
        "PORT": str(port),
        "PUBLIC_KEY": str(issuer.public_key),
        "BODY": json.dumps({"message": message}, separators=(",", ":")),
    }
    return Launch([program, "-db", "-f", str(APPS / "haproxy.cfg")], variables, port)


def _peer(issuer: Issuer, message: str) -> dict[str, str]:
    return {"ISSUER": issuer.url, "AUDIENCE": AUDIENCE, "MESSAGE": message}


OURS = Server("ours", _ours())
# The peers write no line for a request.
OURS_SILENT = Server("ours-silent", _ours(LOG_LEVEL="warning"))
# Another process, so that the many different tokens do not push the repeated ones out of the cache.
OURS_COLD = Server("ours-cold", _ours())
PLAIN = Server("plain-quart", _plain, without_token=200)
PEERS = (
    Server("fastapi-pyjwt", _fastapi("fastapi_pyjwt", PYJWT), PYJWT),
    # RFC 6750 section 3.1 leaves it the choice; it answers 400 "invalid_request".
    Server("auth0-fastapi-api", _fastapi("fastapi_auth0", AUTH0), AUTH0, without_token=400),
    Server("express", _express, EXPRESS),
    Server("haproxy", _haproxy),
)
