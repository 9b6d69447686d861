"""The conditions of a Deployment: whether it is available, and whether its rollout goes on, is done, or is stuck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import times

if TYPE_CHECKING:
    Manifest = dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """Of the Deployment as it was stored last, to new counts of its pods; `now` in seconds since the epoch."""

    live: Manifest
    counts: dict[str, int]
    replica_set: str
    now: float

    def available(self, missing: int) -> Manifest:
        if self.counts["availableReplicas"] >= self.live["spec"]["replicas"] - missing:
            message = "Deployment has minimum availability."
            return self._condition("Available", "True", "MinimumReplicasAvailable", message)
        message = "Deployment does not have minimum availability."
        return self._condition("Available", "False", "MinimumReplicasUnavailable", message)

    def progressing(self, *, new: bool, waiting: bool, hasty: bool) -> Manifest:
        """`waiting` says that nothing happens any more by itself."""
        before = self._before("Progressing")
        named = f'ReplicaSet "{self.replica_set}"'
        if new or before is None:
            message = f'Created new replica set "{self.replica_set}"'
            return self._condition("Progressing", "True", "NewReplicaSetCreated", message)
        complete = before["reason"] == "NewReplicaSetAvailable"
        if complete and self.counts["replicas"] == self.counts["updatedReplicas"]:
            # Pods that fail later are no failed rollout.
            return before
        if self._complete():
            message = f"{named} has successfully progressed."
            return self._condition("Progressing", "True", "NewReplicaSetAvailable", message)
        if self._goes_on():
            message = f"{named} is progressing."
            return self._condition("Progressing", "True", "ReplicaSetUpdated", message, renewed=True)
        late = self.now - times.read(before["lastUpdateTime"]) > self.live["spec"]["progressDeadlineSeconds"]
        if waiting and not complete and (late or hasty):
            message = f"{named} has timed out progressing."
            return self._condition("Progressing", "False", "ProgressDeadlineExceeded", message)
        return before

    def _complete(self) -> bool:
        wanted = self.live["spec"]["replicas"]
        counts = ("replicas", "updatedReplicas", "availableReplicas")
        return all(self.counts[name] == wanted for name in counts)

    def _goes_on(self) -> bool:
        """As Kubernetes sees it: more that is new, ready or available than before, or less that is old."""
        old, new = self.live.get("status", {}), self.counts
        if any(new[name] > old.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas")):
            return True
        left = old.get("replicas", 0) - old.get("updatedReplicas", 0)
        return new["replicas"] - new["updatedReplicas"] < left

    def _before(self, name: str) -> Manifest | None:
        for condition in self.live.get("status", {}).get("conditions", []):
            if condition["type"] == name:
                return condition  # type: ignore[no-any-return]
        return None

    def _condition(self, name: str, status: str, reason: str, message: str, *, renewed: bool = False) -> Manifest:
        before, now = self._before(name), times.written(self.now)
        if before and (before["status"], before["reason"]) == (status, reason) and not renewed:
            return before
        changed = before["lastTransitionTime"] if before and before["status"] == status else now
        told = {"type": name, "status": status, "reason": reason, "message": message}
        return {**told, "lastUpdateTime": now, "lastTransitionTime": changed}
