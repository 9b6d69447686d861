"""A row of the list."""

from __future__ import annotations

from typing import NamedTuple


class Internal(NamedTuple):
    """`owner` is a class as "module:Class"; `used_by` names the modules of this service that rest on it."""

    owner: str
    members: tuple[str, ...]
    used_by: str
    reason: str
    way_out: str
    fingerprints: tuple[str, ...]
