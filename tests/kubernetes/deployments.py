"""The Deployment controller: rolling updates, one step after the other, and what the status says of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .kinds import DEPLOYMENT
from .pods import Pods, ready
from .progress import Progress
from .replica_sets import REVISION, ReplicaSets, revision

if TYPE_CHECKING:
    from service.auth.clock import Clock

    from .objects import Objects

    Manifest = dict[str, Any]


class Deployments:
    """`broken`: see `Pods`. When `hasty`, a rollout's deadline has passed as soon as nothing happens any more."""

    def __init__(self, objects: Objects, clock: Clock) -> None:
        self.broken: set[str] = set()
        self.hasty = False
        self._objects = objects
        self._clock = clock
        self._pods = Pods(objects, self.broken)
        self._sets = ReplicaSets(objects)

    def settle(self) -> None:
        """Go on until nothing is left to happen at this time."""
        while self.step():
            pass

    def step(self) -> bool:
        return any(self._step(deployment) for deployment in self._objects.store.of(DEPLOYMENT))

    def _step(self, deployment: Manifest) -> bool:
        current, new = self._sets.adopt(deployment)
        acted = (
            new
            or self._scale_up(deployment, current)
            or any(self._pods.step(one) for one in self._sets.of(deployment))
            or self._scale_down(deployment, current)
            or self._sets.forget(deployment, current)
        )
        return self._tell(deployment, current, new=new, waiting=not acted) or acted

    def _scale_up(self, deployment: Manifest, current: Manifest) -> bool:
        wanted, has = deployment["spec"]["replicas"], current["spec"]["replicas"]
        room = wanted + limits(deployment)[0] - sum(one["spec"]["replicas"] for one in self._sets.of(deployment))
        target = wanted if has > wanted else has + max(0, min(room, wanted - has))
        if target == has:
            return False
        self._sets.scale(current, target)
        return True

    def _scale_down(self, deployment: Manifest, current: Manifest) -> bool:
        """An old pod leaves that is not ready, or one for which a new one is."""
        everyone = [pod for one in self._sets.of(deployment) for pod in self._pods.of(one)]
        least = deployment["spec"]["replicas"] - limits(deployment)[1]
        unready = sum(not ready(pod) for pod in self._pods.of(current))
        for old in self._sets.of(deployment):
            replicas = old["spec"]["replicas"]
            if old["metadata"]["name"] == current["metadata"]["name"] or not replicas:
                continue
            serving = all(ready(pod) for pod in self._pods.of(old))
            spare = sum(map(ready, everyone)) - least if serving else len(everyone) - least - unready
            if spare > 0:
                self._sets.scale(old, replicas - 1)
                return True
        return False

    def _tell(self, deployment: Manifest, current: Manifest, *, new: bool, waiting: bool) -> bool:
        metadata = deployment["metadata"]
        live = self._objects.store.get(DEPLOYMENT, metadata["namespace"], metadata["name"])
        everyone = [pod for one in self._sets.of(live) for pod in self._pods.of(one)]
        for one in self._sets.of(live):
            self._count(one)
        available = sum(map(ready, everyone))
        counts = {
            "replicas": len(everyone),
            "updatedReplicas": len(self._pods.of(current)),
            "readyReplicas": available,
            "availableReplicas": available,
            "unavailableReplicas": max(0, live["spec"]["replicas"] - available, len(everyone) - available),
        }
        progress = Progress(live, counts, current["metadata"]["name"], self._clock.now())
        conditions = [
            progress.available(limits(live)[1]),
            progress.progressing(new=new, waiting=waiting, hasty=self.hasty),
        ]
        status = {name: count for name, count in counts.items() if count}
        status |= {"observedGeneration": live["metadata"]["generation"], "conditions": conditions}
        annotations = {**live["metadata"].get("annotations", {}), REVISION: str(revision(current))}
        told = {**live, "metadata": {**live["metadata"], "annotations": annotations}, "status": status}
        if told == live:
            return False
        self._objects.put_status(DEPLOYMENT, told, "kube-controller-manager")
        return True

    def _count(self, replica_set: Manifest) -> None:
        pods = self._pods.of(replica_set)
        counts = {"readyReplicas": sum(map(ready, pods)), "availableReplicas": sum(map(ready, pods))}
        status = {"replicas": len(pods), **{name: count for name, count in counts.items() if count}}
        status["observedGeneration"] = replica_set["metadata"]["generation"]
        if status != replica_set.get("status"):
            self._sets.tell({**replica_set, "status": status})


def limits(deployment: Manifest) -> tuple[int, int]:
    """How many pods there may be too many, and too few, during an update."""
    wanted = deployment["spec"]["replicas"]
    rolling = deployment["spec"]["strategy"].get("rollingUpdate", {})

    def number(name: str, rounded: Any) -> int:
        value = rolling.get(name, "25%")
        return rounded(wanted * int(value[:-1]) / 100) if isinstance(value, str) else value  # type: ignore[no-any-return]

    surge, missing = number("maxSurge", math.ceil), number("maxUnavailable", math.floor)
    return surge, missing if surge or missing else 1
