from __future__ import annotations

from typing import Any

import pytest

from service.aws.changes import ALARMING, Effect, read_change


@pytest.mark.parametrize(
    ("found", "effect"),
    [
        ({"Action": "Add"}, "add"),
        ({"Action": "Import"}, "import"),
        ({"Action": "Remove"}, "remove"),
        ({"Action": "Remove", "PolicyAction": "Delete"}, "remove"),
        ({"Action": "Remove", "PolicyAction": "Retain"}, "release"),
        ({"Action": "Modify"}, "modify"),
        ({"Action": "Modify", "Replacement": "False"}, "modify"),
        ({"Action": "Modify", "Replacement": "Conditional"}, "may replace"),
        ({"Action": "Modify", "Replacement": "True"}, "replace"),
        ({"Action": "Modify", "PolicyAction": "ReplaceAndDelete"}, "replace"),
        ({"Action": "Dynamic"}, "undetermined"),
        ({"Action": "SyncWithActual"}, "undetermined"),
    ],
)
def test_a_change_is_told_by_what_it_does(found: Any, effect: Effect) -> None:
    assert read_change(found).effect == effect


def test_what_may_be_lost_is_alarming() -> None:
    assert {"replace", "may replace", "remove"} == ALARMING


def test_each_property_that_changes_is_named_once() -> None:
    details: Any = [
        {"Target": {"Attribute": "Properties", "Name": "Source"}},
        {"Target": {"Attribute": "Properties", "Name": "Source"}},
        {"Target": {"Attribute": "Tags"}},
        {},
    ]
    change = read_change({"Action": "Modify", "LogicalResourceId": "Deploy", "Details": details})
    assert change.properties == ("Source", "Tags")
