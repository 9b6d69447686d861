"""What a client asks before it asks for anything: the kinds there are (aggregated discovery), and OpenAPI."""

from __future__ import annotations

from typing import Any

from .kinds import KINDS, Kind

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_VERBS = ["create", "delete", "get", "list", "patch", "watch"]
# By these, kubectl knows that unknown fields can be refused.
_PARAMETERS = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("dryRun", "fieldValidation")]


def version(minor: str) -> dict[str, Any]:
    """Of a release such as `1.33`."""
    major, _, number = minor.partition(".")
    return {"major": major, "minor": number, "gitVersion": f"v{minor}.0", "platform": "linux/amd64"}


def groups(*, core: bool) -> dict[str, Any]:
    """`/api`, which is the core's, or `/apis`."""
    names = dict.fromkeys(kind.group for kind in KINDS if (kind.group == "") is core)
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [{"metadata": {"name": name}, "versions": _versions(name)} for name in names],
    }


def _versions(group: str) -> list[dict[str, Any]]:
    versions = dict.fromkeys(kind.version for kind in KINDS if kind.group == group)
    return [
        {
            "version": version,
            "freshness": "Current",
            "resources": [_resource(kind) for kind in KINDS if (kind.group, kind.version) == (group, version)],
        }
        for version in versions
    ]


def _resource(kind: Kind) -> dict[str, Any]:
    return {
        "resource": kind.plural,
        "responseKind": _response_kind(kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.name.lower(),
        "verbs": _VERBS,
        "shortNames": list(kind.short),
    }


def openapi_index() -> dict[str, Any]:
    versions = {_root(kind): f"/openapi/v3/{_root(kind)}" for kind in KINDS}
    return {"paths": {root: {"serverRelativeURL": address} for root, address in versions.items()}}


def openapi(root: str) -> dict[str, Any]:
    """Of one version of a group, such as `apis/apps/v1`: only as much as kubectl looks at."""
    paths = {}
    for kind in KINDS:
        if _root(kind) == root:
            where = f"/{root}/namespaces/{{namespace}}" if kind.namespaced else f"/{root}"
            patch = {"parameters": _PARAMETERS, "x-kubernetes-group-version-kind": _response_kind(kind)}
            paths[f"{where}/{kind.plural}/{{name}}"] = {"patch": patch}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "stand-in"}, "paths": paths}


def _root(kind: Kind) -> str:
    return f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}"


def _response_kind(kind: Kind) -> dict[str, str]:
    return {"group": kind.group, "version": kind.version, "kind": kind.name}
