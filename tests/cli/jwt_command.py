"""`jwt` in this process, where a hundred runs cost less than one process."""

from __future__ import annotations

import contextlib
import io
from typing import NamedTuple

from service.cli import main


class Ended(NamedTuple):
    status: int
    out: str
    err: str


def jwt(*arguments: str) -> Ended:
    """Run `python -m service jwt …`. As on a real stream, only what UTF-8 has can be written."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        status = main(["jwt", *arguments])
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    return Ended(status, out, err)


def harmless(text: str) -> bool:
    """Whether a text does nothing to a terminal but print."""
    return all(char.isprintable() or char == "\n" for char in text)
