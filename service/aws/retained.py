"""What stays when a stack is deleted: the parts whose DeletionPolicy says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import Aws
    from .stacks import Stack

_KEEPING = frozenset({"Retain", "RetainExceptOnCreate"})

# A part of the template begins at two spaces and its attributes at four. A YAML reader would be one more package for
# every machine, to find two words.
_PART = re.compile(r"^ {2}([A-Za-z0-9]+):")
_POLICY = re.compile(r"^ {4}DeletionPolicy:\s*['\"]?([A-Za-z]+)")


def kept_parts(template: object) -> frozenset[str]:
    """Return the logical ids of what stays. `template` is YAML, or what boto3 made of a JSON template."""
    if isinstance(template, dict):
        parts = template.get("Resources", {})
        return frozenset(name for name, part in parts.items() if part.get("DeletionPolicy") in _KEEPING)
    kept: set[str] = set()
    section = part = ""
    for line in str(template).splitlines():
        if line[:1].isalpha():
            section = line.partition(":")[0]
        elif section == "Resources":
            if found := _PART.match(line):
                part = found[1]
            elif (found := _POLICY.match(line)) and found[1] in _KEEPING:
                kept.add(part)
    return frozenset(kept)


def kept_by(aws: Aws, stack: Stack) -> frozenset[str]:
    """Return the logical ids of what stays when `stack` is deleted, by the template that it was made from."""
    template: object = aws.cloudformation.get_template(StackName=stack.id)["TemplateBody"]
    return kept_parts(template)
