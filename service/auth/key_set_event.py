"""What is reported of an issuer's key set."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["fetched", "failed", "loaded", "rotated", "stale", "expired", "recovered"]


class KeySetEvent(NamedTuple):
    """What became of an issuer's key set.

    fetched, failed     one fetch; `reason` says why it failed
    loaded, rotated     the set is there for the first time, or holds other keys: `kids`
    stale, expired      the set is no longer fresh, or no longer used, since no fetch has succeeded
    recovered           a fetch has succeeded again
    """

    issuer: str
    kind: Kind
    kids: tuple[str, ...] = ()
    reason: str = ""
