from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stand_in import StandIn, stand_in


@pytest.fixture
def aws() -> Iterator[StandIn]:
    """AWS with nothing but what a test scripts."""
    with stand_in() as standing:
        yield standing
