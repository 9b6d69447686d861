"""The kinds that the stand-in knows: what `deploy/` holds, and what a Deployment makes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of one API group; `counted` ones have a `metadata.generation` that counts the changes of their spec."""

    group: str
    version: str
    name: str
    plural: str
    short: tuple[str, ...] = ()
    namespaced: bool = True
    counted: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """As messages name it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def definition(self) -> str:
        """Its name among the schemas that Kubernetes publishes."""
        return f"io.k8s.api.{self.group.partition('.')[0] or 'core'}.{self.version}.{self.name}"


DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments", ("deploy",))
REPLICA_SET = Kind("apps", "v1", "ReplicaSet", "replicasets", ("rs",))
POD = Kind("", "v1", "Pod", "pods", ("po",), counted=False)
EVENT = Kind("", "v1", "Event", "events", ("ev",), counted=False)
NAMESPACE = Kind("", "v1", "Namespace", "namespaces", ("ns",), namespaced=False, counted=False)
AUTOSCALER = Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ("hpa",), counted=False)
INGRESS = Kind("networking.k8s.io", "v1", "Ingress", "ingresses", ("ing",))

KINDS = [
    # What an overlay renders.
    Kind("", "v1", "ConfigMap", "configmaps", ("cm",), counted=False),
    Kind("", "v1", "Service", "services", ("svc",), counted=False),
    Kind("", "v1", "ServiceAccount", "serviceaccounts", ("sa",), counted=False),
    DEPLOYMENT,
    AUTOSCALER,
    INGRESS,
    Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ("netpol",)),
    Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", ("pdb",)),
    # What becomes of a Deployment.
    REPLICA_SET,
    POD,
    EVENT,
    # What an administrator applies and looks at.
    NAMESPACE,
    Kind("", "v1", "Node", "nodes", ("no",), namespaced=False, counted=False),
    Kind("rbac.authorization.k8s.io", "v1", "Role", "roles", counted=False),
    Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", counted=False),
    Kind("networking.k8s.io", "v1", "IngressClass", "ingressclasses", namespaced=False),
    # Of the load balancers' controllers, whose schemas are not Kubernetes' own.
    Kind("eks.amazonaws.com", "v1", "IngressClassParams", "ingressclassparams", namespaced=False),
    Kind("elbv2.k8s.aws", "v1beta1", "IngressClassParams", "ingressclassparams", namespaced=False),
    # Of the Prometheus operator.
    Kind("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors"),
    Kind("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"),
]


def kind_of(manifest: dict[str, object]) -> Kind:
    (found,) = [kind for kind in KINDS if (kind.api_version, kind.name) == (manifest["apiVersion"], manifest["kind"])]
    return found


def find(group: str, version: str, plural: str) -> Kind | None:
    for kind in KINDS:
        if (kind.group, kind.version, kind.plural) == (group, version, plural):
            return kind
    return None
