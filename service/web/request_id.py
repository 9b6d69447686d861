"""The id under which a request is found again: taken from the caller where it is sane, else made."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = "X-Request-ID"

# Nothing that could break out of a log line, a header or a page.
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def choose(values: Sequence[str]) -> str:
    """Return the one sane value that a request brought, else a new id."""
    if len(values) == 1 and _SANE.fullmatch(values[0]):
        return values[0]
    # To tell requests apart, not to keep anything safe; the system's randomness would be a system call for each.
    return f"{random.getrandbits(128):032x}"
