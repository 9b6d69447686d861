"""`jwt lesson`: a walk through tokens and the attacks on them, each run for real."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from rich.text import Text

from ...auth import SystemClock
from ...practice.lesson import lesson
from ..output import note
from ..terminal import open_terminal
from .token_colours import token_text

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from ...practice.lesson import Step

_NEXT = """\
Where to go next:
  uv run -m service jwt keys --new key.pem      make a key, then sign with it: jwt encode --key key.pem
  uv run -m service jwt decode                  look into a token of your own
  uv run -m service jwt verify                  have it checked as the API checks it
  uv run -m service dev                         run the API and an issuer, log in and see your token:
                                                http://127.0.0.1:8100/tabs/user-page"""


def run(options: argparse.Namespace) -> int:
    return tell(asyncio.run(lesson(SystemClock().now())))


def tell(steps: list[Step]) -> int:
    """Print the steps, one after each Enter where a person sits there. Return 1 if one did not end as it must."""
    terminal = open_terminal()
    pauses = os.isatty(0) and terminal.is_terminal
    for number, step in enumerate(steps, 1):
        _show(terminal, f"{number}/{len(steps)}  {step.title}", step)
        if pauses:
            pauses = _pause(terminal)
    terminal.print(Text(_NEXT))
    wrong = [step.title for step in steps if not step.as_it_must_be]
    if wrong:
        note(f"The service did not judge as it must: {', '.join(wrong)}. That is a defect of the service.")
    return 1 if wrong else 0


def _show(terminal: Console, title: str, step: Step) -> None:
    terminal.print(Text(title, "bold"))
    terminal.print(Text(step.done), soft_wrap=False)
    terminal.print()
    terminal.print(token_text(step.token.split(".")))
    terminal.print()
    if step.judgement is not None:
        failed = step.judgement.failed
        verdict = Text("accepted", "bold green") if failed is None else Text("refused", "bold red")
        reason = "" if failed is None else f", by the check of {failed.name}: {failed.detail}"
        terminal.print(Text.assemble("The service's verdict: ", verdict, reason), soft_wrap=False)
    if step.beside is not None:
        terminal.print(Text(step.beside, "yellow"), soft_wrap=False)
    terminal.print(Text(f"{step.learn}\n", "italic"), soft_wrap=False)


def _pause(terminal: Console) -> bool:
    """Wait for Enter. Return whether to pause again: the end of input is a wish to be done."""
    try:
        input("Press Enter to go on.")
    except EOFError:
        return False
    finally:
        terminal.print()
    return True
