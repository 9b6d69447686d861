"""Who may do what (RBAC), and what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from . import refusals

if TYPE_CHECKING:
    from .kinds import Kind


class Asked(NamedTuple):
    """As a Role has it: `Asked("patch", "apps", "deployments")`."""

    verb: str
    group: str
    resource: str


class Rights:
    """Everything, until a Role is enforced: from then on what it grants in its namespace, and nothing elsewhere."""

    user = "deployer"

    def __init__(self) -> None:
        self.asked: set[Asked] = set()
        self._rules: dict[str, set[Asked]] | None = None

    def enforce(self, namespace: str, rules: list[dict[str, Any]]) -> None:
        self._rules = {**(self._rules or {}), namespace: granted(rules)}

    def check(self, verb: str, kind: Kind, namespace: str, name: str = "") -> None:
        """Raises `Refused`."""
        asked = Asked(verb, kind.group, kind.plural)
        self.asked.add(asked)
        if self._rules is not None and asked not in self._rules.get(namespace, set()):
            raise refusals.forbidden(kind, verb, namespace, name, self.user)


def granted(rules: list[dict[str, Any]]) -> set[Asked]:
    """All that a Role's rules grant. What this does not read is not taken for more or less than it is."""
    for rule in rules:
        if rule.keys() != {"apiGroups", "resources", "verbs"} or "*" in [*rule["resources"], *rule["verbs"]]:
            raise ValueError(f"a rule that this stand-in does not know: {rule}")
    return {
        Asked(verb, group, resource)
        for rule in rules
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
