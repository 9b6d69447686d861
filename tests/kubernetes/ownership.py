"""Who owns which field: `metadata.managedFields`, and the rules of server-side apply and of every other write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import refusals
from .fields import Path, changes, fields_of, read, shown, written
from .merging import merge, without

if TYPE_CHECKING:
    from .schema import Schema

    Manifest = dict[str, Any]


@dataclass(frozen=True)
class Manager:
    """One who writes. Under one name, what is applied and what is written otherwise are two."""

    name: str
    operation: str  # Apply or Update
    api_version: str
    subresource: str = ""

    def __str__(self) -> str:
        """As a conflict names it."""
        told = f'"{self.name}"' + (f' with subresource "{self.subresource}"' if self.subresource else "")
        return f"{told} using {self.api_version}" if self.operation == "Update" else told


@dataclass(frozen=True)
class Share:
    """What a manager owns, and when (RFC 3339) it last came to own other fields than before."""

    fields: frozenset[Path]
    time: str


Shares = dict[Manager, Share]


def shares_of(manifest: Manifest) -> Shares:
    found = {}
    for entry in manifest.get("metadata", {}).get("managedFields", []):
        manager = Manager(entry["manager"], entry["operation"], entry["apiVersion"], entry.get("subresource", ""))
        found[manager] = Share(frozenset(read(entry["fieldsV1"])), entry["time"])
    return found


def apply(live: Manifest, applied: Manifest, schema: Schema, manager: Manager, *, force: bool, now: str) -> Manifest:
    """Return `live` with what is applied, without what this manager applied before and does no longer.

    A field of somebody else's is a conflict (`Refused`) if its value would change; `force` takes it over. Of one value
    there may be several owners.
    """
    shares = shares_of(live)
    before = shares.get(manager, Share(frozenset(), now)).fields
    own = fields_of(applied, schema)
    merged = merge(live, applied, schema)
    others = frozenset[Path]().union(*(share.fields for of, share in shares.items() if of != manager))
    merged = without(merged, schema, before - own, others | own)
    shares = _taken(shares, live, merged, schema, manager, force=force)
    return _told(merged, _shared(shares, manager, own, now))


def update(live: Manifest, new: Manifest, schema: Schema, manager: Manager, now: str) -> Manifest:
    """Return `new`, in which this manager owns what differs from `live`, and nobody else does any longer."""
    shares = _taken(shares_of(live), live, new, schema, manager, force=True)
    differing = changes(live, new, schema)
    if not (differing.added or differing.modified or differing.removed):
        return _told(new, shares)
    before = shares.get(manager, Share(frozenset(), now)).fields
    return _told(
        new, _shared(shares, manager, (before | differing.added | differing.modified) - differing.removed, now)
    )


def _taken(shares: Shares, live: Manifest, new: Manifest, schema: Schema, manager: Manager, *, force: bool) -> Shares:
    """What the others still own afterwards."""
    differing = changes(live, new, schema)
    found, left = [], {}
    for other, share in shares.items():
        taken = share.fields & (differing.modified | differing.added) if other != manager else frozenset()
        found += [(str(other), shown(path)) for path in sorted(taken)]
        lost = taken | (differing.removed if other != manager else frozenset())
        if share.fields - lost:
            left[other] = replace(share, fields=share.fields - lost)
    if found and not force:
        raise refusals.conflict(found)
    return left


def _shared(shares: Shares, manager: Manager, fields: frozenset[Path], now: str) -> Shares:
    before = shares.get(manager)
    time = before.time if before and before.fields == fields else now
    if fields:
        return {**shares, manager: Share(fields, time)}
    return {of: share for of, share in shares.items() if of != manager}


def _told(manifest: Manifest, shares: Shares) -> Manifest:
    entries = [
        {
            "manager": manager.name,
            "operation": manager.operation,
            "apiVersion": manager.api_version,
            "time": share.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": written(share.fields),
            **({"subresource": manager.subresource} if manager.subresource else {}),
        }
        for manager, share in shares.items()
    ]
    return {**manifest, "metadata": {**manifest["metadata"], "managedFields": entries}}
