"""Who may call each route of an app: what its view says, within what its blueprints say."""

from __future__ import annotations

import inspect
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from quart import Blueprint

from .access import Access, access_of
from .requests import blueprints_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quart import Quart


class RouteError(ValueError):
    """A route says something of who may call it that cannot hold. The message names the route."""


class AccessMap:
    """The access of each endpoint of `app`, made once. `clients` are those that the settings allow, all without any."""

    def __init__(self, app: Quart, clients: frozenset[str]) -> None:
        self._app = app
        self._clients = clients
        self._found: dict[str | None, Access] = {}

    def of(self, endpoint: str | None) -> Access:
        """The access of an endpoint; closed where there is none. Raises RouteError."""
        access = self._found.get(endpoint)
        if access is None:
            if endpoint not in self._app.view_functions:
                return Access()
            access = self._found[endpoint] = self._make(endpoint)
        return access

    def permissions(self) -> list[str]:
        """Every permission that a route asks for, in alphabetical order."""
        return sorted({name for access in self._all() for name in access.scope})

    def claims(self) -> frozenset[str]:
        """Every claim that a route's rule looks at."""
        return frozenset().union(*(access.claims for access in self._all()))

    def check(self) -> None:
        """Raises RouteError where a route's rules contradict each other, where no caller could meet them, and where a
        function that says who may call it is no view."""
        arguments: dict[str, set[str]] = {}
        for rule in self._app.url_map.iter_rules():
            names = set(rule.arguments) | set(rule.defaults or ())
            # One view may have several paths.
            arguments[rule.endpoint] = arguments.get(rule.endpoint, names) & names
        for endpoint, names in arguments.items():
            access = self.of(endpoint)
            try:
                access.check_arguments(names, self._clients)
            except ValueError as error:
                raise RouteError(f"route {endpoint}: {error}") from None
        self._check_marks()

    def _all(self) -> Iterator[Access]:
        return (self.of(endpoint) for endpoint in self._app.view_functions)

    def _make(self, endpoint: Any) -> Access:
        access = access_of(self._app.view_functions[endpoint])
        try:
            for name in blueprints_of(endpoint):
                access = access.within(access_of(self._app.blueprints.get(name)))
        except ValueError as error:
            raise RouteError(f"route {endpoint}: {error}") from None
        return access

    def _check_marks(self) -> None:
        """Raises RouteError for a function of a blueprint's module that says who may call it, and is no view or not
        as it says so: above the route's decorator, a mark is on something that is never called."""
        views: dict[Any, list[Access]] = {}
        for view in self._app.view_functions.values():
            views.setdefault(inspect.unwrap(view), []).append(access_of(view))
        blueprints = list(self._app.blueprints.values())
        for module in {blueprint.import_name for blueprint in blueprints}:
            # By their types, since a proxy (`request`) that is asked for anything looks for a request.
            members = dict(vars(sys.modules[module])) if module in sys.modules else {}
            others = any(type(value) is Blueprint and value not in blueprints for value in members.values())
            for name, value in members.items():
                if type(value) is not FunctionType or value.__module__ != module or access_of(value) == Access():
                    continue
                registered = views.get(inspect.unwrap(value))
                if registered is None and not others:
                    raise RouteError(f"{module}.{name} says who may call it, and is the view of no route")
                if registered is not None and access_of(value) not in registered:
                    raise RouteError(f"{module}.{name}: what says who may call it stands above the route's decorator")
