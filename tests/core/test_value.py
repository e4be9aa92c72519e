"""When two values are the same, and how they are spelled."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.value import Value, canonical_json, same

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values: st.SearchStrategy[Value] = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (False, 0),
        ([True], [1]),
        ({"a": [False]}, {"a": [0]}),
        ("1", 1),
        (None, ""),
        ([], None),
        ([1], [1, 2]),
    ],
)
def test_values_of_different_meaning_differ_at_any_depth(left: Value, right: Value) -> None:
    assert not same(left, right)
    assert not same(right, left)


@given(values)
def test_a_value_is_the_same_as_its_copy_from_json(value: Value) -> None:
    assert same(value, json.loads(canonical_json(value)))


def test_the_order_of_keys_does_not_change_the_spelling() -> None:
    assert canonical_json({"b": 1, "a": "é"}) == canonical_json({"a": "é", "b": 1}) == '{"a":"\\u00e9","b":1}'
