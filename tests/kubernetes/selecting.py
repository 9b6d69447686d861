"""`labelSelector` and `fieldSelector`, as lists and watches take them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import refusals
from .kinds import EVENT, POD

if TYPE_CHECKING:
    from collections.abc import Callable

    from .kinds import Kind

    Manifest = dict[str, Any]
    Matches = Callable[[Manifest], bool]

# What a real server can select by, too.
_EVENTS = ("type", "reason", "source", "involvedObject.kind", "involvedObject.name", "involvedObject.uid")
_FIELDS = {EVENT: _EVENTS, POD: ("status.phase", "spec.nodeName")}


def selector(kind: Kind, labels: str, fields: str) -> Matches:
    wanted = [*map(_label, _requirements(labels)), *(_field(kind, text) for text in fields.split(",") if text)]
    return lambda manifest: all(matches(manifest) for matches in wanted)


def _requirements(text: str) -> list[str]:
    """Split at commas, save those between parentheses."""
    return [part.strip() for part in re.findall(r"(?:[^,(]|\([^)]*\))+", text)]


def _label(text: str) -> Matches:
    if among := re.fullmatch(r"(\S+) (in|notin) \((.*)\)", text):
        name, how, listed = among.groups()
        values = {value.strip() for value in listed.split(",")}
        return lambda manifest: (_labels(manifest).get(name) in values) is (how == "in")
    if equality := re.fullmatch(r"([^!=]+)(!=|==?)(.*)", text):
        name, how, value = equality.groups()
        return lambda manifest: (_labels(manifest).get(name) == value) is (how != "!=")
    return lambda manifest: (text.lstrip("!") in _labels(manifest)) is not text.startswith("!")


def _field(kind: Kind, text: str) -> Matches:
    found = re.fullmatch(r"([^!=]+)(!=|==?)(.*)", text)
    if found is None:
        raise refusals.bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    path, how, value = found.groups()
    if path not in ("metadata.name", "metadata.namespace", *_FIELDS.get(kind, ())):
        raise refusals.bad_request(f'field label not supported: {path} (for "{kind.resource}")')
    return lambda manifest: (_value(manifest, path) == value) is (how != "!=")


def _labels(manifest: Manifest) -> dict[str, str]:
    return manifest["metadata"].get("labels") or {}


def _value(manifest: Manifest, path: str) -> Any:
    node: Any = manifest
    for name in path.split("."):
        node = node.get(name, "") if isinstance(node, dict) else ""
    return node
