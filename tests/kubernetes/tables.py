"""Lists as a person wants to see them: `Table`, which kubectl asks for and prints as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import times
from .kinds import AUTOSCALER, DEPLOYMENT, EVENT, POD, REPLICA_SET

if TYPE_CHECKING:
    from .kinds import Kind

    Manifest = dict[str, Any]

# A dot in front: with `-o wide` alone.
_COLUMNS = {
    POD: ["Name", "Ready", "Status", "Restarts", "Age", ".IP", ".Node"],
    DEPLOYMENT: ["Name", "Ready", "Up-to-date", "Available", "Age", ".Images"],
    REPLICA_SET: ["Name", "Desired", "Current", "Ready", "Age", ".Images"],
    EVENT: ["Last Seen", "Type", "Reason", "Object", "Message"],
    AUTOSCALER: ["Name", "Reference", "MinPods", "MaxPods", "Age"],
}


def table(kind: Kind, manifests: list[Manifest], version: str, now: float, *, whole: bool) -> Manifest:
    """`whole` objects are what kubectl sorts by; otherwise a row has its object's metadata alone."""
    columns = _COLUMNS.get(kind, ["Name", "Age"])
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [
            {"name": name.lstrip("."), "type": "string", "format": "", "priority": int(name.startswith("."))}
            for name in columns
        ],
        "rows": [
            {"cells": _cells(kind, manifest, now), "object": manifest if whole else _partial(manifest)}
            for manifest in manifests
        ],
    }


def _partial(manifest: Manifest) -> Manifest:
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {name: value for name, value in manifest["metadata"].items() if name != "managedFields"},
    }


def _cells(kind: Kind, manifest: Manifest, now: float) -> list[Any]:
    name = manifest["metadata"]["name"]
    age = times.age(manifest["metadata"]["creationTimestamp"], now)
    spec, status = manifest.get("spec", {}), manifest.get("status", {})
    if kind == POD:
        (container,) = status["containerStatuses"]
        state = container["state"].get("waiting", {}).get("reason", status["phase"])
        ready = f"{int(container['ready'])}/1"
        return [name, ready, state, str(container["restartCount"]), age, status["podIP"], spec["nodeName"]]
    if kind == EVENT:
        subject = manifest["involvedObject"]
        seen = times.age(manifest.get("lastTimestamp") or manifest.get("eventTime"), now)
        about = f"{subject['kind'].lower()}/{subject['name']}"
        return [seen, manifest["type"], manifest["reason"], about, manifest["message"]]
    if kind in (DEPLOYMENT, REPLICA_SET):
        images = ",".join(container["image"] for container in spec["template"]["spec"]["containers"])
        ready = status.get("readyReplicas", 0)
        if kind == REPLICA_SET:
            return [name, spec["replicas"], status.get("replicas", 0), ready, age, images]
        updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
        return [name, f"{ready}/{spec['replicas']}", updated, available, age, images]
    if kind == AUTOSCALER:
        target = spec["scaleTargetRef"]
        return [name, f"{target['kind']}/{target['name']}", spec["minReplicas"], spec["maxReplicas"], age]
    return [name, age]
