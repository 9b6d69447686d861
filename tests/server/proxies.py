"""Debian's nginx and HAProxy in front of a server, each on a free port of the loopback range."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from ..processes import free_port
from ..tools import need

MARK = b"x-proxy"
"""The field that each proxy sets on each request that it has seen, to something that it uses once."""

_NGINX = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  client_header_timeout 1s;
  client_body_timeout 1s;
  keepalive_timeout 1s;
  lingering_close off;
  proxy_read_timeout 2s;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Proxy $connection-$connection_requests-$request_id;
  ignore_invalid_headers {ignore};
  underscores_in_headers on;
  upstream api {{ server 127.0.0.1:{server}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    proxy_request_buffering {buffering};
    location / {{ proxy_pass http://api; }}
  }}
}}
"""

_HAPROXY = """
defaults
  mode http
  timeout connect 2s
  timeout client 1s
  timeout server 2s
  timeout http-request 1s
  timeout http-keep-alive 1s
  retries 0
  {option}
frontend front
  bind 127.0.0.1:{port}
  unique-id-format %[uuid()]
  http-request set-header X-Proxy %[unique-id]
  default_backend api
backend api
  http-reuse always
  {option_of_backend}
  server api 127.0.0.1:{server}
"""


@contextlib.contextmanager
def nginx(directory: Path, server: int, *, lenient: bool) -> Iterator[int]:
    """A proxy that reads bodies before it passes them on; `lenient` passes them on as they come, and odd fields too."""
    port = free_port()
    path = directory / "nginx.conf"
    switches = {"buffering": "off", "ignore": "off"} if lenient else {"buffering": "on", "ignore": "on"}
    path.write_text(_NGINX.format(directory=directory, server=server, port=port, **switches))
    with _running([need("nginx", "apt-get install nginx-light"), "-c", str(path), "-p", str(directory)], port):
        yield port


@contextlib.contextmanager
def haproxy(directory: Path, server: int, *, lenient: bool) -> Iterator[int]:
    """A proxy whose connections to the server are shared by all clients; `lenient` passes on what it takes for wrong."""
    port = free_port()
    path = directory / "haproxy.cfg"
    options = ("option accept-invalid-http-request", "option accept-invalid-http-response") if lenient else ("", "")
    text = _HAPROXY.format(server=server, port=port, option=options[0], option_of_backend=options[1])
    path.write_text(text)
    with _running([need("haproxy"), "-db", "-q", "-f", str(path)], port):
        yield port


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        ends = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > ends:
                assert process.stderr is not None
                raise AssertionError(f"{command[0]} did not start: {process.stderr.read().decode()}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)
        if process.stderr is not None:
            process.stderr.close()
