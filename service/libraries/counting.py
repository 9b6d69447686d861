"""What prometheus_client reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .rules import Rule, problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")


def counting_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what keeps this process from counting in the files that the variable names."""
    rule = Rule(_writable, "a directory that can be written to; or unset it, which nothing here needs")
    yield from problems(dict.fromkeys(NAMES, rule), environment)


def _writable(value: str) -> None:
    if not os.path.isdir(value):
        raise ValueError("there is no such directory")
    if not os.access(value, os.W_OK | os.X_OK):
        raise ValueError("this process may not write there")
