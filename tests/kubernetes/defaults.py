"""What Kubernetes fills in where nothing is said, as far as it shows in what `deploy/` applies.

Of what is applied, defaults are nobody's; a `create` owns them too.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .kinds import AUTOSCALER, DEPLOYMENT

if TYPE_CHECKING:
    from .kinds import Kind

    Manifest = dict[str, Any]

_DEPLOYMENT = {
    "replicas": 1,
    "revisionHistoryLimit": 10,
    "progressDeadlineSeconds": 600,
    "strategy": {"type": "RollingUpdate"},
}
_POD = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
    "securityContext": {},
}
_CONTAINER = {
    "imagePullPolicy": "IfNotPresent",
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
}
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_SERVICE = {"type": "ClusterIP", "sessionAffinity": "None", "clusterIP": "10.100.0.10"}


def with_defaults(kind: Kind, manifest: Manifest) -> Manifest:
    filled = copy.deepcopy(manifest)
    spec = filled.get("spec")
    if not isinstance(spec, dict):
        return filled
    if kind == DEPLOYMENT:
        _fill(spec, _DEPLOYMENT)
        pod = spec.get("template", {}).get("spec", {})
        _fill(pod, _POD)
        for container in pod.get("containers", []):
            _fill(container, _CONTAINER)
            _each(container.get("ports", []), {"protocol": "TCP"})
            _each([container[name] for name in container if name.endswith("Probe")], _PROBE)
            for probe in (container[name] for name in container if name.endswith("Probe")):
                _each([probe["httpGet"]] if "httpGet" in probe else [], {"scheme": "HTTP"})
    elif kind == AUTOSCALER:
        _fill(spec, {"minReplicas": 1})
    elif kind.name == "Service":
        _fill(spec, _SERVICE)
        _each(spec.get("ports", []), {"protocol": "TCP"})
    elif kind.name == "NetworkPolicy":
        for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
            _each(rule.get("ports", []), {"protocol": "TCP"})
    return filled


def _each(items: list[Manifest], defaults: Manifest) -> None:
    for item in items:
        _fill(item, defaults)


def _fill(node: Manifest, defaults: Manifest) -> None:
    for name, value in defaults.items():
        if isinstance(value, dict) and isinstance(node.get(name), dict):
            _fill(node[name], value)
        else:
            node.setdefault(name, copy.deepcopy(value))
