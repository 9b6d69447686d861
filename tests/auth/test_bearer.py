from __future__ import annotations

import pytest

from service.auth import AuthorizationMissing, InvalidRequest, from_authorization, from_handshake


@pytest.mark.parametrize("value", ["Bearer t", "bearer t", "BEARER t", "Bearer   t", "Bearer t "])
def test_the_scheme_is_compared_without_regard_to_case(value: str) -> None:
    assert from_authorization([value]) == "t"


@pytest.mark.parametrize("values", [[], [""], ["Basic dXNlcg=="], ["Bearer1 t"], ["t"], ["DPoP t"], ["\xa0Bearer t"]])
def test_without_a_bearer_token_it_is_missing(values: list[str]) -> None:
    with pytest.raises(AuthorizationMissing):
        from_authorization(values)


@pytest.mark.parametrize(
    "values",
    [["Bearer"], ["Bearer "], ["Bearer a b"], ["Bearer\ta"], ["Bearer a\tb"], ["Bearer t", "Bearer t"], ["", ""]],
)
def test_a_malformed_header_or_several_are_an_invalid_request(values: list[str]) -> None:
    with pytest.raises(InvalidRequest):
        from_authorization(values)


def test_a_no_break_space_is_part_of_the_token() -> None:
    assert from_authorization(["Bearer a\xa0b"]) == "a\xa0b"


def test_a_handshake_may_bring_the_token_as_its_second_subprotocol() -> None:
    assert from_handshake([], ["bearer", "t"]) == "t"
    assert from_handshake(["Bearer t"], []) == "t"
    assert from_handshake(["Bearer t"], ["chat"]) == "t"


@pytest.mark.parametrize("subprotocols", [["bearer"], ["bearer", "a", "b"], ["bearer", ""]])
def test_bearer_without_exactly_one_token_is_an_invalid_request(subprotocols: list[str]) -> None:
    with pytest.raises(InvalidRequest):
        from_handshake([], subprotocols)


def test_a_token_in_both_places_is_an_invalid_request() -> None:
    with pytest.raises(InvalidRequest):
        from_handshake(["Bearer t"], ["bearer", "t"])


@pytest.mark.parametrize("subprotocols", [[], ["chat"], ["chat", "bearer"], ["Bearer", "t"]])
def test_a_handshake_without_a_token_is_told_so(subprotocols: list[str]) -> None:
    with pytest.raises(AuthorizationMissing):
        from_handshake([], subprotocols)
