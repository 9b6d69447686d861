from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..kubernetes import Cluster, Pace, cluster
from ..tenant import ManualClock
from ..tools import need
from .downloads import downloads
from .outside import outside
from .pipeline import pipeline
from .project import SPACE, Project
from .rendering import one, render
from .weaknesses import database

__all__ = ["database", "downloads", "outside", "pipeline", "production", "project"]


# Seconds: these build images, and fetch tools that have an environment of their own.
LONG = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(LONG))


@pytest.fixture
def production(tmp_path: Path, clock: ManualClock) -> Iterator[Cluster]:
    """A cluster as an administrator has prepared it: the namespace is there, and the Role is enforced."""
    need("kubectl")
    directory = tmp_path / "cluster"
    directory.mkdir()
    with cluster(directory, clock) as running:
        running.create_namespace(SPACE)
        running.rights.enforce(SPACE, one(render("bootstrap/namespaces/production"), "Role")["rules"])
        # Whoever waits for a rollout has to wait, and no test waits for a deadline that it is not about.
        running.pace = Pace.WHEN_WATCHED
        running.hasty = True
        yield running


@pytest.fixture
def project(tmp_path: Path, production: Cluster) -> Project:
    return Project.begun(tmp_path / "project", production)
