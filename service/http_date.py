"""Times in HTTP fields: `Date` (RFC 9110 section 5.6.7) and `Age` (RFC 9111 section 5.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
# GMT alone stands in the grammar. Every time in HTTP is one in UTC, whatever this machine's zone is.
_ZONE = r"(?: (?P<zone>GMT|UTC|UT|Z|[+-][0-9]{4}))?"
_FORMS = (
    # IMF-fixdate, then what RFC 850 had and what C's asctime() writes; each must be understood.
    re.compile(rf"[A-Za-z]{{3}}, (?P<day>[0-9]{{1,2}}) (?P<month>[A-Za-z]{{3}}) (?P<year>[0-9]{{4}}) {_TIME}{_ZONE}"),
    re.compile(rf"[A-Za-z]{{6,9}}, (?P<day>[0-9]{{2}})-(?P<month>[A-Za-z]{{3}})-(?P<year>[0-9]{{2}}) {_TIME}{_ZONE}"),
    re.compile(rf"[A-Za-z]{{3}} (?P<month>[A-Za-z]{{3}}) (?P<day>[0-9 ][0-9]) {_TIME} (?P<year>[0-9]{{4}})(?P<zone>)"),
)

_AGE = re.compile(r"[0-9]{1,10}")
_LONGEST_AGE = 365 * 86400


def parse_date(text: str, now: float) -> float:
    """Return a date in seconds since the epoch. `now` tells the century of a year of two digits.

    Raises ValueError, whose message stands behind "since", for what is no date, or has a zone that may mean several.
    """
    # datetime's own messages are about its arguments.
    try:
        return _parse(text.strip(" \t"), now)
    except (ValueError, OverflowError):
        raise ValueError("its Date is none as HTTP writes it") from None


def _parse(text: str, now: float) -> float:
    match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    if match is None:
        raise ValueError("no date")
    year, month = int(match["year"]), _MONTHS.index(match["month"].capitalize()) + 1
    if len(match["year"]) == 2:
        year = _century(year, now)
    # A leap second has the number 60, which datetime does not know.
    second = int(match["second"])
    leap = second == 60
    moment = datetime(
        year, month, int(match["day"]), int(match["hour"]), int(match["minute"]), 59 if leap else second, tzinfo=UTC
    )
    return moment.timestamp() + leap - _offset(match["zone"] or "")


def parse_age(text: str) -> int:
    """Return an age in seconds. Raises ValueError for what is none, also where it is over a year."""
    if not _AGE.fullmatch(text.strip(" \t")) or int(text) > _LONGEST_AGE:
        raise ValueError("its Age is no believable number of seconds")
    return int(text)


def _century(year: int, now: float) -> int:
    """Return the year that ends in two digits and is nearest: none more than 50 years ahead, as RFC 9110 wants it."""
    this = datetime.fromtimestamp(now, UTC).year
    return this + (year - this + 50) % 100 - 50


def _offset(zone: str) -> int:
    """Return what a zone is ahead of UTC, in seconds."""
    if zone[:1] not in ("+", "-"):
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:5])
    if hours > 23 or minutes > 59:
        raise ValueError("no zone")
    return (hours * 60 + minutes) * (-60 if zone[0] == "-" else 60)
