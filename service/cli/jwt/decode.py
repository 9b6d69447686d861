"""`jwt decode`: what a token says, which is not yet what is true."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.text import Text

from ...auth import SystemClock
from ...plain_text import as_json, one_line
from ...practice import explanations
from ...practice.inspection import Undecodable, take_apart
from ...practice.times import describe
from .. import CommandFailed
from ..terminal import open_terminal
from .given import read_token
from .token_colours import PART_STYLES, token_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from rich.console import Console

    from ...practice.inspection import Inspection, Part

_WARNING = "NOT VERIFIED: this is what the token says; only `jwt verify` tells whether it is true."


def run(options: argparse.Namespace) -> int:
    try:
        inspection = take_apart(read_token(options.token))
    except Undecodable as error:
        if error.header is not None and not options.json:
            _show_part(open_terminal(), "HEADER", error.header, PART_STYLES[0], explanations.HEADER)
        raise CommandFailed(str(error)) from None
    if options.json:
        header, payload = inspection.header.value, inspection.payload.value
        document = {"header": header, "payload": payload, "signature": inspection.segments[2]}
        sys.stdout.write(f"{as_json(document)}\n")
    else:
        _show(open_terminal(), inspection)
    return 0


def _show(terminal: Console, inspection: Inspection) -> None:
    terminal.print(Text(_WARNING, "bold white on red"))
    terminal.print()
    terminal.print(token_text(inspection.segments))
    terminal.print()
    _show_part(terminal, "HEADER", inspection.header, PART_STYLES[0], explanations.HEADER)
    terminal.print()
    _show_part(terminal, "PAYLOAD", inspection.payload, PART_STYLES[1], explanations.CLAIMS)
    terminal.print()
    terminal.print(Text("SIGNATURE", f"bold {PART_STYLES[2]}"))
    terminal.print(Text(one_line(inspection.segments[2]) or "(empty)", PART_STYLES[2]))
    size = "it cannot be decoded" if inspection.signature is None else f"{len(inspection.signature)} bytes in base64url"
    terminal.print(Text(f"  {size}, not checked", "dim"))
    terminal.print()
    if inspection.refusal is not None:
        terminal.print(Text.assemble(("The API would refuse it: ", "bold yellow"), inspection.refusal))
    terminal.print(Text(_WARNING, "bold white on red"))


def _show_part(terminal: Console, title: str, part: Part, style: str, meanings: Mapping[str, str]) -> None:
    terminal.print(Text(title, f"bold {style}"))
    # Indented, so that it cannot pass for a line of this tool.
    terminal.print(Text("\n".join(f"  {line}" for line in part.text.split("\n")), style))
    members = part.members or {}
    now = SystemClock().now()
    for name, meaning in meanings.items():
        if name in members:
            time = f": {describe(name, members[name], now)}" if name in explanations.TIMES else ""
            terminal.print(Text(f"  {name:<12}{meaning}{time}", "dim" if not time else ""))
