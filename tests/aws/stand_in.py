"""AWS as a test needs it: scripted answers over HTTP, and moto behind it for what has no script."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from .models import Refusal, Written, operation, write

Answer = Mapping[str, Any] | Refusal
Script = Answer | Callable[[Mapping[str, Any]], Answer]

# What each command asked for, over all the tests of a process.
RECORDED: defaultdict[str, set[str]] = defaultdict(set)


@dataclass(frozen=True)
class Request:
    """`parameters` are as they came: flat names for CloudFormation, members for the others."""

    service: str
    operation: str
    parameters: Mapping[str, Any]

    @property
    def action(self) -> str:
        """The right that it takes, as IAM calls it."""
        return f"{self.service}:{self.operation}"


@dataclass
class StandIn:
    """`behind` is the address of what answers where there is no script. `command` is whose requests are recorded."""

    address: str
    behind: str | None = None
    command: str = ""
    requests: list[Request] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    _scripts: dict[str, list[Script]] = field(default_factory=dict)

    def on(self, action: str, *scripts: Script) -> None:
        """Answer `service:Operation` so, one after the other; the last one stays."""
        service, name = action.split(":")
        operation(service, name)
        self._scripts[action] = list(scripts)

    def asked(self, action: str) -> list[Mapping[str, Any]]:
        """Return the parameters of each request for `service:Operation`."""
        return [request.parameters for request in self.requests if request.action == action]

    def answer(self, request: Request) -> Answer | None:
        """Return the next answer; None where another one has to give it."""
        self.requests.append(request)
        if self.command:
            RECORDED[self.command].add(request.action)
        scripts = self._scripts.get(request.action)
        if not scripts:
            if self.behind is None:
                self.unexpected.append(request.action)
                return Refusal("ValidationError", f"{request.action} has no script")
            return None
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        return script(request.parameters) if callable(script) else script


def read_request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Tell what is asked, by the signature's scope and the service's protocol."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request", headers.get("Authorization", ""))
    assert scope is not None, "the request is not signed"
    service = scope[1]
    if "X-Amz-Target" in headers:
        return Request(service, headers["X-Amz-Target"].rpartition(".")[2], json.loads(body))
    if service == "eks":
        cluster = re.fullmatch(r"/clusters/([^/]+)", urlsplit(path).path)
        assert method == "GET"
        assert cluster is not None
        return Request(service, "DescribeCluster", {"name": unquote(cluster[1])})
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return Request(service, form["Action"], form)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece, and nobody waits for the second.
    wbufsize = -1
    stand_in: StandIn

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            request = read_request(self.command, self.path, dict(self.headers), body)
            answer = self.stand_in.answer(request)
            written = self._passed_on(body) if answer is None else write(request.service, request.operation, answer)
        except Exception as error:
            self.stand_in.unexpected.append(repr(error))
            written = Written(400, {}, b"{}")
        self.send_response(written.status)
        for name, value in written.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(written.body)))
        self.end_headers()
        self.wfile.write(written.body)

    def _passed_on(self, body: bytes) -> Written:
        assert self.stand_in.behind is not None
        connection = http.client.HTTPConnection(urlsplit(self.stand_in.behind).netloc)
        with contextlib.closing(connection):
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            kept = {
                name: value for name, value in response.getheaders() if name.lower().startswith(("content-type", "x-"))
            }
            return Written(response.status, kept, response.read())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        pass


@contextlib.contextmanager
def stand_in(behind: str | None = None) -> Iterator[StandIn]:
    """Listen on a free port. Fails at the end when something was asked that has no answer."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    standing = StandIn(f"http://127.0.0.1:{server.server_port}", behind)
    handler.stand_in = standing
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield standing
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert standing.unexpected == [], standing.unexpected


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    """AWS with nothing but what a test scripts."""
    with stand_in() as standing:
        yield standing


@pytest.fixture
def cloud_on_moto(aws: str) -> Iterator[StandIn]:
    """AWS with an empty moto behind it."""
    with stand_in(behind=aws) as standing:
        yield standing
