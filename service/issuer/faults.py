"""What the key set's address does wrong, on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Faults:
    """`status` is answered instead of the key set, `delay` seconds late."""

    status: int | None = None
    delay: float = 0.0

    @classmethod
    def from_json(cls, body: Any) -> Faults:
        """Read `{"status": 503, "delay": 2.0}`; `{}` heals. Raises ValueError."""
        if not isinstance(body, dict) or not body.keys() <= {"status", "delay"}:
            raise ValueError('send a JSON object with "status", "delay", both or none')
        status, delay = body.get("status"), body.get("delay", 0.0)
        if status is not None and (type(status) is not int or not 200 <= status <= 599):
            raise ValueError("status must be a whole number from 200 to 599")
        if type(delay) not in (int, float) or not 0 <= delay <= 3600:
            raise ValueError("delay must be a number of seconds from 0 to 3600")
        return cls(status, float(delay))
