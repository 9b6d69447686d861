"""A line in the log for each request and for each event of the key sets, without anything personal in it."""

from __future__ import annotations

import hashlib
import logging
import secrets
from typing import TYPE_CHECKING

from ..logs import redact, request_logger

if TYPE_CHECKING:
    from ..auth import KeySetEvent
    from ..web.observing import Exchange

log = logging.getLogger(__name__)

# Asked by machines, many times a minute.
_UNLOGGED = frozenset({"/healthz", "/readyz"})


class RequestLog:
    """`subject_key` is what the hash of a caller's `sub` is keyed with; without, each process makes one."""

    def __init__(self, subject_key: bytes | None = None) -> None:
        self._subject_key = hashlib.sha256(subject_key).digest() if subject_key else secrets.token_bytes(32)
        self._write = request_logger()
        self._reasons: dict[str, str] = {}

    def ended(self, exchange: Exchange, trace_id: str | None = None) -> None:
        if exchange.route in _UNLOGGED:
            return
        token = exchange.token
        self._write(
            "websocket" if exchange.websocket else "request",
            # The caller may have chosen it, and would not be the first to take a token for an id.
            request_id=redact(exchange.request_id) if "eyJ" in exchange.request_id else exchange.request_id,
            method=exchange.method,
            route=exchange.route,
            status=exchange.status,
            milliseconds=round(exchange.seconds * 1000, 2),
            bytes=exchange.sent,
            client_id=token.client_id if token else None,
            subject=self._pseudonym(token.issuer + token.subject) if token else None,
            code=exchange.code,
            **({"trace_id": trace_id} if trace_id else {}),
        )

    def key_set(self, event: KeySetEvent) -> None:
        about = {"issuer": event.issuer}
        if event.kind == "failed":
            if self._reasons.get(event.issuer) != event.reason:
                self._reasons[event.issuer] = event.reason
                log.warning("the key set cannot be had", extra={**about, "reason": event.reason})
        elif event.kind in ("stale", "gone"):
            says = "is stale, and still used" if event.kind == "stale" else "is too old, and no longer used"
            log.error("the key set %s", says, extra=about)
        elif event.kind == "healed":
            self._reasons.pop(event.issuer, None)
            log.info("the key set can be had again", extra=about)
        elif event.kind in ("loaded", "rotated"):
            log.info("the key set was %s", event.kind, extra={**about, "kids": event.kids})
            if event.kind == "loaded":
                log.info("ready")

    def _pseudonym(self, subject: str) -> str:
        """Tell one subject from another, in this log, without saying who it is."""
        return hashlib.blake2b(subject.encode(), key=self._subject_key, digest_size=8).hexdigest()
