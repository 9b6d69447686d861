from __future__ import annotations

import re

import pytest

from service.aws.clusters import KUBECTL, Cluster, get_cluster
from service.aws.connections import connection_problem
from service.aws.errors import AwsFailed

from ..processes import ROOT
from .models import Refusal
from .session import session
from .stand_in import StandIn


@pytest.mark.parametrize(("version", "fits"), [("1.34", False), ("1.35", True), ("1.36", True), ("1.37", True), ("1.38", False), ("2.36", False), ("?", False)])  # fmt: skip
def test_kubectl_is_for_one_minor_version_less_to_one_more(version: str, fits: bool) -> None:
    assert bool(Cluster("c", version, "ACTIVE", "API").warnings) is not fits


def test_kubectl_is_the_one_that_the_builds_get() -> None:
    version = re.search(r"^KUBECTL=(\d+)\.(\d+)\.", (ROOT / "deploy/tools").read_text(), re.MULTILINE)
    assert version is not None
    assert tuple(map(int, version.groups())) == KUBECTL


@pytest.mark.parametrize(("mode", "usable"), [("API", True), ("API_AND_CONFIG_MAP", True), ("CONFIG_MAP", False)])
def test_access_entries_need_an_authentication_mode(mode: str, usable: bool) -> None:
    problem = Cluster("c", "1.36", "ACTIVE", mode).problem
    assert (problem is None) is usable
    assert usable or "aws eks update-cluster-config --name c --access-config" in str(problem)


@pytest.mark.parametrize(("status", "warned"), [("ACTIVE", 0), ("UPDATING", 0), ("CREATING", 1), ("DELETING", 1)])
def test_a_cluster_that_is_not_there_yet_or_any_more_is_told(status: str, warned: int) -> None:
    assert len(Cluster("c", "1.36", status, "API").warnings) == warned


def test_a_cluster_that_tells_no_mode_is_from_before_access_entries(cloud: StandIn) -> None:
    cloud.on("eks:DescribeCluster", {"cluster": {"name": "c", "version": "1.36", "status": "ACTIVE"}})
    assert get_cluster(session(cloud.address), "c").authentication == "CONFIG_MAP"


def test_no_such_cluster_is_told_with_its_region(cloud: StandIn) -> None:
    cloud.on("eks:DescribeCluster", Refusal("ResourceNotFoundException", "No cluster found for name: c.", 404))
    with pytest.raises(AwsFailed, match="There is no cluster c in eu-central-1"):
        get_cluster(session(cloud.address), "c")


def test_only_an_available_connection_is_usable() -> None:
    assert connection_problem("AVAILABLE", "arn:x/1", "eu-central-1") is None
    assert "https://eu-central-1.console.aws.amazon.com/" in str(
        connection_problem("PENDING", "arn:x/1", "eu-central-1")
    )
    assert "Make a new one" in str(connection_problem("ERROR", "arn:x/1", "eu-central-1"))
