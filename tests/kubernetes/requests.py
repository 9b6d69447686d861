"""A request to the API as it arrives, and what it is about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from . import refusals
from .kinds import Kind, find


@dataclass(frozen=True)
class Request:
    """`target` is a path with its query; the first word of `user_agent` writes where no field manager is named."""

    method: str
    target: str
    accept: str = ""
    content_type: str = ""
    user_agent: str = ""
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def content(self) -> Any:
        """Raises `Refused`: it is neither JSON nor YAML."""
        try:
            # What is applied may be YAML.
            return yaml.safe_load(self.body) if "yaml" in self.content_type else json.loads(self.body)
        except (ValueError, yaml.YAMLError) as error:
            raise refusals.bad_request(f"error decoding: {error}") from None


@dataclass(frozen=True)
class Address:
    """A kind's objects: of a namespace or of all, by name or all."""

    kind: Kind
    namespace: str
    name: str


def address(path: str) -> Address:
    """Raises `Refused`: there is nothing. Subresources are not known."""
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        group, rest = "", parts[1:]
    else:
        group, rest = "/".join(parts[1:2]), parts[2:]
    if not rest:
        raise refusals.no_such_path()
    version, *rest = rest
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    plural, name = (*rest, "", "")[:2]
    kind = find(group, version, plural)
    if kind is None or len(rest) > 2 or (namespace != "" and not kind.namespaced):
        raise refusals.no_such_path()
    return Address(kind, namespace, name)
