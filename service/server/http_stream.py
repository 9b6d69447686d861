"""A request and its answer as ASGI, by Hypercorn: what the app is given, and what it may send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypercorn.protocol.events import Body
from hypercorn.protocol.http_stream import ASGIHTTPState, HTTPStream
from hypercorn.utils import UnexpectedMessageError

if TYPE_CHECKING:
    from hypercorn.protocol.events import Event as StreamEvent
    from hypercorn.typing import ASGISendEvent

_CHUNKED = (b"transfer-encoding", b"chunked")


class HttpStream(HTTPStream):
    """`overhead` is what the framing of the body has cost since the last event, in bytes; the app counts it too.
    `answer_ends` says that what the app sends now is the last of its answer."""

    overhead = 0
    answer_ends = False
    _start: Any = None

    async def handle(self, event: StreamEvent) -> None:
        if isinstance(event, Body) and not self.closed:
            overhead, self.overhead = self.overhead, 0
            message: Any = {"type": "http.request", "body": event.data, "more_body": True, "overhead": overhead}
            await self.app_put(message)
            return
        await super().handle(event)

    async def app_send(self, message: ASGISendEvent | None) -> None:
        if self.closed:
            # Its client has left, or has been refused for its body.
            return
        kind = message["type"] if message is not None else ""
        if kind == "http.response.start" and self._start is None:
            # Until its body comes: an answer that cannot be written becomes a 500.
            self._start = message
            return
        if kind == "http.response.body":
            await self._announce(message)
        elif message is not None:
            raise UnexpectedMessageError(self.state, kind)
        await super().app_send(message)

    async def _announce(self, message: Any) -> None:
        """Send the head of the answer, if that has not been done, before the first part of its body."""
        body, more = message.get("body", b""), message.get("more_body", False)
        self.answer_ends = not more
        if self.state is ASGIHTTPState.REQUEST and self._start is not None:
            headers = list(self._start.get("headers", ()))
            named = {name.lower() for name, _ in headers}
            if not more and self.scope["method"] != "HEAD" and b"content-length" not in named:
                headers = [field for field in headers if (field[0].lower(), field[1].lower()) != _CHUNKED]
                headers.append((b"content-length", b"%d" % len(body)))
            start: Any = {**self._start, "headers": headers}
            await super().app_send(start)
        if more and not body and self.state is ASGIHTTPState.RESPONSE:
            # Hypercorn sends nothing for it, and an app announces its answer so.
            await self.send(Body(stream_id=self.stream_id, data=b""))
