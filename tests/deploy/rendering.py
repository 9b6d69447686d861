"""The manifests as kubectl renders them."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..processes import ROOT
from ..tools import need

DEPLOY = ROOT / "deploy"
OVERLAYS = ("staging", "production")
FOLDERS = [
    *(f"overlays/{name}" for name in OVERLAYS),
    "bootstrap/auto-mode",
    "bootstrap/self-managed",
    *(f"bootstrap/namespaces/{name}" for name in OVERLAYS),
]
COMPONENTS = ("alarms", "pod-monitor", "traces")

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/auth0-api@{DIGEST}"

Manifest = dict[str, Any]


@cache
def text(folder: Path) -> str:
    """What `kubectl apply -k` would send."""
    command = [need("kubectl"), "kustomize", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


def render(folder: str) -> list[Manifest]:
    return list(yaml.safe_load_all(text(DEPLOY / folder)))


def deployed(overlay: str, where: Path, components: tuple[str, ...] = ()) -> Path:
    """An overlay as it is deployed: with an image by digest, in a kustomization that is generated beside it."""
    up = os.path.relpath(DEPLOY, where)
    document = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{up}/overlays/{overlay}"],
        "components": [f"{up}/components/{name}" for name in components],
        "images": [{"name": "auth0-api", "newName": IMAGE.partition("@")[0], "digest": DIGEST}],
    }
    (where / "kustomization.yaml").write_text(yaml.safe_dump(document))
    return where


def one(manifests: list[Manifest], kind: str) -> Manifest:
    (found,) = [manifest for manifest in manifests if manifest["kind"] == kind]
    return found


def container(manifests: list[Manifest]) -> Manifest:
    (only,) = one(manifests, "Deployment")["spec"]["template"]["spec"]["containers"]
    return only  # type: ignore[no-any-return]


def settings_of(manifests: list[Manifest]) -> dict[str, str]:
    return one(manifests, "ConfigMap")["data"]  # type: ignore[no-any-return]
