"""What a change set would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceChangeTypeDef

# `release`: it leaves the stack, and stays. `undetermined`: CloudFormation knows when it gets there.
Effect = Literal["add", "modify", "replace", "may replace", "remove", "release", "import", "undetermined"]

# What a person may lose.
ALARMING: frozenset[Effect] = frozenset({"replace", "may replace", "remove"})


@dataclass(frozen=True)
class Change:
    """What happens to one part of a stack. `properties` are the names of what changes in it."""

    effect: Effect
    logical_id: str
    type: str
    name: str
    properties: tuple[str, ...]


@dataclass(frozen=True)
class ChangeSet:
    id: str
    stack_id: str
    changes: tuple[Change, ...]


def read_change(found: ResourceChangeTypeDef) -> Change:
    """Return a resource's change in our words."""
    details = found.get("Details", [])
    names = [detail.get("Target", {}).get("Name") or detail.get("Target", {}).get("Attribute") for detail in details]
    return Change(
        _effect(found),
        found.get("LogicalResourceId", ""),
        found.get("ResourceType", ""),
        found.get("PhysicalResourceId", ""),
        tuple(dict.fromkeys(name for name in names if name)),
    )


def _effect(found: ResourceChangeTypeDef) -> Effect:
    action = found.get("Action", "Dynamic")
    policy = found.get("PolicyAction", "")
    if action == "Modify":
        replacement = found.get("Replacement", "False")
        if replacement == "True" or policy.startswith("ReplaceAnd"):
            return "replace"
        return "may replace" if replacement == "Conditional" else "modify"
    if action == "Remove":
        return "release" if policy == "Retain" else "remove"
    if action == "Add":
        return "add"
    return "import" if action == "Import" else "undetermined"
