"""Questions, and what to say when Ctrl-C is the answer."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from ...plain_text import unbroken
from .. import WrongUsage
from ..output import note

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def check_that_it_can_ask(options: argparse.Namespace) -> None:
    """Raise WrongUsage where a question would stand in a machine's document."""
    if options.json and not options.yes:
        raise WrongUsage("--json asks nothing, so it needs --yes.")


def agreed(options: argparse.Namespace, question: str) -> bool:
    """Ask, unless --yes has answered. Whoever says nothing says no."""
    return options.yes or typed(f"{question} [y/N] ").lower() in ("y", "yes")


def typed(question: str) -> str:
    """Return what a person types, without the spaces around it; nothing at the end of the input."""
    try:
        return input(unbroken(question)).strip()
    except EOFError:
        sys.stdout.write("\n")
        return ""


@contextlib.contextmanager
def goes_on(what: str) -> Iterator[None]:
    """Tell, when Ctrl-C ends the waiting, that it does not end the work."""
    try:
        yield
    except KeyboardInterrupt:
        note(f"\n{what}")
        raise
