from __future__ import annotations

import json
import re
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from service import server
from service.settings import Settings, variable
from service.settings.sources import load

from ..processes import ROOT
from .checkov import failures
from .rendering import (
    COMPONENTS,
    DEPLOY,
    FOLDERS,
    IMAGE,
    OVERLAYS,
    Manifest,
    container,
    deployed,
    one,
    render,
    settings_of,
    text,
)

# The cluster's own (deploy/aws/cluster.yaml), and the two before.
VERSIONS = ("1.36", "1.35", "1.34")

# Of other people's kinds there are no schemas.
FOREIGN = {"IngressClassParams", "PodMonitor", "PrometheusRule"}


def everything(overlay: str, where: Path) -> list[Manifest]:
    """An overlay with all components: those that it has, and the others."""
    has = yaml.safe_load((DEPLOY / f"overlays/{overlay}/kustomization.yaml").read_text()).get("components", [])
    missing = tuple(name for name in COMPONENTS if f"../../components/{name}" not in has)
    return list(yaml.safe_load_all(text(deployed(overlay, where, missing))))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_applied_is_valid(folder: str, version: str) -> None:
    for manifest in render(folder):
        if manifest["kind"] not in FOREIGN:
            kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_overlay_with_everything_is_valid(tmp_path: Path, version: str) -> None:
    manifests = everything("production", tmp_path)
    for manifest in manifests:
        if manifest["kind"] not in FOREIGN:
            kubernetes_validate.validate(manifest, version, strict=True)
    assert one(manifests, "PodMonitor")["spec"]["podMetricsEndpoints"][0]["port"] == "metrics"
    collector = settings_of(manifests)["OTEL_EXPORTER_OTLP_ENDPOINT"]
    port = int(collector.rsplit(":", 1)[1])
    allowed = [rule["ports"] for rule in one(manifests, "NetworkPolicy")["spec"]["egress"]]
    assert [{"port": port}] in allowed


def test_every_folder_with_a_kustomization_is_rendered_here() -> None:
    found = {path.parent.relative_to(DEPLOY).as_posix() for path in DEPLOY.rglob("kustomization.yaml")}
    parts = {"base", "bootstrap/namespaces/base", *(f"components/{name}" for name in COMPONENTS)}
    assert found == {*FOLDERS, *parts}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_checkov_finds_nothing_in_an_overlay(overlay: str, tmp_path: Path) -> None:
    path = tmp_path / "rendered.yaml"
    (tmp_path / "source").mkdir()
    path.write_text(text(deployed(overlay, tmp_path / "source")))
    assert failures("kubernetes", path) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_holds_nothing_cluster_scoped_and_nothing_secret(overlay: str) -> None:
    manifests = render(f"overlays/{overlay}")
    assert {manifest["metadata"]["namespace"] for manifest in manifests} == {f"auth0-api-{overlay}"}
    assert {manifest["kind"] for manifest in manifests}.isdisjoint({"Secret", "Namespace", "IngressClass", "Role"})


