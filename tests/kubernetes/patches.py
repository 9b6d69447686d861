"""The ways to patch that are not server-side apply."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from . import refusals

if TYPE_CHECKING:
    from .schema import Schema

    Manifest = dict[str, Any]


def json_patch(document: Any, operations: list[dict[str, Any]]) -> Any:
    """RFC 6902, as far as `add`, `replace`, `remove` and `test`."""
    root = {"": copy.deepcopy(document)}
    for operation in operations:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")]
        node: Any = root
        try:
            for step in steps[:-1]:
                node = node[int(step)] if isinstance(node, list) else node[step]
            _do(node, steps[-1], operation)
        except (KeyError, IndexError, ValueError) as error:
            message = f"the server rejected our request due to an error in our request: {operation['path']}: {error}"
            raise refusals.Refused(422, "Invalid", message) from None
    return root[""]


def _do(node: Any, step: str, operation: dict[str, Any]) -> None:
    name: Any = step if isinstance(node, dict) else len(node) if step == "-" else int(step)
    match operation["op"]:
        case "add" if isinstance(node, list):
            node.insert(name, operation["value"])
        case "add":
            node[name] = operation["value"]
        case "replace":
            node[name]  # What is not there cannot be replaced.
            node[name] = operation["value"]
        case "remove":
            del node[name]
        case "test" if node[name] != operation["value"]:
            raise ValueError("testing the value failed")


def merge_patch(document: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def strategic_patch(document: Any, patch: Any, schema: Schema) -> Any:
    """As a merge patch, but lists with a merge key are merged by it. Directives: `$patch` with delete and replace."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    if patch.get("$patch") == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        inner = schema.member(name)
        if name.startswith("$"):
            # The order of a list, and what of a union to retain: neither occurs here.
            continue
        if value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
            merged.pop(name, None)
        elif isinstance(value, list) and inner.merge_key:
            merged[name] = _merged_list(merged.get(name) or [], value, inner)
        else:
            merged[name] = strategic_patch(merged.get(name), value, inner)
    return merged


def _merged_list(items: list[Manifest], patch: list[Manifest], schema: Schema) -> list[Manifest]:
    key = schema.merge_key
    merged = {item[key]: item for item in items}
    for item in patch:
        if item.get("$patch") == "delete":
            merged.pop(item[key], None)
        else:
            merged[item[key]] = strategic_patch(merged.get(item[key]), item, schema.item)
    return list(merged.values())
