from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..tenant import ManualClock
from . import Cluster, cluster
from .asking import SPACE, Asking


@pytest.fixture
def running(tmp_path: Path, clock: ManualClock) -> Iterator[Cluster]:
    with cluster(tmp_path, clock) as one:
        one.create_namespace(SPACE)
        yield one


@pytest.fixture
def api(running: Cluster) -> Asking:
    return Asking(running)
