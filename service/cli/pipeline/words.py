"""Times and durations in words, and AWS's texts as cells of a table."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ...plain_text import unbroken

if TYPE_CHECKING:
    from datetime import datetime

    from ...aws.build import Build


def moment(time: datetime | None) -> str:
    """Return a time to the minute, the same on every machine."""
    return "" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def table(*names: str) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        made.add_column(name, overflow="fold")
    return made


def cell(value: str, style: str = "") -> Text:
    return Text(unbroken(value), style)


def named(build: Build) -> str:
    """Return what a person calls a build."""
    return unbroken(f"build {build.number} of {build.project}")


def sentence(text: str) -> str:
    """Return a text as a sentence begins."""
    return f"{text[:1].upper()}{text[1:]}"
