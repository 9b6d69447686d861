"""JSON answers, with one encoder for all."""

from __future__ import annotations

import json
from typing import Any

from quart.json.provider import DefaultJSONProvider

from .conditional import ConditionalResponse


class JsonProvider(DefaultJSONProvider):
    """As Quart's, which makes an encoder for each answer, and a Response by way of its mimetype: 9 µs a request."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._encoder = json.JSONEncoder(
            default=self.default, ensure_ascii=self.ensure_ascii, sort_keys=self.sort_keys, separators=(",", ":")
        )

    def response(self, *arguments: Any, **named: Any) -> Any:
        value = self._prepare_response_obj(arguments, named)
        return ConditionalResponse.of_json(f"{self._encoder.encode(value)}\n".encode())
