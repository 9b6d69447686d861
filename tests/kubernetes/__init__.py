"""A stand-in for a cluster: as much of the Kubernetes API as `deploy/rollout` and a person's kubectl use.

What it does as the real one does: server-side apply with owners of fields and conflicts, dry runs, schemas, RBAC,
watches, rolling updates, deadlines and undoing. What it does not: admission, quotas, deleting, subresources, anything
that runs; pods are ready or broken as the test says.
"""

from __future__ import annotations

from .cluster import Cluster, Pace, cluster
from .rights import Asked, granted

__all__ = ["Asked", "Cluster", "Pace", "cluster", "granted"]
