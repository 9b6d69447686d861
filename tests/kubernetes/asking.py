"""Asking the API without a network, and the manifests that are asked about."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import urlencode

from .api import Answer, Api
from .cluster import Cluster
from .requests import Request

SPACE = "space"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{SPACE}/deployments"
CONFIG_MAPS = f"/api/v1/namespaces/{SPACE}/configmaps"
MERGE = "application/merge-patch+json"

Manifest = dict[str, Any]


def deployment(image: str = "api:1", **spec: Any) -> Manifest:
    labels = {"app": "api"}
    container = {"name": "api", "image": image, "ports": [{"containerPort": 80}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def config_map(**data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def with_container(manifest: Manifest, **members: Any) -> Manifest:
    changed = copy.deepcopy(manifest)
    changed["spec"]["template"]["spec"]["containers"][0] |= members
    return changed


class Asking:
    """Asks as a field manager. An answer that is not what was expected fails the test."""

    def __init__(self, cluster: Cluster) -> None:
        self._api: Api = cluster.server.api

    def get(self, path: str, expected: int = 200) -> Manifest:
        return self._ask("GET", path, expected=expected)

    def create(self, path: str, manifest: Manifest, manager: str = "creator", expected: int = 201) -> Manifest:
        return self._ask("POST", f"{path}?fieldManager={manager}", content=manifest, expected=expected)

    def apply(
        self, path: str, manifest: Manifest, manager: str = "pipeline", expected: int = 200, **query: str
    ) -> Manifest:
        target = f"{path}/{manifest['metadata']['name']}?{urlencode({'fieldManager': manager, **query})}"
        return self._ask("PATCH", target, "application/apply-patch+yaml", manifest, expected)

    def patch(
        self, path: str, patch: Any, manager: str = "somebody", how: str = MERGE, expected: int = 200
    ) -> Manifest:
        return self._ask("PATCH", f"{path}?fieldManager={manager}", how, patch, expected)

    def _ask(
        self, method: str, target: str, content_type: str = "application/json", content: Any = None, expected: int = 200
    ) -> Manifest:
        body = b"" if content is None else json.dumps(content).encode()
        answer = self._api.answer(Request(method, target, "application/json", content_type, "tests/1", body))
        assert isinstance(answer, Answer)
        assert answer.code == expected, answer.content
        return answer.content


def owners(manifest: Manifest) -> dict[str, Any]:
    """fieldsV1, by manager."""
    return {entry["manager"]: entry["fieldsV1"] for entry in manifest["metadata"]["managedFields"]}
