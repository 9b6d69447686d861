"""JSON answers, with one encoder for all."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from quart.json.provider import DefaultJSONProvider

from .conditional import ConditionalResponse

if TYPE_CHECKING:
    from collections.abc import Callable


class JsonProvider(DefaultJSONProvider):
    """As Quart's, which makes an encoder for each answer, and a Response by way of its mimetype.

    `default` turns into JSON what Python's encoder does not know; without it, Quart's own does.
    """

    def __init__(self, app: Any, default: Callable[[Any], Any] | None = None) -> None:
        super().__init__(app)
        if default is not None:
            self.default = default
        self._encoder = json.JSONEncoder(
            default=self.default, ensure_ascii=self.ensure_ascii, sort_keys=self.sort_keys, separators=(",", ":")
        )

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """As Quart's, which takes NaN and Infinity for numbers, and what is too large for one (RFC 8259 section 6).

        Raises ValueError.
        """
        return super().loads(s, **{"parse_constant": _refuse, "parse_float": _finite, **options})

    def response(self, *arguments: Any, **named: Any) -> Any:
        value = self._prepare_response_obj(arguments, named)
        return ConditionalResponse.of_json(f"{self._encoder.encode(value)}\n".encode())


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number of the JSON is too large")
    return number
