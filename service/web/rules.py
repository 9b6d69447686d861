"""What a route may ask for beside a valid access token: `requires` makes these, and the guard checks them."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

from werkzeug.exceptions import NotFound

from ..auth import (
    Forbidden,
    InsufficientClaims,
    InsufficientScope,
    InsufficientUserAuthentication,
    OrganizationMismatch,
    is_of_organization,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..auth import AccessToken


class Call(NamedTuple):
    """What rules are checked against: a verified token, the values of the route's arguments, the time in seconds since
    the epoch, and the difference that clocks may have."""

    token: AccessToken
    arguments: Mapping[str, Any]
    now: float
    leeway: float


@dataclass(frozen=True, slots=True)
class Permissions:
    """The token must grant all of `all_of`, `scopes` and `permissions`, and one of `any_of`."""

    all_of: tuple[str, ...]
    any_of: tuple[str, ...]
    scopes: tuple[str, ...]
    permissions: tuple[str, ...]

    code: ClassVar = InsufficientScope.code

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.all_of, *self.any_of, *self.scopes, *self.permissions)))

    @property
    def description(self) -> str:
        return f"the token grants {self._wanted()}"

    def _wanted(self) -> str:
        parts = [" and ".join((*self.all_of, *self.scopes, *self.permissions)), " or ".join(self.any_of)]
        return ", and ".join(part for part in parts if part)

    def check(self, call: Call) -> None:
        """Raises InsufficientScope."""
        scopes, permissions = call.token.scopes, call.token.permissions
        # Loops, since a generator for each would cost a request microseconds.
        for name in self.all_of:
            if name not in permissions and name not in scopes:
                raise self._refusal()
        for name in self.scopes:
            if name not in scopes:
                raise self._refusal()
        for name in self.permissions:
            if name not in permissions:
                raise self._refusal()
        if self.any_of and not any(map(call.token.has_permission, self.any_of)):
            raise self._refusal()

    def _refusal(self) -> InsufficientScope:
        return InsufficientScope(f"The token is valid, but does not grant {self._wanted()}.", self.names)


@dataclass(frozen=True, slots=True)
class Organization:
    """The token must be of the organization that the route's argument names, by its id or its name."""

    argument: str
    hide: bool

    code: ClassVar = OrganizationMismatch.code

    @property
    def description(self) -> str:
        return f"the token is for the organization of the path ({self.argument}), by its org_id or org_name"

    def check(self, call: Call) -> None:
        """Raises OrganizationMismatch, or NotFound with `hide`, which does not tell that the organization exists."""
        if is_of_organization(call.token, str(call.arguments[self.argument])):
            return
        if self.hide:
            raise NotFound
        raise OrganizationMismatch("The token is valid, but for another organization, or for none.")


@dataclass(frozen=True, slots=True)
class Clients:
    """The token must have been issued to one of these clients."""

    client_ids: frozenset[str]

    code: ClassVar = InsufficientClaims.code

    @property
    def description(self) -> str:
        return f"the client (azp or client_id) is {' or '.join(sorted(self.client_ids))}"

    def check(self, call: Call) -> None:
        """Raises InsufficientClaims."""
        if call.token.client_id not in self.client_ids:
            raise InsufficientClaims("The token is valid, but its client (azp or client_id) may not call this route.")


Scalar: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class ClaimValues:
    """The claim `name` must have one of `values`; where it is a list, one of its members must be one of them."""

    name: str
    # Each with whether it is a bool: to Python, True and 1 are equal; to JSON, they are not.
    values: frozenset[tuple[bool, Scalar]]

    code: ClassVar = InsufficientClaims.code

    @property
    def description(self) -> str:
        return f"the claim {self.name} has a value that this route takes"

    def check(self, call: Call) -> None:
        """Raises InsufficientClaims, with the claim's name and without its value."""
        value = _claim(call.token, self.name)
        for member in value if type(value) is list else (value,):
            if type(member) in _SCALARS and (type(member) is bool, member) in self.values:
                return
        raise InsufficientClaims(
            f"The token is valid, but its claim {self.name} does not have a value that this route takes."
        )


_SCALARS = frozenset({str, int, float, bool})


@dataclass(frozen=True, slots=True)
class RecentLogin:
    """The login, whose time in seconds since the epoch the claim `claim` holds, must be at most `max_age` seconds
    ago (RFC 9470)."""

    max_age: int
    claim: str

    code: ClassVar = InsufficientUserAuthentication.code

    @property
    def description(self) -> str:
        return f"the login ({self.claim}) is at most {self.max_age} seconds ago"

    def check(self, call: Call) -> None:
        """Raises InsufficientUserAuthentication."""
        value = _claim(call.token, self.claim)
        if type(value) in (int, float) and -call.leeway <= call.now - value <= self.max_age:
            return
        raise InsufficientUserAuthentication(
            f"The token is valid, but its user has to have logged in within the last {self.max_age} seconds.",
            self.max_age,
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of the route's own: a function of the token and of the route's arguments by their names, sync or
    async, which returns a bool."""

    function: Callable[..., Any]

    code: ClassVar = Forbidden.code

    @property
    def description(self) -> str:
        return f"the route's own condition holds ({getattr(self.function, '__name__', 'check')})"

    async def check(self, call: Call) -> None:
        """Raises Forbidden; TypeError where the answer is no bool, and what the function raises."""
        answer = self.function(call.token, **call.arguments)
        if inspect.isawaitable(answer):
            answer = await answer
        if type(answer) is not bool:
            raise TypeError(f"{self.function!r} has to return True or False, and returned {type(answer).__name__}")
        if not answer:
            raise Forbidden("The token is valid, but its owner may not do this.")


Rule: TypeAlias = Permissions | Organization | Clients | ClaimValues | RecentLogin

ORDER: tuple[type, ...] = (Permissions, Organization, Clients, ClaimValues, RecentLogin)
"""The order in which rules are checked, however many `requires` they come from; conditions follow."""


def claim_values(name: str, values: Any) -> ClaimValues:
    """Make a rule of a value or of a collection of values. Raises ValueError where no claim could meet it."""
    values = tuple(values) if isinstance(values, (list, tuple, set, frozenset)) else (values,)
    if not name or not values:
        raise ValueError(f"claims: {name!r} needs a name and a value")
    for value in values:
        if type(value) not in _SCALARS or (type(value) is float and not math.isfinite(value)):
            raise ValueError(f"claims: {value!r} for {name!r} is no string, finite number or bool")
    return ClaimValues(name, frozenset((type(value) is bool, value) for value in values))


def _claim(token: AccessToken, name: str) -> Any:
    return token.kept[name] if name in token.kept else token.claims.get(name)
