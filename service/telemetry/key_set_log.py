"""Lines in the log for what happens to the key sets, where something changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..auth import KeySetEvent

log = logging.getLogger(__name__)


class KeySetLog:
    """Tells each reason for which an issuer's key set is unavailable once, until it is available again."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def tell(self, event: KeySetEvent) -> None:
        about = {"issuer": event.issuer}
        if event.kind == "failed":
            if self._reasons.get(event.issuer) != event.reason:
                self._reasons[event.issuer] = event.reason
                log.warning("the key set cannot be had", extra={**about, "reason": event.reason})
        elif event.kind in ("stale", "expired"):
            says = "is stale, and still used" if event.kind == "stale" else "is too old, and no longer used"
            log.error("the key set %s", says, extra=about)
        elif event.kind == "recovered":
            self._reasons.pop(event.issuer, None)
            log.info("the key set can be had again", extra=about)
        elif event.kind in ("loaded", "rotated"):
            log.info("the key set was %s", event.kind, extra={**about, "kids": event.kids})
            if event.kind == "loaded":
                log.info("ready")
