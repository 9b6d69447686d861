"""Merging what is applied into what is there, and taking out what is applied no longer."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .fields import Path, parts

if TYPE_CHECKING:
    from collections.abc import Set

    from .schema import Schema


def merge(live: Any, applied: Any, schema: Schema) -> Any:
    """Return `live` with everything that `applied` says. Neither is changed; items that are new come last."""
    if applied == {} and isinstance(live, dict) and not schema.atomic:
        return live
    if parts(applied, schema) is None or type(live) is not type(applied):
        return copy.deepcopy(applied)
    if isinstance(applied, dict):
        merged = dict(live)
        for name, value in applied.items():
            merged[name] = merge(live.get(name), value, schema.member(name))
        return merged
    items = {name: item for name, item, _ in parts(live, schema) or []}
    for name, item, inner in parts(applied, schema) or []:
        items[name] = merge(items.get(name), item, inner)
    return list(items.values())


def without_nulls(value: Any) -> Any:
    """A null says nothing: clients of the real one write it where they have no value."""
    if isinstance(value, dict):
        return {name: without_nulls(child) for name, child in value.items() if child is not None}
    if isinstance(value, list):
        return [without_nulls(child) for child in value]
    return value


def without(value: Any, schema: Schema, dropped: Set[Path], kept: Set[Path], path: Path = ()) -> Any:
    """Return `value` without the `dropped` fields, save what is at or below one of the `kept`.

    An item of a list goes with all that is in it, also with what has no owner, and so does a member of a structure of
    which nothing is kept: a probe goes with its defaults. What gets empty goes too, as None.
    """
    consists_of = parts(value, schema)
    if consists_of is None:
        return value
    left: list[tuple[str, Any]] = []
    for element, child, inner in consists_of:
        below = (*path, element)
        held = any(keep[: len(below)] == below for keep in kept)
        if below in dropped and not held:
            continue
        if below in dropped and below not in kept:
            # Somebody else's are only parts of it.
            child = _only(child, inner, kept, below)
        elif any(drop[: len(below)] == below for drop in dropped):
            if schema.fixed and not held:
                continue
            child = without(child, inner, dropped, kept, below)
            if child is None:
                continue
        left.append((element, child))
    if not left:
        return None
    return {element[2:]: child for element, child in left} if isinstance(value, dict) else [child for _, child in left]


def _only(value: Any, schema: Schema, kept: Set[Path], path: Path) -> Any:
    consists_of = parts(value, schema)
    if consists_of is None or path in kept:
        return value
    found = {}
    for element, child, inner in consists_of:
        below = (*path, element)
        if any(keep[: len(below)] == below for keep in kept):
            found[element] = _only(child, inner, kept, below)
        elif path[-1].startswith("k:") and f'"{element[2:]}":' in path[-1]:
            # What identifies an item stays with it.
            found[element] = child
    return {element[2:]: child for element, child in found.items()} if isinstance(value, dict) else list(found.values())
