"""What people and tools leave around the value of a setting: white space, and quotes.

`docker --env-file` keeps the quotes of a line, `kubectl create secret --from-file` keeps a file's last line break, and
a rule that compares values would be defeated by either.
"""

from __future__ import annotations

from typing import Any

QUOTES = ("'", '"')


def tidy(text: str) -> str:
    """Return a value without white space (of Unicode) at its ends and without one pair of equal quotes around it.

    A list of several quoted elements keeps its quotes, which `elements` takes off one by one.
    """
    text = text.strip()
    parts = _parts(text)
    if _is_quoted(text) and not (len(parts) > 1 and all(map(_is_quoted, parts))):
        return text[1:-1].strip()
    return text


def elements(text: str) -> tuple[str, ...]:
    """Return the elements of a comma-separated list that is tidy as a whole; empty ones are left out."""
    parts = _parts(text)
    # One element alone has had its quotes taken off already.
    return tuple(filter(None, map(tidy, parts))) if len(parts) > 1 else tuple(parts)


def is_blank(value: Any) -> bool:
    """Whether a value says no more than one that is not set."""
    return value is None or (isinstance(value, str) and not tidy(value))


def tidy_value(value: Any) -> Any:
    """Return a value of any source, tidy: also the elements of a JSON list.

    Raises ValueError for a character that does not show, such as a zero-width space: two values that look the same
    would not be equal.
    """
    if isinstance(value, bool):
        # Which would pass for the number 1 or 0.
        raise ValueError("it is true or false, which no setting is")
    if isinstance(value, str):
        value = tidy(value)
        if not value.isprintable():
            raise ValueError("it has a character that does not show, such as a line break or a zero-width space")
        return value
    if isinstance(value, (list, tuple)):
        return tuple(tidy_value(item) for item in value if not is_blank(item))
    return value


def _parts(text: str) -> list[str]:
    return list(filter(None, (part.strip() for part in text.split(","))))


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] in QUOTES and text[0] == text[-1]