def test_nothing_secret_stands_in_any_file() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix != ".txt":
            assert not re.search(
                r"eyJ|AKIA[A-Z0-9]{16}|BEGIN [A-Z ]*PRIVATE|AUTH0_M2M_CLIENT_SECRET=.", path.read_text()
            )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_settings_are_accepted_by_the_service_itself(
    overlay: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    values = settings_of(render(f"overlays/{overlay}"))
    # Not settings: where more of them are, which is in AWS and not here, and what OpenTelemetry's own SDK reads.
    values = {name: value for name, value in values.items() if name != "AWS_SECRET_ID" and not name.startswith("OTEL_")}
    known = {variable(name) for name in Settings.model_fields}
    assert values.keys() <= known
    monkeypatch.chdir(tmp_path)
    for name in known:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert load().resource == f"https://{one(render(f'overlays/{overlay}'), 'Ingress')['spec']['rules'][0]['host']}"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_ports_and_paths_agree(overlay: str) -> None:
    manifests = render(f"overlays/{overlay}")
    api, values = container(manifests), settings_of(manifests)
    ports = {port["name"]: port["containerPort"] for port in api["ports"]}
    assert {name: str(port) for name, port in ports.items()} == {
        "http": values["PORT"],
        "metrics": values["METRICS_PORT"],
    }
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"EXPOSE {ports['http']} {ports['metrics']}" in dockerfile
    (exposed,) = one(manifests, "Service")["spec"]["ports"]
    assert exposed["targetPort"] == "http"
    ingress = one(manifests, "Ingress")
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert (backend["name"], backend["port"]["name"]) == (
        one(manifests, "Service")["metadata"]["name"],
        exposed["name"],
    )
    allowed = {port["port"] for rule in one(manifests, "NetworkPolicy")["spec"]["ingress"] for port in rule["ports"]}
    assert allowed == set(ports)
    # Readiness is what sends callers; the issuer has no part in whether a process is restarted.
    assert ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/healthcheck-path"] == "/readyz"
    probes = {name: api[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/healthz",
        "readiness": "/readyz",
        "liveness": "/healthz",
    }
    assert {probe["port"] for probe in probes.values()} == {"http"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whatever_selects_pods_selects_the_deployments(overlay: str, tmp_path: Path) -> None:
    manifests = everything(overlay, tmp_path)
    deployment = one(manifests, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    selectors = [
        one(manifests, "Service")["spec"]["selector"],
        *(
            one(manifests, kind)["spec"]["selector"]["matchLabels"]
            for kind in ("Deployment", "PodDisruptionBudget", "PodMonitor")
        ),
        *(constraint["labelSelector"]["matchLabels"] for constraint in spread),
    ]
    for selector in selectors:
        assert selector
        assert selector.items() <= labels
    assert {constraint["topologyKey"] for constraint in spread} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    # Empty is every pod of the namespace, which has no others.
    assert one(manifests, "NetworkPolicy")["spec"]["podSelector"] == {}
    target = one(manifests, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["apiVersion"], target["kind"], target["name"]) == (
        deployment["apiVersion"],
        "Deployment",
        deployment["metadata"]["name"],
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_callers_meet_tls_and_pods_by_their_addresses(overlay: str) -> None:
    notes = one(render(f"overlays/{overlay}"), "Ingress")["metadata"]["annotations"]
    said = {name.removeprefix("alb.ingress.kubernetes.io/"): value for name, value in notes.items()}
    assert json.loads(said["listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]
    assert said["ssl-redirect"] == "443"
    assert said["target-type"] == "ip"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_user_is_the_images(overlay: str) -> None:
    security = one(render(f"overlays/{overlay}"), "Deployment")["spec"]["template"]["spec"]["securityContext"]
    assert f"USER {security['runAsUser']}:{security['runAsGroup']}" in (ROOT / "Dockerfile").read_text()


def annotation(ingress: dict, name: str) -> dict[str, str]:
    text = ingress["metadata"]["annotations"][f"alb.ingress.kubernetes.io/{name}"]
    return dict(pair.split("=") for pair in text.split(","))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_durations_fit_into_each_other(overlay: str) -> None:
    manifests = render(f"overlays/{overlay}")
    values, pod = settings_of(manifests), one(manifests, "Deployment")["spec"]["template"]["spec"]
    delay, grace = float(values["SHUTDOWN_DELAY"]), float(values["SHUTDOWN_GRACE"])
    # A load balancer goes on sending callers for as long as it takes to notice, and to tell all of its nodes.
    assert delay >= 20
    assert pod["terminationGracePeriodSeconds"] >= delay + grace + 5
    deregistration = annotation(one(manifests, "Ingress"), "target-group-attributes")
    assert float(deregistration["deregistration_delay.timeout_seconds"]) <= delay + grace
    ready = container(manifests)["readinessProbe"]
    assert ready["periodSeconds"] * ready["failureThreshold"] < delay
    balancer = "alb.ingress.kubernetes.io"
    checks = one(manifests, "Ingress")["metadata"]["annotations"]
    every, times = (
        int(checks[f"{balancer}/{name}"]) for name in ("healthcheck-interval-seconds", "unhealthy-threshold-count")
    )
    assert every * times < delay


@pytest.mark.parametrize("variant", ["auto-mode", "self-managed"])
def test_the_load_balancer_closes_idle_connections_before_the_service_does(variant: str) -> None:
    parameters = one(render(f"bootstrap/{variant}"), "IngressClassParams")["spec"]
    attributes = {attribute["key"]: attribute["value"] for attribute in parameters["loadBalancerAttributes"]}
    assert float(attributes["idle_timeout.timeout_seconds"]) < server.KEEP_ALIVE


@pytest.mark.parametrize(
    ("variant", "controller", "api"),
    [
        ("auto-mode", "eks.amazonaws.com/alb", "eks.amazonaws.com/v1"),
        ("self-managed", "ingress.k8s.aws/alb", "elbv2.k8s.aws/v1beta1"),
    ],
)
def test_the_ingress_class_is_of_its_controller(variant: str, controller: str, api: str) -> None:
    manifests = render(f"bootstrap/{variant}")
    ingress_class, parameters = one(manifests, "IngressClass"), one(manifests, "IngressClassParams")
    assert ingress_class["spec"]["controller"] == controller
    assert parameters["apiVersion"] == api
    assert ingress_class["spec"]["parameters"] == {
        "apiGroup": api.partition("/")[0],
        "kind": "IngressClassParams",
        "name": parameters["metadata"]["name"],
    }
    for overlay in OVERLAYS:
        assert (
            one(render(f"overlays/{overlay}"), "Ingress")["spec"]["ingressClassName"]
            == (ingress_class["metadata"]["name"])
        )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_change_of_a_setting_rolls_the_pods_and_an_apply_does_not_scale_them(overlay: str, tmp_path: Path) -> None:
    manifests = list(yaml.safe_load_all(text(deployed(overlay, tmp_path))))
    deployment = one(manifests, "Deployment")
    assert "replicas" not in deployment["spec"]
    assert one(manifests, "HorizontalPodAutoscaler")["spec"]["minReplicas"] >= 2
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    name = container(manifests)["envFrom"][0]["configMapRef"]["name"]
    assert re.fullmatch(r"settings-[a-z0-9]{10}", name)
    assert one(manifests, "ConfigMap")["metadata"]["name"] == name
    assert container(manifests)["image"] == IMAGE


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_namespace_is_restricted_and_is_the_overlays(overlay: str) -> None:
    namespace = one(render(f"bootstrap/namespaces/{overlay}"), "Namespace")["metadata"]
    assert namespace["name"] == one(render(f"overlays/{overlay}"), "Deployment")["metadata"]["namespace"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert namespace["labels"]["elbv2.k8s.aws/pod-readiness-gate-inject"] == "enabled"
    assert namespace["labels"]["eks.amazonaws.com/pod-readiness-gate-inject"] == "enabled"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_callers_come_from_the_load_balancers_subnets_alone(overlay: str) -> None:
    policy = one(render(f"overlays/{overlay}"), "NetworkPolicy")["spec"]
    sources = [block["ipBlock"]["cidr"] for block in policy["ingress"][0]["from"]]
    assert sources
    # The base has an address of the documentation range, which each overlay must replace (RFC 5737).
    assert not any(cidr.startswith("192.0.2.") or cidr == "0.0.0.0/0" for cidr in sources)
    assert [port["port"] for rule in policy["egress"] for port in rule["ports"]][:4] == [53, 53, 443, 80]
