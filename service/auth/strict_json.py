"""JSON as a token or a key set may hold it: one reading, whoever reads it.

Python's parser takes more than RFC 8259 (NaN), and two parsers may read one text in two ways (duplicate
names, lone surrogates, numbers beyond a double). Each of these is refused: RFC 8725 section 2.6 and
RFC 7515 section 4 ask for it.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

MAX_DEPTH = 32
"""Objects and arrays inside each other. Auth0's own claims reach 4."""

# The closing quote may be missing: a string that never ends is looked at once, not again from each of its quotes.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def loads_object(data: bytes) -> dict[str, Any]:
    """Parse one JSON object.

    Raises ValueError, whose message names the rule and no value, for anything but a UTF-8 object without
    BOM, with unique names and finite numbers, at most `MAX_DEPTH` deep, without lone surrogates.
    """
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        check_depth(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None
    if type(value) is not dict:
        raise ValueError("not a JSON object")
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # RFC 7519 section 4, RFC 7515 section 4: names must be unique. Compared after unescaping.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member name stands twice")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


def _whole(text: str) -> int:
    # As a double, which is all that most readers have (RFC 8259 section 6), it must be finite too. That also
    # keeps int() from long texts, for which it takes quadratic time.
    if len(text) > 308:
        _finite(text)
    return int(text)


def _no_constant(_: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_int=_whole, parse_constant=_no_constant
)


def check_depth(data: bytes) -> None:
    """Raise ValueError for JSON that is more than `MAX_DEPTH` deep."""
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")


def _check_surrogates(value: dict[str, Any]) -> None:
    # RFC 8259 section 8.2: a lone surrogate is unpredictable to readers, and nothing can encode it.
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a string holds half of a surrogate pair") from None
