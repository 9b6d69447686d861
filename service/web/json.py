"""JSON answers, with one encoder for all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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

    def response(self, *arguments: Any, **named: Any) -> Any:
        value = self._prepare_response_obj(arguments, named)
        return ConditionalResponse.of_json(f"{self._encoder.encode(value)}\n".encode())
