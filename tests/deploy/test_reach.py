"""`deploy/reach`: what it asks of a load balancer, and what it tells where callers would not get through."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..kubernetes import Cluster
from .outside import Outside, listening
from .project import Project, image


@pytest.fixture
def reached(project: Project) -> Project:
    """Something is rolled out that a load balancer may name."""
    status, log = project.rollout(image("1"))
    assert status == 0, log
    return project


def reach(project: Project, outside: Outside, **variables: str) -> tuple[int, str]:
    told = {"TIMEOUT": "1", "PAUSE": "0", **outside.variables, **variables}
    return project.run_script("reach", "production", **told)


def test_readiness_and_a_closed_route_are_asked_by_the_ingress_s_own_name(outside: Outside, reached: Project) -> None:
    status, log = reach(reached, outside)
    assert status == 0, log
    assert log.endswith("== https://api.example.com is reached at localhost\n")


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"/readyz": 503}, "/readyz answers 503"),
        ({"/readyz": 404}, "/readyz answers 404"),
        ({"/api/private": 200}, "/api/private answers 200 without a token, and has to answer 401"),
    ],
)
def test_another_answer_is_told(outside: Outside, reached: Project, answers: dict[str, int], says: str) -> None:
    outside.answers.update(answers)
    status, log = reach(reached, outside)
    assert status == 1
    assert f"== It is not reached: {says}" in log


def test_where_there_is_no_load_balancer_that_is_said(project: Project, production: Cluster, tmp_path: Path) -> None:
    project.rollout(image("1"))
    with listening(tmp_path) as outside:
        status, log = reach(project, outside)
    assert status == 1
    assert "== It is not reached: the Ingress has no load balancer yet" in log


def test_a_name_that_does_not_resolve_is_told(outside: Outside, production: Cluster, project: Project) -> None:
    production.balancer = "k8s-auth0api.invalid"
    project.rollout(image("1"))
    status, log = reach(project, outside)
    assert status == 1
    assert "the load balancer's name k8s-auth0api.invalid does not resolve yet" in log


def test_a_certificate_of_another_name_is_told(outside: Outside, reached: Project, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with listening(tmp_path / "other", "other.example.com") as other:
        status, log = reach(reached, other)
    assert status == 1
    assert "/readyz: curl: (60) SSL" in log


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated:DeprecationWarning")
def test_old_versions_of_tls_are_refused_or_it_fails(outside: Outside, reached: Project) -> None:
    outside.old_tls()
    status, log = reach(reached, outside)
    assert status == 1
    assert "== TLS 1.1 is spoken at api.example.com" in log
