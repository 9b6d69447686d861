"""How a route says who may call it. A route that says nothing is closed: any valid access token, no less.

@blueprint.get("/orders")
@requires("read:orders")
async def orders(): ...

On a blueprint, `requires` is for all of its routes:

blueprint = requires("read:orders")(Blueprint("orders", __name__))
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeVar

from quart import Blueprint

from .rules import (
    ORDER,
    ClaimValues,
    Clients,
    Condition,
    Organization,
    Permissions,
    RecentLogin,
    Rule,
    Scalar,
    claim_values,
)

View = TypeVar("View", bound=Callable[..., Any])
Closed = TypeVar("Closed", bound=Callable[..., Any] | Blueprint)

_ATTRIBUTE = "_access"

# RFC 6749 section 3.3. What is outside it could neither be granted nor stand in the challenge.
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


class Access(NamedTuple):
    """Who may call. `scope` names the permissions that the rules ask for."""

    kind: Literal["closed", "optional", "public"] = "closed"
    rules: tuple[Rule, ...] = ()
    conditions: tuple[Condition, ...] = ()
    scope: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        return self.kind == "public"

    @property
    def descriptions(self) -> tuple[str, ...]:
        """Each rule in words, in the order in which they are checked."""
        return tuple(rule.description for rule in (*self.rules, *self.conditions))

    @property
    def codes(self) -> tuple[str, ...]:
        """The code of each refusal that they may have, in the same order."""
        return tuple(dict.fromkeys(rule.code for rule in (*self.rules, *self.conditions)))

    @property
    def claims(self) -> frozenset[str]:
        """The claims that the rules look at."""
        names = [rule.name for rule in self.rules if isinstance(rule, ClaimValues)]
        return frozenset((*names, *(rule.claim for rule in self.rules if isinstance(rule, RecentLogin))))

    def within(self, outer: Access) -> Access:
        """Add the rules of the blueprint around. Raises ValueError where the two contradict each other."""
        if outer.kind == "closed" and not outer.rules and not outer.conditions:
            return self
        if self.kind != "closed":
            raise ValueError(f"a route cannot be {self.kind}, since its blueprint requires something")
        return _access((*outer.rules, *self.rules), (*outer.conditions, *self.conditions))

    def check_arguments(self, arguments: Iterable[str], clients: frozenset[str]) -> None:
        """Raises ValueError where no caller could meet the rules of a route that has `arguments`, or none of the
        `clients` that the settings allow (all without any)."""
        for rule in self.rules:
            if isinstance(rule, Organization) and rule.argument not in arguments:
                raise ValueError(f"requires(organization={rule.argument!r}): the path has no argument of that name")
            if isinstance(rule, Clients):
                if clients and not clients & rule.client_ids:
                    raise ValueError("requires(clients=…): AUTH0_CLIENTS allows none of them")
                clients = clients & rule.client_ids if clients else rule.client_ids


def public(view: View) -> View:
    """Open a route to anyone. A token that a caller sends all the same is not looked at."""
    return _open(view, "public")


def optional(view: View) -> View:
    """Open a route to anyone, and verify the token where a caller sends one: `current_token(None)`. A token that is
    not valid is refused, as everywhere."""
    return _open(view, "optional")


def requires(
    *granted: str,
    any_of: Iterable[str] = (),
    scopes: Iterable[str] = (),
    permissions: Iterable[str] = (),
    organization: str | None = None,
    hide: bool = False,
    clients: Iterable[str] = (),
    claims: Mapping[str, Scalar | Iterable[Scalar]] | None = None,
    max_age: int | None = None,
    age_claim: str | None = None,
    check: Callable[..., Any] | None = None,
) -> Callable[[Closed], Closed]:
    """Require more of a caller than a valid token, on a route or on all routes of a blueprint.

    - Permissions, which a token grants by its `permissions` or by its `scope`: all of the positional names, and one
      of `any_of`. `scopes` and `permissions` insist on that one claim.
    - `organization` names an argument of the route: the token must be for the organization with that id or name.
      With `hide`, others get 404 instead of 403.
    - `clients`: client ids, one of which the token must have been issued to.
    - `claims`: a value for each claim's name, or a collection of values, any of which will do. A claim that is a list
      has to contain one.
    - `max_age`: the most seconds since the login (RFC 9470), whose time the numeric claim `age_claim` holds. `iat` will
      not do for that: a refreshed token has a new one.
    - `check`: a function of the `AccessToken` and of the route's arguments by their names, sync or async, which returns
      a bool.

    Several `requires` add up. Raises ValueError or TypeError where nothing could satisfy it.
    """
    rules: list[Rule] = []
    wanted = Permissions(granted, _texts(any_of), _texts(scopes), _texts(permissions))
    for name in wanted.names:
        if not isinstance(name, str) or not _SCOPE_TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} cannot be a permission: no spaces, quotes or backslashes (RFC 6749 3.3)")
    if wanted.names:
        rules.append(wanted)
    if organization is not None:
        rules.append(Organization(organization, hide))
    elif hide:
        raise ValueError("hide goes with organization: it makes its 403 a 404")
    client_ids = _texts(clients)
    if client_ids:
        rules.append(Clients(frozenset(client_ids)))
    rules += [claim_values(name, values) for name, values in (claims or {}).items()]
    if max_age is not None or age_claim is not None:
        if type(max_age) is not int or max_age <= 0 or not age_claim:
            raise ValueError("max_age needs a number of seconds, and age_claim the name of the claim with the time")
        rules.append(RecentLogin(max_age, age_claim))
    conditions = () if check is None else (Condition(check),)
    if check is not None and not callable(check):
        raise TypeError("check has to be a function of the token and the route's arguments")
    if not rules and not conditions:
        raise ValueError("requires() needs at least one rule; a route without it needs a valid token only")

    def mark(closed: Closed) -> Closed:
        _check_markable(closed, "requires")
        own = access_of(closed)
        if own.kind != "closed":
            raise ValueError(f"{_name(closed)} cannot be {own.kind} and require something")
        setattr(closed, _ATTRIBUTE, _access((*rules, *own.rules), (*conditions, *own.conditions)))
        return closed

    return mark


def access_of(marked: object) -> Access:
    """What a view or a blueprint says of itself; closed where it says nothing, or where there is no view."""
    access = getattr(marked, _ATTRIBUTE, None)
    return access if isinstance(access, Access) else Access()


def _access(rules: tuple[Rule, ...], conditions: tuple[Condition, ...]) -> Access:
    ordered = tuple(sorted(rules, key=lambda rule: ORDER.index(type(rule))))
    names = (name for rule in ordered if isinstance(rule, Permissions) for name in rule.names)
    return Access("closed", ordered, conditions, tuple(dict.fromkeys(names)))


def _open(view: View, kind: Literal["optional", "public"]) -> View:
    _check_markable(view, kind)
    own = access_of(view)
    if own != Access() and own.kind != kind:
        other = "require something" if own.kind == "closed" else f"be {own.kind}"
        raise ValueError(f"{_name(view)} cannot be {kind} and {other}")
    setattr(view, _ATTRIBUTE, Access(kind))
    return view


def _check_markable(marked: object, mark: str) -> None:
    if isinstance(marked, Blueprint) and mark == "requires":
        return
    if inspect.isclass(marked) or not callable(marked):
        raise TypeError(
            f"@{mark} is for a view function{' or a blueprint' if mark == 'requires' else ''}, below the route's "
            f"decorator; a class based view takes it in its `decorators`. {marked!r} is neither."
        )


def _name(marked: Any) -> str:
    return str(getattr(marked, "__name__", None) or getattr(marked, "name", marked))


def _texts(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise TypeError(f"write ({names!r},): one string would be taken for a list of letters")
    names = tuple(names)
    for name in names:
        if not isinstance(name, str) or not name:
            raise TypeError(f"{name!r} is no name")
    return names
