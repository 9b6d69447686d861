"""Standard output and standard error, so that what cannot be written is told, and no other file takes their place."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from ..plain_text import plain, unbroken

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class CannotWrite(Exception):
    """The answer cannot be written. It is no OSError, which libraries take for one of their own and go on."""


class _Output(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int | None:  # type: ignore[override]
        try:
            return super().write(data)
        except BrokenPipeError:
            # The reader has closed its end, which is no error.
            raise
        except OSError as error:
            raise CannotWrite(f"The output cannot be written: {error.strerror}.") from None


def prepare() -> None:
    """Make the standard streams what the commands rely on.

    A descriptor that is closed (`>&-`) is opened on nothing: else the next file or socket would get its number, and
    what is printed. Standard output then fails like any other that cannot be written. What its encoding lacks is shown
    by its number, and is no reason to break off.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one. For reading alone where it is for writing.
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
            os.set_inheritable(number, True)
    # Python leaves those out that it found closed.
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the process runs
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    sys.stdout = _output_like(sys.stdout)


def _output_like(stream: TextIO | None) -> TextIO:
    """Return a stream on standard output, with the properties of the one that Python made, if it did."""
    made = stream if isinstance(stream, io.TextIOWrapper) else None
    unbuffered = made is not None and made.write_through
    raw = _Output(1, "w", closefd=False)
    return io.TextIOWrapper(
        # Python's own is made so too.
        raw if unbuffered else io.BufferedWriter(raw),
        encoding="utf-8" if made is None else made.encoding,
        errors="backslashreplace",
        line_buffering=made is not None and made.line_buffering,
        write_through=unbuffered,
    )


def give_up() -> None:
    """Have what is still buffered go nowhere, instead of failing again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def complain(*lines: str) -> None:
    """Say on standard error why a command ends as it does, each line on its own."""
    # Where that fails too, only the exit status is left to say it.
    with contextlib.suppress(OSError):
        print(*map(unbroken, lines), sep="\n", file=sys.stderr, flush=True)  # noqa: T201


def note(text: str) -> None:
    """Tell a person something that is no part of the answer. Raises CannotWrite."""
    try:
        sys.stderr.write(f"{plain(text)}\n")
        sys.stderr.flush()
    except OSError as error:
        raise CannotWrite(f"A note cannot be written: {error.strerror}.") from None
