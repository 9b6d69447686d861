"""A token in colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ...plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

# Those of jwt.io: header, payload, signature.
PART_STYLES = ("red", "magenta", "cyan")


def token_text(segments: Sequence[str]) -> Text:
    """Return a token on one line, its parts in their colours."""
    # A signature that cannot be decoded may hold anything.
    parts = [Text(one_line(segment), style) for segment, style in zip(segments, PART_STYLES, strict=True)]
    return Text(".").join(parts)
