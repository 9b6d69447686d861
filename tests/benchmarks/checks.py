"""Whether a server does its work, asked before it is measured."""

from __future__ import annotations

import http.client
import json
import time

from .process import Broken
from .tokens import tampered

READY_TIMEOUT = 20
PATIENCE = 10


def get(port: int, path: str, token: str | None) -> tuple[int, bytes]:
    """Ask once, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={} if token is None else {"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Broken(f"GET {path}: {error!r}") from None
    finally:
        connection.close()


def message_of(port: int, path: str, token: str | None) -> str:
    """Wait until the server answers 200, which takes until it has its keys, and give the message in the answer."""
    give_up = time.monotonic() + READY_TIMEOUT
    while (answer := get(port, path, token))[0] != 200:
        if time.monotonic() > give_up:
            raise Broken(f"GET {path} with a good token answers {answer[0]}, not 200: {answer[1][:200]!r}")
        time.sleep(0.1)
    message = json.loads(answer[1])["message"]
    assert isinstance(message, str)
    return message


def check_body(port: int, path: str, token: str, message: str) -> None:
    """Raise Broken unless the answer is the one that all the servers give, byte for byte."""
    message_of(port, path, token)
    body = get(port, path, token)[1]
    # Quart ends JSON with a line feed, the others do not.
    if body.removesuffix(b"\n") != json.dumps({"message": message}, separators=(",", ":")).encode():
        raise Broken(f"GET {path} answers another body: {body[:200]!r}")


def check_refusals(port: int, path: str, token: str, without_token: int) -> None:
    """Raise Broken unless a missing token gets `without_token`, and a tampered one 401."""
    for what, sent, expected in (("no", None, without_token), ("a tampered", tampered(token), 401)):
        status, _ = get(port, path, sent)
        if status != expected:
            raise Broken(f"GET {path} with {what} token answers {status}, not {expected}")
