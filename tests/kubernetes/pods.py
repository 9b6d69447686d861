"""Pods: made and removed as their ReplicaSet wants, ready or not as their image is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from .kinds import EVENT, POD, REPLICA_SET
from .objects import Objects, Write

if TYPE_CHECKING:
    Manifest = dict[str, Any]

_KUBELET = Write("kubelet")
_CONTROLLER = Write("kube-controller-manager")


class Pods:
    """`broken` has the digests (or other parts of an image's name) of which no pod becomes ready."""

    def __init__(self, objects: Objects, broken: set[str]) -> None:
        self._objects = objects
        self._broken = broken
        self._numbers = itertools.count(1)

    def of(self, replica_set: Manifest) -> list[Manifest]:
        uid, namespace = replica_set["metadata"]["uid"], replica_set["metadata"]["namespace"]
        pods = self._objects.store.of(POD, namespace)
        return [pod for pod in pods if pod["metadata"]["ownerReferences"][0]["uid"] == uid]

    def step(self, replica_set: Manifest) -> bool:
        """Let one thing happen; False if nothing is left to happen."""
        pods = self.of(replica_set)
        missing = replica_set["spec"]["replicas"] - len(pods)
        if missing > 0:
            self._start(replica_set)
        elif missing < 0:
            superfluous = min(pods, key=ready)["metadata"]
            self._objects.store.delete(POD, superfluous["namespace"], superfluous["name"])
        else:
            return any(self._go_on(pod) for pod in pods)
        return True

    def _start(self, replica_set: Manifest) -> None:
        owner, template = replica_set["metadata"], replica_set["spec"]["template"]
        number = next(self._numbers)
        (container,) = template["spec"]["containers"]
        waiting = {
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": {"waiting": {"reason": "ContainerCreating"}},
        }
        manifest = {
            "metadata": {
                "name": f"{owner['name']}-{number:05x}",
                "labels": template["metadata"]["labels"],
                "ownerReferences": [owned_by(REPLICA_SET.name, owner)],
            },
            "spec": {**template["spec"], "nodeName": f"node-{number % 3}"},
            "status": {
                "phase": "Pending",
                "podIP": f"10.2.0.{number % 256}",
                "conditions": [{"type": "Ready", "status": "False"}],
                "containerStatuses": [waiting],
            },
        }
        pod = self._objects.create(POD, owner["namespace"], manifest, _CONTROLLER)
        self._tell(pod, "Normal", "Scheduled", f"Successfully assigned {pod['metadata']['name']}")

    def _go_on(self, pod: Manifest) -> bool:
        (container,) = pod["status"]["containerStatuses"]
        if not any(part in container["image"] for part in self._broken):
            changed = {"ready": True, "state": {"running": {"startedAt": self._objects.now}}}
        else:
            changed = {"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
        if container["ready"] or changed.items() <= container.items():
            return False
        container = {**container, **changed}
        conditions = [{"type": "Ready", "status": str(container["ready"])}]
        status = {"phase": "Running", "conditions": conditions, "containerStatuses": [container]}
        self._objects.put_status(POD, {**pod, "status": {**pod["status"], **status}}, _KUBELET.manager)
        if not container["ready"]:
            self._tell(pod, "Warning", "BackOff", f"Back-off restarting failed container {container['name']}")
        return True

    def _tell(self, pod: Manifest, severity: str, reason: str, message: str) -> None:
        metadata, now = pod["metadata"], self._objects.now
        event = {
            "metadata": {"name": f"{metadata['name']}.{reason.lower()}"},
            "involvedObject": {"kind": "Pod", **{name: metadata[name] for name in ("namespace", "name", "uid")}},
            "type": severity,
            "reason": reason,
            "message": message,
            # The scheduler writes events of the newer kind, which have no such times.
            **({} if reason == "Scheduled" else {"firstTimestamp": now, "lastTimestamp": now, "count": 1}),
        }
        self._objects.create(EVENT, metadata["namespace"], event, _KUBELET)


def ready(pod: Manifest) -> bool:
    return bool(pod["status"]["containerStatuses"][0]["ready"])


def owned_by(kind: str, owner: Manifest) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": owner["name"],
        "uid": owner["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
