"""How objects are built: the schemas that Kubernetes publishes, as kubernetes_validate brings them.

They also say which lists are merged, and by which members of their items (`x-kubernetes-list-map-keys`).
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .kinds import Kind

    Definitions = dict[str, dict[str, Any]]

# Members of a key that may be left out, since Kubernetes has a default for them. The published schemas lost it.
KEY_DEFAULTS = {"protocol": "TCP"}


class Schema:
    """One node of a schema. Of what is unknown, maps are merged and lists are whole, as for anybody's own kinds."""

    def __init__(self, definitions: Definitions, node: dict[str, Any]) -> None:
        self._definitions = definitions
        reference = node.get("$ref", "").rpartition("/")[2]
        self._node = {**definitions.get(reference, {}), **node}

    @cached_property
    def atomic(self) -> bool:
        """Owned and replaced as a whole."""
        if "items" in self._node:
            return not self.keys and not self.unique
        return self._node.get("x-kubernetes-map-type") == "atomic"

    @property
    def keys(self) -> list[str]:
        """What tells the items of a list apart; nothing for a list that is whole."""
        return self._node.get("x-kubernetes-list-map-keys", [])  # type: ignore[no-any-return]

    @property
    def unique(self) -> bool:
        """A list of which each value is there once."""
        return self._node.get("x-kubernetes-list-type") == "set"

    @property
    def merge_key(self) -> str:
        """By which a strategic merge patch tells the items of a list apart; empty for a list that it replaces."""
        merged = "merge" in self._node.get("x-kubernetes-patch-strategy", "")
        return self._node.get("x-kubernetes-patch-merge-key", "") if merged else ""

    @property
    def fixed(self) -> bool:
        """Whether its members are those of a structure, and no others."""
        return bool(self._node.get("properties")) and "additionalProperties" not in self._node

    def member(self, name: str) -> Schema:
        own = self._node.get("properties", {}).get(name)
        if own is None:
            others = self._node.get("additionalProperties")
            own = others if isinstance(others, dict) else {}
        return Schema(self._definitions, own)

    def knows(self, name: str) -> bool:
        return not self.fixed or name in self._node["properties"]

    @property
    def item(self) -> Schema:
        return Schema(self._definitions, self._node.get("items", {}))


class Schemas:
    """All of one release, such as `1.33`."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._definitions = _definitions(version)

    def of(self, kind: Kind) -> Schema:
        return Schema(self._definitions, self._definitions.get(kind.definition, {}))

    def problems(self, kind: Kind, manifest: dict[str, Any]) -> list[str]:
        """What is missing, or of a wrong type; unknown fields are another matter."""
        if kind.definition not in self._definitions:
            return []
        errors = _validator(self._version, kind.definition).iter_errors(manifest)
        return sorted(f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors)


def unknown(value: Any, schema: Schema, path: str = "") -> Iterator[str]:
    """The paths of fields that the schema does not have."""
    if isinstance(value, dict):
        for name, child in value.items():
            below = f"{path}.{name}".lstrip(".")
            if schema.knows(name):
                yield from unknown(child, schema.member(name), below)
            else:
                yield below
    elif isinstance(value, list):
        for position, child in enumerate(value):
            yield from unknown(child, schema.item, f"{path}[{position}]")


@cache
def _definitions(version: str) -> Definitions:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local"
    found: Definitions = json.loads((folder / "_definitions.json").read_text())["$defs"]
    return found


@cache
def _validator(version: str, definition: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": _definitions(version)})
