"""Conditional requests and ranges (RFC 9110 sections 13 and 14)."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Self

from quart import Response
from quart.wrappers.response import DataBody
from werkzeug.datastructures import ContentRange, Headers
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable
from werkzeug.http import parse_etags, unquote_etag

from .head import http_date

if TYPE_CHECKING:
    from datetime import datetime

    from quart import Request

# RFC 9110 section 14.1.2, for one range; a list may have empty members (section 5.6.1.2).
_ONE_RANGE = re.compile(r"bytes=[ \t,]*(?:(\d+)-(\d*)|-(\d+))[ \t,]*", re.ASCII | re.IGNORECASE)


class ConditionalResponse(Response):
    """As Quart's, which breaks on ranges that count from the end, and refuses those that are to be ignored."""

    @classmethod
    def of_json(cls, body: bytes) -> Self:
        """Make a 200 of a JSON document, without the detours of the constructor by way of mimetype and status."""
        response = cls.__new__(cls)
        response.__dict__.update(_template().__dict__)
        response.headers = Headers([("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        response.response = DataBody(body)
        return response

    async def make_conditional(
        self, request: Request, accept_ranges: bool | str = False, complete_length: int | None = None
    ) -> Response:
        """Make it a 304 or a 206 where a GET or HEAD asks for that; `complete_length` is in bytes.

        Raises PreconditionFailed (412), and RequestedRangeNotSatisfiable (416) with `Content-Range`.
        """
        if request.method not in ("GET", "HEAD"):
            return self
        if self._is_current(request):
            await self._leave_out()
        elif complete_length and accept_ranges in (True, "bytes"):
            self.headers["Accept-Ranges"] = "bytes"
            # Ranges are defined for GET alone (section 14.2).
            if request.method == "GET" and self._may_be_cut(request):
                await self._cut(request, complete_length)
        return self

    def _is_current(self, request: Request) -> bool:
        """Whether the caller has it already; in the order of section 13.2.2. Raises PreconditionFailed."""
        etag, weak = unquote_etag(self.headers.get("ETag"))
        modified = http_date(self.headers.get("Last-Modified"))
        if "If-Match" in request.headers:
            wanted = parse_etags(", ".join(request.headers.getlist("If-Match")))
            if not wanted.star_tag and (etag is None or weak or not wanted.is_strong(etag)):
                raise PreconditionFailed
        elif _after(modified, http_date(request.headers.get("If-Unmodified-Since"))):
            raise PreconditionFailed
        if "If-None-Match" in request.headers:
            known = parse_etags(", ".join(request.headers.getlist("If-None-Match")))
            return known.star_tag or (etag is not None and known.contains_weak(etag))
        since = http_date(request.headers.get("If-Modified-Since"))
        return since is not None and modified is not None and not _after(modified, since)

    def _may_be_cut(self, request: Request) -> bool:
        """Whether `If-Range`, where there is one, names this very representation (section 13.1.5)."""
        validator = request.headers.get("If-Range")
        if validator is None:
            return True
        if '"' in validator:
            return not validator.startswith("W/") and validator == self.headers.get("ETag")
        return validator == self.headers.get("Last-Modified")

    async def _leave_out(self) -> None:
        self.status_code = 304
        self.set_data(b"")
        # Of nothing, they would be wrong (section 15.4.5).
        for name in ("Content-Length", "Content-Type"):
            self.headers.pop(name, None)

    async def _cut(self, request: Request, length: int) -> None:
        ranges = request.headers.getlist("Range")
        asked = _ONE_RANGE.fullmatch(ranges[0]) if len(ranges) == 1 else None
        if asked is None:
            # Another unit, several ranges or none that can be read: the whole of it (section 14.2).
            return
        first, last, suffix = asked.groups()
        if suffix is not None:
            begin, end = max(0, length - _number(suffix)), length
        else:
            begin, end = _number(first), min(length, _number(last) + 1) if last else length
            if last and _number(last) < begin:
                return
        if begin >= length:
            raise RequestedRangeNotSatisfiable(length)
        body: Any = self.response
        if not hasattr(body, "make_conditional"):
            await self.make_sequence()
            body = self.response
        await body.make_conditional(begin, end)
        self.status_code = 206
        self.content_length = end - begin
        self.content_range = ContentRange("bytes", begin, end, length)


@functools.cache
def _template() -> ConditionalResponse:
    return ConditionalResponse(b"")


def _after(modified: datetime | None, moment: datetime | None) -> bool:
    return modified is not None and moment is not None and modified > moment


def _number(digits: str) -> int:
    # Python refuses to convert thousands of digits; twenty are more than any length.
    return int((digits.lstrip("0") or "0")[:20])
