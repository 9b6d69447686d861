from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..aws.moto import forget, moto
from ..aws.stand_in import StandIn, stand_in


@pytest.fixture
def aws() -> Iterator[StandIn]:
    """AWS with nothing but what a test scripts."""
    with stand_in() as standing:
        yield standing


@pytest.fixture(scope="module")
def moto_address() -> Iterator[str]:
    with moto() as address:
        yield address


@pytest.fixture
def with_moto(moto_address: str) -> Iterator[StandIn]:
    """AWS with an empty moto behind it."""
    forget(moto_address)
    with stand_in(behind=moto_address) as standing:
        yield standing
