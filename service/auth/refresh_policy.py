"""How often an issuer's keys are fetched, and how long they are used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefreshPolicy:
    """When a key set is fetched again, and how long it is used. All in seconds.

    `cooldown` lies between fetches for unknown `kid`s and after failed ones.
    """

    ttl: float = 600
    cooldown: float = 10
    max_stale: float = 86400
