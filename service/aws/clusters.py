"""The EKS cluster that is deployed to, and whether the pipeline can."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .errors import AwsFailed, code_of

if TYPE_CHECKING:
    from .session import Aws

# As deploy/tools brings it. kubectl is made for the cluster's own minor version, and the one before and after it.
KUBECTL = (1, 36)


@dataclass(frozen=True)
class Cluster:
    name: str
    version: str
    status: str
    authentication: str

    @property
    def problem(self) -> str | None:
        """Why access entries cannot be made in it, and what to do; else None."""
        if self.authentication in ("API", "API_AND_CONFIG_MAP"):
            return None
        return (
            f"The cluster {self.name} lets nobody in by access entries (authentication mode {self.authentication}). "
            f"`aws eks update-cluster-config --name {self.name} --access-config "
            "authenticationMode=API_AND_CONFIG_MAP` changes that, keeps what is in aws-auth, and cannot be undone."
        )

    @property
    def warnings(self) -> list[str]:
        """What may go wrong later."""
        found = []
        kubectl = ".".join(map(str, KUBECTL))
        version = re.match(r"(\d+)\.(\d+)", self.version)
        if version is None or int(version[1]) != KUBECTL[0] or abs(int(version[2]) - KUBECTL[1]) > 1:
            found.append(
                f"The cluster {self.name} is Kubernetes {self.version}, and the builds' kubectl is {kubectl}, which is "
                "made for one minor version less to one more."
            )
        if self.status not in ("ACTIVE", "UPDATING"):
            found.append(f"The cluster {self.name} is {self.status}, so nothing can be deployed to it at the moment.")
        return found


def get_cluster(aws: Aws, name: str) -> Cluster:
    """Return the cluster of that name. Raises AwsFailed when there is none."""
    try:
        found = aws.eks.describe_cluster(name=name)["cluster"]
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            raise AwsFailed(
                f"There is no cluster {name} in {aws.region}. --parameter ClusterName=… names another one, --region "
                "another region; `eksctl create cluster --config-file deploy/aws/cluster.yaml` makes one."
            ) from None
        raise
    # Clusters from before access entries tell no mode; this is what they have.
    mode = found.get("accessConfig", {}).get("authenticationMode", "CONFIG_MAP")
    return Cluster(name, found.get("version", "unknown"), found.get("status", "unknown"), mode)
