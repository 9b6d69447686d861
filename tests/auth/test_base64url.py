from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.auth import base64url

from ..signing import b64


@given(st.binary(max_size=50))
def test_decodes_what_was_encoded(data: bytes) -> None:
    assert data == base64url.decode(b64(data).encode())


def test_every_byte_string_has_one_spelling() -> None:
    spellings: dict[bytes, bytes] = {}
    for size in (1, 2, 3):
        for letters in itertools.product(b"AQgwBc_-", repeat=size):
            segment = bytes(letters)
            try:
                data = base64url.decode(segment)
            except ValueError:
                continue
            assert segment == spellings.setdefault(data, segment)


@pytest.mark.parametrize("segment", [b"A", b"AAAAA", b"AB", b"AAB", b"AAAAAB", b"A_", b"AA_"])
def test_impossible_lengths_and_trailing_bits_are_refused(segment: bytes) -> None:
    with pytest.raises(ValueError, match="canonical"):
        base64url.decode(segment)
