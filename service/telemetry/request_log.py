"""A line in the log for each request, without anything personal in it."""

from __future__ import annotations

import functools
import hashlib
import logging
import secrets
from typing import TYPE_CHECKING

from ..logs import output
from ..redaction import redact
from . import request_line

if TYPE_CHECKING:
    from ..auth import AccessToken
    from ..web.observing import RequestRecord

# Asked by machines, many times a minute.
_UNLOGGED = frozenset({"/healthz", "/readyz"})

# Callers whose part of the line is kept, and the longest names of one, in characters: at most 4 MiB together.
_CALLERS = 4096
_LONGEST = 128


class RequestLog:
    """Writes to what `logs.configure` has set up before. `subject_key` is what the hash of a caller's `sub` is keyed
    with; without, each process makes one."""

    def __init__(self, subject_key: bytes | None = None) -> None:
        key = hashlib.sha256(subject_key).digest() if subject_key else secrets.token_bytes(32)
        # Copied for each subject, which takes half as long as keying it anew.
        self._keyed = hashlib.blake2b(key=key, digest_size=8)
        self._output = output()
        self._remembered = functools.lru_cache(maxsize=_CALLERS)(self._make_caller)
        self._told = self._output.level <= logging.INFO

    def ended(self, record: RequestRecord, trace_id: str | None = None) -> None:
        if not self._told or record.route in _UNLOGGED:
            return
        # The caller may have chosen it, and would not be the first to take a token for an id.
        request_id = redact(record.request_id) if "eyJ" in record.request_id else record.request_id
        caller = self._caller(record.token) if record.token is not None else request_line.UNKNOWN
        if self._output.as_json:
            line = request_line.as_json(record, request_id, caller, trace_id)
        else:
            # For people, none of whom makes thousands of requests a second.
            event = request_line.members(record, request_id, caller, trace_id)
            line = f"{self._output.render(None, 'info', event)!s}\n"
        self._output.stream.write(line)

    def _caller(self, token: AccessToken) -> request_line.Caller:
        actor = token.actor.subject if token.actor is not None else None
        short = len(token.subject) + len(token.client_id or "") + len(actor or "") <= _LONGEST
        return (self._remembered if short else self._make_caller)(token.issuer, token.subject, token.client_id, actor)

    def _make_caller(self, issuer: str, subject: str, client_id: str | None, actor: str | None) -> request_line.Caller:
        acting = None if actor is None else self._pseudonym(issuer + actor)
        return request_line.caller(client_id, self._pseudonym(issuer + subject), acting)

    def _pseudonym(self, subject: str) -> str:
        """Tell one subject from another, in this log, without saying who it is."""
        digest = self._keyed.copy()
        digest.update(subject.encode())
        return digest.hexdigest()
