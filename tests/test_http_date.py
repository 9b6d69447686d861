from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http_date import parse_age, parse_date

from .processes import ROOT
from .tenant import NOW

# RFC 9110 section 5.6.7.
EXAMPLE = 784111777


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 6 Nov 1994 08:49:37 UTC",
        "sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 -0000",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 10:19:37 +0130",
        "Sun, 06 Nov 1994 03:49:37 -0500",
        " Sun, 06 Nov 1994 08:49:37 GMT\t",
    ],
)
def test_every_form_is_the_same_moment(text: str) -> None:
    assert parse_date(text, NOW) == EXAMPLE


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "XXX-14"])
def test_this_machines_zone_has_no_part_in_it(zone: str) -> None:
    texts = ["Sun, 06 Nov 1994 08:49:37 -0000", "Sun, 06 Nov 1994 08:49:37", "Sun Nov  6 08:49:37 1994"]
    code = f"from service.http_date import parse_date; print({{parse_date(text, {NOW}) for text in {texts}}})"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "TZ": zone}, capture_output=True, text=True
    )
    assert ended.stdout == f"{{{EXAMPLE}.0}}\n"


@pytest.mark.parametrize(("now", "year"), [(2027, 1994), (2044, 1994), (2045, 2094), (1994, 1994), (2101, 2094)])
def test_a_year_of_two_digits_is_the_nearest(now: int, year: int) -> None:
    seconds = datetime(now, 1, 1, tzinfo=UTC).timestamp()
    expected = datetime(year, 11, 6, 8, 49, 37, tzinfo=UTC).timestamp()
    assert parse_date("Sunday, 06-Nov-94 08:49:37 GMT", seconds) == expected


def test_a_leap_second_is_the_next_minutes_first() -> None:
    assert parse_date("Sat, 31 Dec 2016 23:59:60 GMT", NOW) == datetime(2017, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "0",
        "Sun, 06 Nov 99999999999 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 CEST",
        "Sun, 06 Nov 1994 08:49:37 +99999999999999",
        "Sun, 06 Nov 1994 08:49:37 +9999",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 0\u0666 Nov 1994 08:49:37 GMT",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="none as HTTP writes it"):
        parse_date(text, NOW)


@given(st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}"))
def test_nothing_else_is_raised(text: str) -> None:
    try:
        parse_date(text, NOW)
    except ValueError as error:
        assert str(error) == "its Date is none as HTTP writes it"


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_reads_back(moment: datetime) -> None:
    assert parse_date(format_datetime(moment, usegmt=True), NOW) == moment.replace(microsecond=0).timestamp()


@pytest.mark.parametrize(("text", "age"), [("0", 0), ("3600", 3600), (" 7 ", 7)])
def test_an_age(text: str, age: int) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.5", "1e3", "3600, 10", "99999999", "9" * 5000, "\u0663", "soon"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no believable number"):
        parse_age(text)
