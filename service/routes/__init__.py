"""One module a resource. Each has a `blueprint`, and is found by being here.

A new route is closed: it needs a valid access token, unless `@public` opens it.

messages       the quickstarts' three routes     me: who is calling     token: the API's view of a token
metadata       where to get a token     health: for the operator
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from quart import Blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator


def blueprints() -> Iterator[Blueprint]:
    """Import every module of this package, and yield its blueprint."""
    for module in pkgutil.iter_modules(__path__):
        blueprint = getattr(importlib.import_module(f"{__name__}.{module.name}"), "blueprint", None)
        if not isinstance(blueprint, Blueprint):
            raise TypeError(
                f'service/routes/{module.name}.py needs a line like: blueprint = Blueprint("{module.name}", __name__)'
            )
        yield blueprint
