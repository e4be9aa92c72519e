"""Addresses as people see them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provision.core.address import Address, parse_address


def test_an_owned_resource_is_named_after_its_owner() -> None:
    assert str(Address("ApiKey", ("deploy-bot", "ci"))) == "ApiKey/deploy-bot/ci"


def test_a_slash_in_a_name_does_not_look_like_an_owner() -> None:
    assert str(Address("User", ("a/b",))) != str(Address("User", ("a", "b")))


@example(["%2F"])
@example(["%/"])
@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_an_address_reads_back_as_it_was_written(parts: list[str]) -> None:
    address = Address("User", tuple(parts))
    assert parse_address(str(address)) == address


@pytest.mark.parametrize("text", ["", "User", "User/", "/alice", "ApiKey//ci", "ApiKey/bot/"])
def test_an_address_needs_a_kind_and_no_empty_part(text: str) -> None:
    with pytest.raises(ValueError, match=r"^an address looks like User/alice or ApiKey/deploy-bot/ci$"):
        parse_address(text)
