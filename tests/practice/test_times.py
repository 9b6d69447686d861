from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest

from service.practice.errors import Unusable
from service.practice.times import describe, duration, in_words

from ..tenant import NOW


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("30m", 1800), ("12h", 43200), ("7d", 604800), ("-5m", -300), ("0", 0)],
)
def test_a_duration_is_a_number_with_its_unit(text: str, seconds: int) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "5x", "5 m", "1.5h", "1h30m", "+5m", "--5", "٣m", "9" * 5000, "30m\n"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(Unusable, match="30m"):
        duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a second"),
        (0.9, "less than a second"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (7380, "2 hours 3 minutes"),
        (7205, "2 hours"),
        (86400, "1 day"),
        (5 * 86400 + 3600, "5 days 1 hour"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


@pytest.mark.parametrize(
    ("claim", "ahead", "told"),
    [
        ("exp", 7380, "expires in 2 hours 3 minutes"),
        ("exp", -5 * 86400, "expired 5 days ago"),
        ("exp", 0, "expired less than a second ago"),
        ("nbf", 60, "begins in 1 minute"),
        ("nbf", -60, "began 1 minute ago"),
        ("iat", 60, "issued in the future, 1 minute from now"),
        ("iat", -60, "issued 1 minute ago"),
    ],
)
def test_a_time_is_told_from_where_the_clock_stands(claim: str, ahead: int, told: str) -> None:
    assert describe(claim, NOW + ahead, NOW, UTC).endswith(f", {told}")


def test_a_time_has_its_offset() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    assert describe("exp", NOW, NOW, UTC).startswith("2027-01-15 08:00:00+00:00, ")
    assert describe("exp", NOW + 0.5, NOW, zone).startswith("2027-01-15 13:30:00+05:30, ")


@pytest.mark.parametrize("value", ["soon", True, None, [], "1800000000"], ids=str)
def test_only_a_number_is_a_time(value: object) -> None:
    assert describe("exp", value, NOW) == "not a number of seconds since the epoch"


@pytest.mark.parametrize("value", [10**300, -(10**18), 1e18, 253402300800], ids=str)
def test_no_number_is_too_large(value: float) -> None:
    assert describe("exp", value, NOW) == "a number that is no time on any calendar"
