"""Times of a token in words, and durations as a person writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from .errors import Unusable

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(-?[0-9]{1,10})([smhd]?)")


def duration(text: str) -> int:
    """Return the seconds of `90`, `90s`, `30m`, `12h`, `7d`, or of one of them after a minus. Raises Unusable."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Unusable("a duration is a whole number with s, m, h or d behind it, like 30m")
    return int(match[1]) * _SECONDS[match[2]]


def in_words(seconds: float) -> str:
    """Return a duration in its two largest units: `2 hours 3 minutes`."""
    rest = int(seconds)
    words = []
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {name}{'' if count == 1 else 's'}")
        elif words:
            break
    return " ".join(words[:2]) or "less than a second"


def describe(claim: str, value: object, now: float, zone: tzinfo | None = None) -> str:
    """Return the time in `exp`, `nbf` or `iat` with its offset to UTC, and where it lies from `now`.

    Both are in seconds since the epoch (RFC 7519 section 2); `zone` is this machine's where it is not given.
    """
    # bool is an int to Python, and not a number to JSON.
    if type(value) is not int and type(value) is not float:
        return "not a number of seconds since the epoch"
    try:
        moment = datetime.fromtimestamp(value, UTC).astimezone(zone).isoformat(" ", "seconds")
    except (ValueError, OverflowError, OSError):
        return "a number that is no time on any calendar"
    return f"{moment}, {_relation(claim, value - now)}"


def _relation(claim: str, ahead: float) -> str:
    words = in_words(abs(ahead))
    if claim == "exp":
        return f"expires in {words}" if ahead > 0 else f"expired {words} ago"
    if claim == "nbf":
        return f"begins in {words}" if ahead > 0 else f"began {words} ago"
    return f"issued in the future, {words} from now" if ahead > 0 else f"issued {words} ago"
