"""Text of strangers, made harmless for a terminal.

A claim or a build's log may hold whatever its author likes: sequences that recolour or rewrite the screen, marks that
reverse the reading direction, half of a surrogate pair. Printed raw, it could forge what this tool says of it.
"""

from __future__ import annotations

import json


def plain(text: str) -> str:
    """Return `text`, its line breaks kept, with each character that does not print escaped as JSON does it."""
    return "".join(char if char.isprintable() or char == "\n" else _escape(char) for char in text)


def unbroken(text: str) -> str:
    """Return `text` on one line, its line breaks escaped too: it cannot pass for a line of this tool."""
    return plain(text).replace("\n", "\\n")


def one_line(value: object) -> str:
    """Return a JSON value as one line; a text stands without quotes."""
    text = json.dumps(value, ensure_ascii=False)
    return plain(text[1:-1] if isinstance(value, str) else text)


def pretty(value: object) -> str:
    """Return a JSON value over several lines."""
    return plain(json.dumps(value, indent=2, ensure_ascii=False))


def as_json(document: object) -> str:
    """Return a JSON text for a program, in ASCII alone: harmless where it ends up on a terminal all the same."""
    # json.dumps leaves one control character as it is.
    return json.dumps(document, indent=2).replace("\x7f", "\\u007f")


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
