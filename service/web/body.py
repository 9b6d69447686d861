"""A request's body, of which what cannot be read is the caller's mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from quart import Request
from quart.formparser import FormDataParser
from werkzeug.exceptions import BadRequest

if TYPE_CHECKING:
    from quart.wrappers.request import Body
    from werkzeug.datastructures import MultiDict

_URL_ENCODED = ("application/x-www-form-urlencoded", "application/x-url-encoded")


class ReadableForm(FormDataParser):
    """As Quart's, which takes a form that it cannot read for an empty one."""

    async def parse(
        self, body: Body, mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> tuple[MultiDict[str, Any], MultiDict[str, Any]]:
        """Return the fields and the files. Raises BadRequest."""
        self.silent = False
        try:
            if mimetype in _URL_ENCODED:
                # Quart puts U+FFFD for what is not UTF-8.
                unquote_to_bytes(await body).decode()
            return await super().parse(body, mimetype, content_length, options)
        except ValueError:
            raise BadRequest("The request's body is not a form that can be read.") from None


class ReadableBody(Request):
    """As Quart's request, which lets errors of a malformed body escape: each would be a 500."""

    form_data_parser_class = ReadableForm

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
