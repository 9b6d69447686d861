"""What is stored, in the order in which it came: objects, and each change of them for those who watch."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import refusals

if TYPE_CHECKING:
    from .kinds import Kind

    Manifest = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """`what` is ADDED, MODIFIED or DELETED; `version` is the resourceVersion that it led to."""

    version: int
    what: str
    kind: Kind
    namespace: str
    manifest: Manifest


class Store:
    """Objects by kind, namespace (empty for a cluster's own) and name. Whoever uses it holds `changed`, and changes
    nothing of what is given to it or taken from it: another version is another object."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.version = 1
        self._objects: dict[tuple[Kind, str, str], Manifest] = {}
        self._history: list[Change] = []

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """Raises `Refused`: there is none."""
        found = self.find(kind, namespace, name)
        if found is None:
            raise refusals.not_found(kind, name)
        return found

    def find(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        return self._objects.get((kind, namespace, name))

    def of(self, kind: Kind, namespace: str = "") -> list[Manifest]:
        """All of a namespace, or of all where none is named."""
        found = [
            (key[1:], manifest)
            for key, manifest in self._objects.items()
            if key[0] == kind and namespace in ("", key[1])
        ]
        return [manifest for _, manifest in sorted(found, key=lambda pair: pair[0])]

    def put(self, kind: Kind, manifest: Manifest) -> Manifest:
        metadata = manifest["metadata"]
        key = (kind, metadata.get("namespace", ""), metadata["name"])
        what = "MODIFIED" if key in self._objects else "ADDED"
        self._objects[key] = self._happened(what, kind, manifest)
        return self._objects[key]

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        self._happened("DELETED", kind, self.get(kind, namespace, name))
        del self._objects[(kind, namespace, name)]

    def since(self, version: int, kind: Kind, namespace: str) -> list[Change]:
        return [
            change
            for change in self._history
            if change.version > version and change.kind == kind and namespace in ("", change.namespace)
        ]

    def _happened(self, what: str, kind: Kind, manifest: Manifest) -> Manifest:
        self.version += 1
        told = {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": str(self.version)}}
        self._history.append(Change(self.version, what, kind, told["metadata"].get("namespace", ""), told))
        self.changed.notify_all()
        return told
