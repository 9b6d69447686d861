"""ReplicaSets of a Deployment: one for each pod template that it has had, numbered by revisions."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from .kinds import DEPLOYMENT, REPLICA_SET
from .objects import Objects, Write
from .pods import owned_by

if TYPE_CHECKING:
    Manifest = dict[str, Any]

REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_CONTROLLER = Write("kube-controller-manager")
# Of the Deployment alone; all its other annotations are the ReplicaSet's too, from which an undo takes them back.
_OWN = (REVISION, "kubectl.kubernetes.io/last-applied-configuration")


class ReplicaSets:
    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def of(self, deployment: Manifest) -> list[Manifest]:
        """By revision, the newest last."""
        uid, namespace = deployment["metadata"]["uid"], deployment["metadata"]["namespace"]
        found = self._objects.store.of(REPLICA_SET, namespace)
        own = [one for one in found if one["metadata"]["ownerReferences"][0]["uid"] == uid]
        return sorted(own, key=revision)

    def current(self, deployment: Manifest) -> Manifest | None:
        for one in self.of(deployment):
            if _without_hash(one["spec"]["template"]) == deployment["spec"]["template"]:
                return one
        return None

    def adopt(self, deployment: Manifest) -> tuple[Manifest, bool]:
        """Return the ReplicaSet of the template, which has the newest revision and the annotations afterwards, and
        whether it is new."""
        current = self.current(deployment)
        others = [one for one in self.of(deployment) if current is None or one["metadata"] != current["metadata"]]
        newest = max(map(revision, others), default=0) + 1
        annotations = {
            name: value for name, value in deployment["metadata"].get("annotations", {}).items() if name not in _OWN
        }
        if current is None:
            return self._create(deployment, {**annotations, REVISION: str(newest)}), True
        annotations[REVISION] = str(max(newest, revision(current)))

        def patched(live: Manifest) -> Manifest:
            before = live["metadata"].get("annotations", {})
            return {**live, "metadata": {**live["metadata"], "annotations": {**before, **annotations}}}

        metadata = current["metadata"]
        patch = (REPLICA_SET, metadata["namespace"], metadata["name"], patched, _CONTROLLER)
        return self._objects.patch(*patch), False

    def scale(self, replica_set: Manifest, replicas: int) -> None:
        metadata = replica_set["metadata"]

        def patched(live: Manifest) -> Manifest:
            return {**live, "spec": {**live["spec"], "replicas": replicas}}

        self._objects.patch(REPLICA_SET, metadata["namespace"], metadata["name"], patched, _CONTROLLER)

    def tell(self, replica_set: Manifest) -> None:
        """Store its status."""
        self._objects.put_status(REPLICA_SET, replica_set, _CONTROLLER.manager)

    def forget(self, deployment: Manifest, current: Manifest) -> bool:
        """Remove one that is older than the Deployment wants to remember."""
        old = [one for one in self.of(deployment) if one["metadata"]["name"] != current["metadata"]["name"]]
        idle = [one["metadata"] for one in old if one["spec"]["replicas"] == 0]
        if len(idle) <= deployment["spec"]["revisionHistoryLimit"]:
            return False
        self._objects.store.delete(REPLICA_SET, idle[0]["namespace"], idle[0]["name"])
        return True

    def _create(self, deployment: Manifest, annotations: dict[str, str]) -> Manifest:
        owner, template = deployment["metadata"], deployment["spec"]["template"]
        told = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
        labels = {**template["metadata"]["labels"], _HASH: told}
        manifest = {
            "metadata": {
                "name": f"{owner['name']}-{told}",
                "labels": labels,
                "annotations": annotations,
                "ownerReferences": [owned_by(DEPLOYMENT.name, owner)],
            },
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": labels},
                "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
            },
        }
        return self._objects.create(REPLICA_SET, owner["namespace"], manifest, _CONTROLLER)


def revision(replica_set: Manifest) -> int:
    return int(replica_set["metadata"]["annotations"][REVISION])


def _without_hash(template: Manifest) -> Manifest:
    labels = {name: value for name, value in template["metadata"]["labels"].items() if name != _HASH}
    return {**template, "metadata": {**template["metadata"], "labels": labels}}
