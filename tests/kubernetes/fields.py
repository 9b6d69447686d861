"""Fields of an object, named as in `managedFields` (fieldsV1), and what differs between two objects.

A path is a tuple of `f:<member>`, `k:<the keys of a list's item>` and `v:<a value of a set>`, for instance
`("f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:targetPort")`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .schema import KEY_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .schema import Schema

Path = tuple[str, ...]

# What is on the way to a field: an item of a list or an entry of a map, which is owned too, and what holds them.
_ITEM, _CONTAINER = object(), object()

# Nobody owns what identifies an object, and what the server alone sets.
_METADATA = ("name", "namespace", "uid", "generation", "resourceVersion", "creationTimestamp", "managedFields")
_NOBODYS: set[Path] = {("f:apiVersion",), ("f:kind",), *(("f:metadata", f"f:{name}") for name in _METADATA)}


def parts(value: Any, schema: Schema) -> list[tuple[str, Any, Schema]] | None:
    """What a value consists of; None if it is owned as a whole."""
    if isinstance(value, dict) and value and not schema.atomic:
        return [(f"f:{name}", child, schema.member(name)) for name, child in value.items()]
    if isinstance(value, list) and schema.keys:
        return [(item_name(item, schema), item, schema.item) for item in value]
    if isinstance(value, list) and schema.unique:
        return [(f"v:{_text(item)}", item, schema.item) for item in value]
    return None


def item_name(item: dict[str, Any], schema: Schema) -> str:
    keys = {key: item.get(key, KEY_DEFAULTS.get(key)) for key in schema.keys}
    return f"k:{_text({key: value for key, value in keys.items() if value is not None})}"


def fields_of(value: Any, schema: Schema) -> frozenset[Path]:
    """What a manager owns that applies `value`."""
    return frozenset(path for path, content in _walk(value, schema) if content is not _CONTAINER)


@dataclass(frozen=True)
class Changes:
    added: frozenset[Path]
    modified: frozenset[Path]
    removed: frozenset[Path]


def changes(old: Any, new: Any, schema: Schema) -> Changes:
    before, after = dict(_walk(old, schema)), dict(_walk(new, schema))
    return Changes(
        added=frozenset(after.keys() - before.keys()),
        modified=frozenset(path for path in before.keys() & after.keys() if before[path] != after[path]),
        removed=frozenset(before.keys() - after.keys()),
    )


def _walk(value: Any, schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    consists_of = parts(value, schema)
    if consists_of is None:
        yield path, value
        return
    if path and not schema.fixed:
        yield path, _CONTAINER
    for element, child, inner in consists_of:
        below = (*path, element)
        if below in _NOBODYS:
            continue
        named = element.startswith("k:") or not schema.fixed
        yield from _walk(child, inner, below)
        if named and parts(child, inner) is not None:
            yield below, _ITEM


def written(paths: Iterable[Path]) -> dict[str, Any]:
    """fieldsV1: a tree, in which a dot says that the node itself is owned besides what is below it."""
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
        node["."] = {}
    return _without_lone_dots(tree)


def _without_lone_dots(tree: dict[str, Any]) -> dict[str, Any]:
    if tree.keys() == {"."}:
        return {}
    return {name: _without_lone_dots(child) if name != "." else {} for name, child in tree.items()}


def read(tree: dict[str, Any], path: Path = ()) -> Iterator[Path]:
    if path and (not tree or "." in tree):
        yield path
    for element, child in tree.items():
        if element != ".":
            yield from read(child, (*path, element))


def shown(path: Path) -> str:
    """As messages name a field: `.spec.template.spec.containers[name="api"].image`."""
    told = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            told += f".{rest}"
        elif kind == "k":
            told += "[" + ",".join(f"{key}={_text(value)}" for key, value in json.loads(rest).items()) + "]"
        else:
            told += f"[={rest}]"
    return told


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
