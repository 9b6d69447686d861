"""What rests on other libraries' internals is listed, and is as it was read."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import service.server
import service.web
from service.library_internals import INTERNALS, Internal

LIBRARIES = ("hypercorn", "h11", "wsproto", "quart", "flask", "werkzeug")

# What they document as being there to be replaced.
EXTENSION_POINTS = {
    ("quart.sessions:SessionInterface", "open_session"),
    ("quart.sessions:SessionInterface", "save_session"),
}

SPECIAL = {"__init__", "__call__", "__contains__", "__iter__", "__aiter__", "__anext__", "__await__"}


def modules() -> list[ModuleType]:
    packages = (service.server, service.web)
    names = (found.name for each in packages for found in pkgutil.iter_modules(each.__path__, f"{each.__name__}."))
    return [importlib.import_module(name) for name in names]


def owner_of(row: Internal) -> type:
    module, _, name = row.owner.partition(":")
    found: type = getattr(importlib.import_module(module), name)
    return found


def source(owner: type, name: str) -> str:
    member: Any = inspect.getattr_static(owner, name)
    member = getattr(member, "fget", None) or getattr(member, "func", None) or getattr(member, "__func__", member)
    return inspect.getsource(member)


def replaced() -> Iterator[tuple[str, str, str]]:
    """Yield what classes of this service replace in those of the libraries: by whom, where, and which member."""
    for module in modules():
        for cls in vars(module).values():
            if not inspect.isclass(cls) or cls.__module__ != module.__name__:
                continue
            for name, member in vars(cls).items():
                special = name.startswith("__") and name not in SPECIAL
                if special or inspect.isclass(member) or not (callable(member) or hasattr(member, "__get__")):
                    continue
                theirs = [each for each in cls.__mro__[1:] if name in vars(each)]
                if theirs and theirs[0].__module__.partition(".")[0] in LIBRARIES:
                    yield f"{module.__name__}.{cls.__name__}", f"{theirs[0].__module__}:{theirs[0].__name__}", name


def private_names(module: ModuleType) -> Iterator[str]:
    """Yield the private names that a module asks other objects for."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            yield node.attr


def own_names(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Store):
            yield node.attr if isinstance(node, ast.Attribute) else node.id


def test_whatever_is_replaced_is_listed() -> None:
    listed = {(row.owner, member) for row in INTERNALS for member in row.members} | EXTENSION_POINTS
    missing = [(by, owner, name) for by, owner, name in replaced() if (owner, name) not in listed]
    assert missing == []


def test_whatever_private_is_used_is_listed() -> None:
    listed = {member for row in INTERNALS for member in row.members} | {"_get_current_object"}
    own = {name for module in modules() for name in own_names(module)}
    assert {name for module in modules() for name in private_names(module)} - own - listed == set()


@pytest.mark.parametrize("row", INTERNALS, ids=lambda row: row.owner)
def test_it_is_as_it_was_read(row: Internal) -> None:
    assert row.reason
    assert row.way_out
    for name in row.used_by.split(", "):
        importlib.import_module(f"service.{name}")
    sources = "".join(source(owner_of(row), name) for name in row.members)
    found = hashlib.sha256(sources.encode()).hexdigest()[:12]
    assert found in row.fingerprints, f"{row.owner} has changed: read it, and then add {found!r}"
