"""How a route says who may call it. A route that says nothing is closed: any valid access token, no less.

@blueprint.get("/orders")
@requires("read:orders")
async def orders(): ...
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..auth import InsufficientScope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..auth import AccessToken

View = TypeVar("View", bound=Callable[..., Any])

_ATTRIBUTE = "_access"

# RFC 6749 section 3.3. What is outside it could neither be granted nor stand in the challenge.
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


class Requirement(NamedTuple):
    """Permissions that a token must grant: all of `granted`, `scopes` and `permissions`, and one of `any_of`."""

    granted: tuple[str, ...]
    any_of: tuple[str, ...]
    scopes: tuple[str, ...]
    permissions: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.granted, *self.any_of, *self.scopes, *self.permissions)))

    def check(self, token: AccessToken) -> None:
        """Raises InsufficientScope."""
        satisfied = (
            all(token.has_permission(name) for name in self.granted)
            and (not self.any_of or any(token.has_permission(name) for name in self.any_of))
            and set(self.scopes) <= set(token.scopes)
            and set(self.permissions) <= set(token.permissions)
        )
        if not satisfied:
            raise InsufficientScope(self._explain(), self.names)

    def _explain(self) -> str:
        parts = [" and ".join((*self.granted, *self.scopes, *self.permissions)), " or ".join(self.any_of)]
        return f"The token is valid, but does not grant {', and '.join(part for part in parts if part)}."


class Access(NamedTuple):
    public: bool = False
    requirements: tuple[Requirement, ...] = ()


def public(view: View) -> View:
    """Open a route to anyone. A token that a caller sends all the same is not looked at."""
    if access_of(view).requirements:
        raise ValueError(f"{view.__name__} cannot be public and require permissions")
    setattr(view, _ATTRIBUTE, Access(public=True))
    return view


def requires(
    *granted: str, any_of: Iterable[str] = (), scopes: Iterable[str] = (), permissions: Iterable[str] = ()
) -> Callable[[View], View]:
    """Require permissions, which a token grants by its `permissions` or by its `scope`.

    All of the positional names are needed, and one of `any_of`. `scopes` and `permissions` insist on that one
    claim. Several `requires` on a route add up. Raises ValueError where nothing could satisfy it.
    """
    requirement = Requirement(granted, _names(any_of), _names(scopes), _names(permissions))
    if not requirement.names:
        raise ValueError("requires() needs at least one permission; a route without it needs a valid token only")
    for name in requirement.names:
        if not _SCOPE_TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} cannot be a permission: no spaces, quotes or backslashes (RFC 6749 3.3)")

    def mark(view: View) -> View:
        access = access_of(view)
        if access.public:
            raise ValueError(f"{view.__name__} cannot be public and require permissions")
        setattr(view, _ATTRIBUTE, Access(requirements=(requirement, *access.requirements)))
        return view

    return mark


def access_of(view: Callable[..., Any] | None) -> Access:
    """What a view says of itself; closed where it says nothing, or where there is no view."""
    access = getattr(view, _ATTRIBUTE, None)
    return access if isinstance(access, Access) else Access()


def permissions_of(views: Iterable[Callable[..., Any]]) -> list[str]:
    """Every permission that one of the views asks for, in alphabetical order."""
    return sorted({name for view in views for need in access_of(view).requirements for name in need.names})


def _names(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise TypeError(f"write ({names!r},): one string would be taken for a list of letters")
    return tuple(names)
