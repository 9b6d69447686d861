"""Answers that are the same for every caller: built once, then sent from memory, or not at all to one who has it."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from quart import Response, current_app
from quart.wrappers.response import DataBody
from werkzeug.datastructures import Headers

from .conditional import ConditionalResponse
from .requests import current_request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

_PIECE = 64 * 1024
_EXTENSION = "constant answers"


class _Answer(NamedTuple):
    body: bytes
    headers: list[tuple[str, str]]


def constant(view: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Response]]:
    """Keep what a view answers with 200 for as long as the app lives, one answer for each set of its arguments.

    A view must refuse, by `abort`, arguments that it does not know: each answer takes memory. One that may change says
    `Cache-Control: no-store`, and is not kept. All others get an `ETag` (RFC 9110 section 8.8.3), are revalidated at
    each use, so that new pages do not meet old scripts, and are sent in ranges.
    """

    @functools.wraps(view)
    async def answer(**arguments: Any) -> Response:
        kept: dict[Any, _Answer] = current_app.extensions.setdefault(_EXTENSION, {})
        key = (view, *sorted(arguments.items()))
        if key not in kept:
            response: Any = await current_app.make_response(await view(**arguments))
            if response.status_code != 200 or response.cache_control.no_store:
                return response  # type: ignore[no-any-return]
            kept[key] = await _keep(response)
        # A new response each time, since what comes after (CORS, the request's id) adds to it.
        body, headers = kept[key]
        response = ConditionalResponse(_body(body), headers=Headers(headers))
        response.content_length = len(body)
        conditional: Response = await response.make_conditional(current_request(), True, len(body))
        return conditional

    return answer


async def _keep(response: Any) -> _Answer:
    body: bytes = await response.get_data(as_text=False)
    response.headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response.headers.setdefault("Cache-Control", "public, max-age=0")
    return _Answer(body, list(response.headers))


def _body(body: bytes) -> DataBody:
    return DataBody(body) if len(body) <= _PIECE else _Pieces(body)


class _Pieces(DataBody):
    """Sent in pieces: a client that reads slowly holds one of them in a buffer, not all."""

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        for begin in range(self.begin, self.end, _PIECE):
            yield self.data[begin : min(begin + _PIECE, self.end)]
