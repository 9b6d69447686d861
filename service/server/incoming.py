"""The body of a request that h11 reads: as much of it as the app asks for."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import h11

from .chunked import BadFraming, Chunks
from .limits import BODY_READ_SIZE, READ_SIZE
from .response import END_OF_CHUNKS, chunk

if TYPE_CHECKING:
    from .connection import Connection


class IncomingBody:
    """`is_coming` says that the body has not wholly been taken; `is_wanted` that the app waits for its next part.

    `overhead` is what its framing has cost since the last part that was handed on, in bytes.
    """

    def __init__(self, owner: Connection, connection: h11.Connection, request: h11.Request, *, is_coming: bool) -> None:
        self._owner = owner
        self._connection = connection
        # What is still to come: bytes, or where it is sent in chunks, the place that has been reached.
        self._left = next((int(value) for name, value in request.headers if name == b"content-length"), 0)
        chunked = any(name == b"transfer-encoding" for name, _ in request.headers)
        self._chunks = Chunks() if chunked else None
        self.is_coming = is_coming
        self.is_wanted = False
        self.overhead = 0

    def take(self) -> bytes:
        """Take a part of what has come, and nothing beyond the body. Raises BadFraming."""
        if self._chunks is None:
            data = self._owner.take(min(self._left, BODY_READ_SIZE))
            self._left -= len(data)
            self._connection.receive_data(data)
        else:
            data = self._owner.take(READ_SIZE)
            part = self._chunks.read(data)
            self.overhead += part.cost
            self._owner.unread[:0] = data[part.taken :]
            # Written anew in one chunk, for h11. Data that is empty would be the end of the connection to it.
            if rewritten := b"".join(chunk(part.data)) * bool(part.data) + END_OF_CHUNKS * part.ended:
                self._connection.receive_data(rewritten)
        body = b""
        while isinstance(event := self._connection.next_event(), h11.Data):
            body += event.data
        self.is_coming = not isinstance(event, h11.EndOfMessage)
        return body

    @property
    def has_arrived(self) -> bool:
        """Whether all of it has come, if it was not taken yet."""
        if not self.is_coming or self._chunks is None:
            return not self.is_coming or self._left <= len(self._owner.unread)
        try:
            return copy.copy(self._chunks).read(bytes(self._owner.unread)).ended
        except BadFraming:
            return False

    def discard(self) -> None:
        """Take the rest, which has arrived, and drop it."""
        while self.is_coming:
            self.take()
