"""What `jwt` and `pipeline` write with: colours where a person looks, and nothing but the text in a pipe."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from rich.console import Console, RenderHook
from rich.segment import Segment

from ..plain_text import plain

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, ConsoleRenderable, RenderResult

# Wider than any table.
_NO_LIMIT = 10_000


class _Plain:
    """A renderable whose text is harmless, wherever it came from. That it stays on its line is for who prints it."""

    def __init__(self, renderable: ConsoleRenderable) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)


class _AllPlain(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Plain(renderable) for renderable in renderables]


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
    terminal = _Terminal(
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
        quiet=quiet,
        width=None if sys.stdout.isatty() else _NO_LIMIT,
    )
    terminal.push_render_hook(_AllPlain())
    return terminal
