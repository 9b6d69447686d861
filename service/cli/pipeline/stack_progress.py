"""A stack's operation as it goes on, and why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ...aws.events import first_failures
from ...aws.follow_stack import follow_stack
from ...plain_text import unbroken
from .asking import goes_on
from .words import cell, duration, table

if TYPE_CHECKING:
    from rich.console import Console

    from ...aws.events import Event, EventFeed
    from ...aws.session import Aws


def show_progress(terminal: Console, aws: Aws, stack_id: str, feed: EventFeed, what: str) -> list[Event]:
    """Show the events until the operation has ended, and return them."""
    began = aws.now()
    events = []
    with (
        goes_on(unbroken(f"{what} goes on at AWS: `pipeline status` tells how far it is.")),
        terminal.status(cell(f"{what} …")),
    ):
        for event in follow_stack(aws, stack_id, feed):
            events.append(event)
            elapsed = duration(round(aws.now() - began))
            style = "bold red" if event.failed else "green" if event.status.endswith("COMPLETE") else "dim"
            line = Text.assemble(f"{elapsed:>8}  ", cell(f"{event.status:<36}", style), " ", cell(event.logical_id))
            terminal.print(line)
    return events


def show_failures(terminal: Console, events: list[Event]) -> list[Event]:
    """Show what failed first, with the reasons, and return it."""
    failures = first_failures(events)
    if failures:
        terminal.print(Text("What failed first:", "bold red"))
        rows = table("part", "type", "reason")
        for event in failures:
            rows.add_row(cell(event.logical_id, "bold"), cell(event.type), cell(event.reason or event.status))
        terminal.print(rows, soft_wrap=False)
    return failures
