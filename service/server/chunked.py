"""Read the framing of a chunked body strictly (RFC 9112 section 7.1), and count what it costs. Knows no socket.

h11 0.16 takes bare LF, folded fields and thousands of fields in a trailer section, and bare CR in extensions. A proxy
may end such a body elsewhere, so each is refused here, as `screening` does with heads.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .screening import BAD_REQUEST, Refused, cannot_become_good, screen_trailers

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]{0,16}(\r\n|;)")

# What may still become a size.
_PART_OF_SIZE = re.compile(rb"[0-9A-Fa-f]{0,16}|[0-9A-Fa-f]{1,16}[ \t]{0,16}\r?")

_EXTENSION = re.compile(rb"[\t\x20-\x7e\x80-\xff]*+(\r\n)?")

_END_OF_TRAILERS = b"\r\n\r\n"

# A chunk shorter than this counts as more bytes of the body: each costs as much as a longer one.
_TINY_CHUNK = 16
_COST_OF_TINY = 64


class BadFraming(ValueError):
    """The body cannot be read; `refused` is what is answered."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(f"the framing of a body is refused with {refused.status}")
        self.refused = refused


class Part(NamedTuple):
    """What some bytes are: `data` of the body, `cost` of the framing in bytes, how many were `taken`, and whether the
    body has `ended`; what was not taken is the next request's."""

    data: bytes
    cost: int
    taken: int
    ended: bool


class Chunks:
    """The place that has been reached in one body: within the line of a size, an extension, data, or the trailers."""

    def __init__(self) -> None:
        # Bytes of the chunk that are still to come, with the CRLF after its data. 0 between two chunks.
        self._left = 0
        self._in_extension = False
        self._is_last = False
        # What has come of a line, or of the trailers, and cannot be read yet.
        self._held = b""

    def read(self, data: bytes) -> Part:
        """Read the bytes that come next. Raises BadFraming."""
        buffer, held = self._held + data, len(self._held)
        parts: list[bytes] = []
        at = tiny = 0
        ended = False
        while at < len(buffer) and not ended:
            before = at
            if self._in_extension:
                at = self._skip_extension(buffer, at)
            elif self._left:
                at = self._read_data(buffer, at, parts)
            elif self._is_last:
                at = _end_of_trailers(buffer, at)
                ended = at > before
            else:
                at = self._read_size(buffer, at)
                tiny += 2 < self._left < _TINY_CHUNK + 2
            if at == before:
                break
        self._held = b"" if ended else buffer[at:]
        body = b"".join(parts)
        taken = at - held if ended else len(data)
        return Part(body, taken - len(body) + tiny * _COST_OF_TINY, taken, ended)

    # Each returns the place that it has reached, which is where it began if what it needs has not come.

    def _read_size(self, buffer: bytes, at: int) -> int:
        size = _SIZE.match(buffer, at)
        if size is None:
            if not _PART_OF_SIZE.fullmatch(buffer, at):
                raise BadFraming(BAD_REQUEST)
            return at
        length = int(size[1], 16)
        self._left = length + 2 if length else 0
        self._is_last = not length
        self._in_extension = size[2] == b";"
        return size.end()

    def _skip_extension(self, buffer: bytes, at: int) -> int:
        extension = _EXTENSION.match(buffer, at)
        assert extension is not None  # noqa: S101 - it may be empty
        end = extension.end()
        self._in_extension = extension[1] is None
        if self._in_extension and buffer[end:] not in (b"", b"\r"):
            raise BadFraming(BAD_REQUEST)
        return end

    def _read_data(self, buffer: bytes, at: int, parts: list[bytes]) -> int:
        if self._left > 2:
            part = buffer[at : at + self._left - 2]
            parts.append(part)
        else:
            part = buffer[at : at + self._left]
            if not b"\r\n"[-self._left :].startswith(part):
                raise BadFraming(BAD_REQUEST)
        self._left -= len(part)
        return at + len(part)


def _end_of_trailers(buffer: bytes, at: int) -> int:
    if buffer.startswith(b"\r\n", at):
        return at + 2
    found = buffer.find(_END_OF_TRAILERS, at)
    end = len(buffer) if found < 0 else found + len(_END_OF_TRAILERS)
    section = buffer[at:end]
    refused = cannot_become_good(section) if found < 0 else screen_trailers(section)
    if refused is not None:
        raise BadFraming(refused)
    return at if found < 0 else end
