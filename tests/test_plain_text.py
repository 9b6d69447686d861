from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.plain_text import one_line, plain, pretty

HARMFUL = [
    "\x1b[2J",
    "\x07",
    "\x9b31m",
    "\x7f",
    "\r",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\ud800",
    "\U000e0001",
]


@pytest.mark.parametrize("text", HARMFUL, ids=ascii)
def test_what_would_move_or_hide_is_escaped_as_json_does_it(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert json.loads(f'"{shown}"') == text


def test_letters_of_every_script_stay() -> None:
    assert plain("naïve 漢字 שלום 🎉 'quoted'") == "naïve 漢字 שלום 🎉 'quoted'"


@given(st.recursive(st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_is_shown_prints_and_reads_back(value: object) -> None:
    assert all(char.isprintable() or char == "\n" for char in pretty(value))
    assert json.loads(pretty(value)) == value
    assert one_line(value).isprintable()


def test_a_text_on_one_line_has_no_quotes_and_no_break() -> None:
    assert one_line("https://a/\n✓ signature") == "https://a/\\n✓ signature"
    assert one_line(["a", 1]) == '["a", 1]'
