"""Writing: each write is merged, completed, checked and owned before it is stored, or refused as a whole."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import ownership, refusals, times
from .defaults import with_defaults
from .kinds import NAMESPACE
from .merging import without_nulls
from .ownership import Manager
from .schema import unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.auth.clock import Clock

    from .kinds import Kind
    from .schema import Schemas
    from .store import Store

    Manifest = dict[str, Any]


@dataclass(frozen=True)
class Write:
    """By whom, and how: `strict` refuses unknown fields, a `dry_run` stores nothing, `force` takes fields over."""

    manager: str
    strict: bool = False
    dry_run: bool = False
    force: bool = False


class Objects:
    """All methods raise `Refused`, and leave everything as it was then."""

    def __init__(self, store: Store, schemas: Schemas, clock: Clock) -> None:
        self.store = store
        self._schemas = schemas
        self._clock = clock

    @property
    def now(self) -> str:
        return times.written(self._clock.now())

    def create(self, kind: Kind, namespace: str, manifest: Manifest, write: Write) -> Manifest:
        name = manifest.get("metadata", {}).get("name", "")
        self._refuse_unknown(kind, manifest, write)
        if self.store.find(kind, namespace, name) is not None:
            raise refusals.already_exists(kind, name)
        return self._write(kind, namespace, name, None, manifest, write)

    def patch(
        self, kind: Kind, namespace: str, name: str, patched: Callable[[Manifest], Manifest], write: Write
    ) -> Manifest:
        live = self.store.get(kind, namespace, name)
        new = patched(live)
        self._refuse_unknown(kind, new, write)
        return self._write(kind, namespace, name, live, new, write)

    def _refuse_unknown(self, kind: Kind, manifest: Manifest, write: Write) -> None:
        if write.strict and (fields := list(unknown(manifest, self._schemas.of(kind)))):
            raise refusals.unknown_fields(kind, fields)

    def _write(
        self, kind: Kind, namespace: str, name: str, live: Manifest | None, manifest: Manifest, write: Write
    ) -> Manifest:
        new = with_defaults(kind, _identified(kind, namespace, name, without_nulls(manifest)))
        if live is not None:
            # The status is written by itself.
            new = {**new, "status": live["status"]} if "status" in live else new
        manager = Manager(write.manager, "Update", kind.api_version)
        new = ownership.update(live or _nothing(new), new, self._schemas.of(kind), manager, self.now)
        return self._put(kind, live, new, dry_run=write.dry_run)

    def apply(self, kind: Kind, namespace: str, name: str, manifest: Manifest, write: Write) -> Manifest:
        """Server-side apply: makes what is not there, merges into what is."""
        schema = self._schemas.of(kind)
        applied = _identified(kind, namespace, name, without_nulls(manifest))
        if fields := list(unknown(applied, schema)):
            raise refusals.undeclared_fields(kind, namespace, name, fields)
        live = self.store.find(kind, namespace, name)
        manager = Manager(write.manager, "Apply", kind.api_version)
        base = live or _nothing(applied)
        new = ownership.apply(base, applied, schema, manager, force=write.force, now=self.now)
        return self._put(kind, live, with_defaults(kind, new), dry_run=write.dry_run)

    def put_status(self, kind: Kind, manifest: Manifest, manager: str) -> Manifest:
        """A controller's write: the status, and annotations."""
        metadata = manifest["metadata"]
        live = self.store.get(kind, metadata.get("namespace", ""), metadata["name"])
        of = Manager(manager, "Update", kind.api_version, "status")
        return self._put(kind, live, ownership.update(live, manifest, self._schemas.of(kind), of, self.now))

    def _put(self, kind: Kind, live: Manifest | None, new: Manifest, *, dry_run: bool = False) -> Manifest:
        metadata = new["metadata"]
        if problems := self._schemas.problems(kind, new):
            raise refusals.invalid(kind, metadata["name"], problems)
        if live is None:
            metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": self.now}
            if kind.counted:
                metadata["generation"] = 1
            namespace = metadata.get("namespace", "")
            if kind.namespaced and self.store.find(NAMESPACE, "", namespace) is None:
                raise refusals.not_found(NAMESPACE, namespace)
        else:
            before = live["metadata"]
            if metadata.get("resourceVersion", before["resourceVersion"]) != before["resourceVersion"]:
                raise refusals.changed_meanwhile(kind, metadata["name"])
            server_side = ("uid", "creationTimestamp", "generation", "resourceVersion")
            metadata |= {name: before[name] for name in server_side if name in before}
            if kind.counted and new.get("spec") != live.get("spec"):
                metadata["generation"] = before["generation"] + 1
            if new == live:
                return live
        return new if dry_run else self.store.put(kind, new)


def _identified(kind: Kind, namespace: str, name: str, manifest: Manifest) -> Manifest:
    """With the names of its address, which must not be others."""
    metadata = {**manifest.get("metadata", {})}
    if metadata.setdefault("name", name) != name or not name:
        raise refusals.bad_request("the name of the object does not match the name on the URL")
    if kind.namespaced and metadata.setdefault("namespace", namespace) != namespace:
        raise refusals.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    return {**manifest, "apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}


def _nothing(manifest: Manifest) -> Manifest:
    """What an object is compared with that is not there yet."""
    return {
        "metadata": {name: manifest["metadata"][name] for name in ("name", "namespace") if name in manifest["metadata"]}
    }
