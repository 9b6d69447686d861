"""A request's body, of which what cannot be read is the caller's mistake."""

from __future__ import annotations

from typing import Any

from quart import Request
from werkzeug.exceptions import BadRequest


class ReadableBody(Request):
    """As Quart's request, which lets errors of a malformed body escape: each would be a 500."""

    async def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> Any:
        """As Quart's. Raises BadRequest where the body is to be text, and is not UTF-8."""
        try:
            return await super().get_data(cache, as_text, parse_form_data)
        except UnicodeDecodeError:
            raise BadRequest("The request's body is not UTF-8.") from None

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """As Quart's. Raises BadRequest, unless `silent`, also for what is not UTF-8 or nested too deep."""
        try:
            return await super().get_json(force, silent, cache)
        except (BadRequest, RecursionError):
            if silent:
                return None
            raise BadRequest("The request's body is not JSON that can be read.") from None
