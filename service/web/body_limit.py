"""How much of a request's body a route takes.

@blueprint.post("/uploads")
@max_body(20 * 1024 * 1024)
async def upload(): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .requests import blueprints_of

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTRIBUTE = "_max_body"

# A view or a blueprint.
Limited = TypeVar("Limited")


def max_body(size: int) -> Callable[[Limited], Limited]:
    """Take bodies of at most `size` bytes on a route, or on all routes of a blueprint: `max_body(size)(blueprint)`.

    It raises or lowers what the app takes elsewhere; a route's own limit goes before its blueprint's. A larger body is
    refused with 413, whatever its framing. Raises ValueError for a negative size.
    """
    if size < 0:
        raise ValueError("a body has no negative size")

    def mark(limited: Limited) -> Limited:
        setattr(limited, _ATTRIBUTE, size)
        return limited

    return mark


def body_limit_of(app: Any, endpoint: str) -> int | None:
    """What the view of an endpoint, or one of its blueprints, says; `None` where neither does."""
    blueprints = blueprints_of(endpoint)
    owners: list[Any] = [app.view_functions.get(endpoint), *(app.blueprints.get(name) for name in blueprints)]
    return next((size for owner in owners if (size := getattr(owner, _ATTRIBUTE, None)) is not None), None)
