"""What stops `deploy/rollout` before it has changed anything, and that its Role is exactly what it needs."""

from __future__ import annotations

import pytest

from ..kubernetes import Asked, Cluster, granted
from ..processes import free_port
from .project import SPACE, Project, image, serving
from .rendering import COMPONENTS, one, render

USAGE = "usage: deploy/rollout OVERLAY IMAGE@sha256:DIGEST, with an overlay of production staging\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("production",),
        ("production", image("1"), "more"),
        ("nowhere", image("1")),
        ("../base", image("1")),
        ("", image("1")),
        ("production", "registry.example/auth0-api"),
        ("production", "registry.example/auth0-api:latest"),
        ("production", image("1")[:-1]),
        ("production", image("G")),
        ("production", f"{image('1')}\n- op: remove"),
        ("production", image("1").replace("registry", "--registry")),
        ("production", image("1").replace("registry", "{registry")),
        ("production", image("1").replace("registry", "*")),
        ("production", image("1").replace("registry", '"')),
    ],
)
def test_wrong_usage_asks_nobody(project: Project, production: Cluster, arguments: tuple[str, ...]) -> None:
    assert project.run(*arguments) == (2, USAGE)
    assert production.rights.asked == set()


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("TIMEOUT", "5m", "TIMEOUT is a number of seconds.\n"),
        ("TIMEOUT", "0", "TIMEOUT is a number of seconds.\n"),
        ("ROLLBACK", "true", "ROLLBACK is yes or no.\n"),
        ("COMMIT", "nothing", "COMMIT is one that git knows here, or a whole one of 40 characters.\n"),
        ("COMMIT", "--all", "COMMIT is one that git knows here, or a whole one of 40 characters.\n"),
        ("COMMIT", "--end-of-options", "COMMIT is one that git knows here, or a whole one of 40 characters.\n"),
        ("COMMIT", "A" * 40, "COMMIT is one that git knows here, or a whole one of 40 characters.\n"),
        ("COMMIT", '"\n- op: remove', "COMMIT is one that git knows here, or a whole one of 40 characters.\n"),
    ],
)
def test_a_wrong_variable_is_named(project: Project, production: Cluster, variable: str, value: str, told: str) -> None:
    assert project.rollout(image("1"), **{variable: value}) == (2, told)
    assert production.rights.asked == set()


def test_outside_of_a_repository_the_commit_has_to_be_named(project: Project, production: Cluster) -> None:
    project.git("checkout", "--quiet", "--orphan", "nothing")
    status, log = project.rollout(image("1"))
    assert (status, log) == (2, "COMMIT is one that git knows here, or a whole one of 40 characters.\n")
    status, log = project.rollout(image("1"), COMMIT="a" * 40)
    assert status == 0, log


def test_where_no_cluster_answers_that_is_said(project: Project, production: Cluster) -> None:
    gone = production.kubeconfig.read_text().replace(production.address, f"https://127.0.0.1:{free_port()}")
    production.kubeconfig.write_text(gone)
    status, log = project.rollout(image("1"))
    assert status == 1
    assert "connection refused" in log
    assert log.endswith(f"Nothing was changed in {SPACE}: the cluster does not tell what runs there.\n")


def test_a_token_that_is_not_accepted_is_no_way_in(project: Project, production: Cluster) -> None:
    production.kubeconfig.write_text(production.kubeconfig.read_text().replace(production.token, "expired"))
    status, log = project.rollout(image("1"))
    assert status == 1
    assert "the server has asked for the client to provide credentials" in log
    assert log.endswith(f"Nothing was changed in {SPACE}: the cluster does not tell what runs there.\n")


def test_without_the_namespace_nothing_is_made(project: Project, production: Cluster) -> None:
    role = one(render("bootstrap/namespaces/staging"), "Role")
    production.rights.enforce("auth0-api-staging", role["rules"])
    status, log = project.run("staging", image("1"))
    assert status == 1
    assert log.endswith(
        'Error from server (NotFound): namespaces "auth0-api-staging" not found\n'
        "Nothing was changed in auth0-api-staging: it would not be accepted.\n"
    )
    assert production.list("configmaps") == []


def test_where_the_role_is_not_bound_nothing_is_told(project: Project, production: Cluster) -> None:
    status, log = project.run("staging", image("1"))
    assert status == 1
    assert log == (
        'Error from server (Forbidden): deployments.apps "auth0-api" is forbidden: User "deployer" cannot get '
        'resource "deployments" in API group "apps" in the namespace "auth0-api-staging"\n'
        "Nothing was changed in auth0-api-staging: the cluster does not tell what runs there.\n"
    )


def test_a_right_that_is_missing_is_named_before_anything_is_changed(project: Project, production: Cluster) -> None:
    rules = one(render("bootstrap/namespaces/production"), "Role")["rules"]
    production.rights.enforce(SPACE, [rule for rule in rules if "ingresses" not in rule["resources"]])
    status, log = project.rollout(image("1"))
    assert status == 1
    assert 'cannot get resource "ingresses" in API group "networking.k8s.io"' in log
    assert log.endswith(f"Nothing was changed in {SPACE}: it would not be accepted.\n")
    assert production.list("configmaps") == []


def test_the_role_grants_what_a_rollout_and_an_undo_need_and_nothing_else(
    project: Project, production: Cluster
) -> None:
    overlay = project.root / "deploy/overlays/production/kustomization.yaml"
    overlay.write_text(overlay.read_text() + f"components: {[f'../../components/{name}' for name in COMPONENTS]}\n")
    project.commit("with all components")
    for number in range(10):
        old = {"name": f"settings-old{number}", "namespace": SPACE, "labels": {"app.kubernetes.io/name": "auth0-api"}}
        production.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": old})
    production.broken.add("b" * 64)
    status, log = project.rollout(image("1"))
    assert status == 0, log
    assert project.rollout(image("b"))[0] == 1
    assert serving(production) == [image("1")]
    # Where an object is not there, kubectl looks whether its namespace is, and does without when it may not.
    asked = production.rights.asked - {Asked("get", "", "namespaces")}
    assert asked == granted(one(render("bootstrap/namespaces/production"), "Role")["rules"])
