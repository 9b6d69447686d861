"""A connection takes a bounded part of the memory, whatever its client does. Real processes."""

from __future__ import annotations

import pytest

from .crowds import KINDS, memory

COUNT = 50


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "hypercorn"])
@pytest.mark.parametrize("keys", [True, False], ids=["keys", "no keys"])
async def test_a_crowd_of_every_kind_stays_below_its_bound(plain: bool, keys: bool) -> None:
    kinds = [kind for kind in KINDS.values() if kind.keys == keys]
    taken = await memory(kinds, COUNT, plain=plain, keys=keys)
    assert taken < COUNT * sum(kind.bound for kind in kinds) * 1024
