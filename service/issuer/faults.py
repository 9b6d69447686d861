"""What the key set's address does wrong, on request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Faults:
    """How the key set is answered: `delay` seconds late, with another status, body or headers."""

    status: int | None = None
    delay: float = 0.0
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Any) -> Faults:
        """Read `{"status": 503, "delay": 2.0}`; `{}` heals. Raises ValueError."""
        if not isinstance(document, dict) or not document.keys() <= {"status", "delay", "body", "headers"}:
            raise ValueError('send a JSON object with some of "status", "delay", "body" and "headers"')
        status, delay = document.get("status"), document.get("delay", 0.0)
        body, headers = document.get("body"), document.get("headers", {})
        if status is not None and (type(status) is not int or not 200 <= status <= 599):
            raise ValueError("status must be a whole number from 200 to 599")
        if type(delay) not in (int, float) or not 0 <= delay <= 3600:
            raise ValueError("delay must be a number of seconds from 0 to 3600")
        if body is not None and not isinstance(body, str):
            raise ValueError("body must be a string")
        if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
            raise ValueError("headers must be an object of strings")
        return cls(status, float(delay), body, headers)
