"""What `jwt` and `pipeline` write with: colours where a person looks, and nothing but the text in a pipe."""

from __future__ import annotations

import io
import sys

from rich.console import Console

# Wider than any table.
_NO_LIMIT = 10_000


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        # rich would end the process here; `service.cli.main` knows better.
        raise


def open_terminal(*, quiet: bool = False) -> Console:
    """Return a console on standard output; a quiet one shows nothing, where the answer is for a machine.

    rich looks at NO_COLOR and at whether it is a terminal.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the terminal's encoding lacks is shown by its number, and is no reason to break off.
        sys.stdout.reconfigure(errors="backslashreplace")
    # Markup and emoji codes would be found in the texts of strangers; a token that is wrapped cannot be copied.
    return _Terminal(
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
        quiet=quiet,
        width=None if sys.stdout.isatty() else _NO_LIMIT,
    )


def note(text: str) -> None:
    """Tell a person something that is no part of the answer."""
    sys.stderr.write(f"{text}\n")
