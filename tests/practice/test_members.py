from __future__ import annotations

import pytest

from service.practice.errors import Unusable
from service.practice.members import read_members, read_payload


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("admin=true", True),
        ("level=3", 3),
        ("share=0.5", 0.5),
        ("nothing=null", None),
        ("roles=[1, 2]", [1, 2]),
        ('it={"a": "b"}', {"a": "b"}),
        ('quoted="3"', "3"),
        ("name=Ada", "Ada"),
        ("empty=", ""),
        ("equals=a=b", "a=b"),
        ("broken={a", "{a"),
    ],
)
def test_a_value_is_json_where_it_reads_as_json(text: str, value: object) -> None:
    assert read_members([text]) == {text.partition("=")[0]: value}


@pytest.mark.parametrize("name", ["iss", "sub", "jti", "kid"])
def test_what_must_be_text_stays_text(name: str) -> None:
    assert read_members([f"{name}=123"]) == {name: "123"}


@pytest.mark.parametrize(
    ("text", "value"), [("aud=123", "123"), ("aud=api", "api"), ('aud=["a", "b"]', ["a", "b"]), ("aud=true", "true")]
)
def test_an_audience_is_text_or_a_list(text: str, value: object) -> None:
    assert read_members([text]) == {"aud": value}


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["admin"], "name=value"),
        (["=3"], "name=value"),
        (["a=1", "a=2"], "a is given twice"),
        (["a=NaN"], "NaN"),
        (["a=-Infinity"], "Infinity"),
        (["a=1e999"], "not finite"),
        (['a={"b":1,"b":2}'], "stands twice"),
        (["a=" + "[" * 40 + "]" * 40], "deeply"),
        (['a="\\ud800"'], "surrogate"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_no_token_may_hold_is_told(texts: list[str], told: str) -> None:
    with pytest.raises(Unusable, match=told):
        read_members(texts)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"[1]", "not a JSON object"),
        (b"{", "not JSON"),
        (b'{"a":1,"a":2}', "stands twice"),
        (b'{"a":NaN}', "NaN"),
        (b"\xff", "not UTF-8"),
        (b"", "not JSON"),
    ],
)
def test_a_payload_is_one_strict_json_object(data: bytes, told: str) -> None:
    assert read_payload(b' {"a": 1} ') == {"a": 1}
    with pytest.raises(Unusable, match=told):
        read_payload(data)
