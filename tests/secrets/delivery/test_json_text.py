"""Members of JSON objects: read back equal, all else as it was to the byte."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provision.secrets.delivery.json_text import merge_json

names = st.text(st.sampled_from('ab"\\{}:,€') | st.characters(exclude_categories=["Cs"]), max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
blanks = st.text(" \t\r\n", max_size=3)


@st.composite
def objects(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """The text of an object, laid out anyhow, and what it holds."""
    members = draw(st.dictionaries(names, json_values, max_size=4))
    written = [
        f"{draw(blanks)}{json.dumps(name, ensure_ascii=draw(st.booleans()))}{draw(blanks)}:{draw(blanks)}"
        f"{json.dumps(value, indent=draw(st.sampled_from([None, 1])))}{draw(blanks)}"
        for name, value in members.items()
    ]
    return f"{draw(blanks)}{{{','.join(written) or draw(blanks)}}}{draw(blanks)}", members


@given(existing=objects(), name=names, value=st.text(st.characters(exclude_categories=["Cs"])), data=st.data())
def test_one_member_is_set_and_all_others_stay(
    existing: tuple[str, dict[str, Any]], name: str, value: str, data: st.DataObject
) -> None:
    text, members = existing
    is_known = data.draw(st.booleans())
    if members and is_known:
        name = data.draw(st.sampled_from(sorted(members)))
    changed = merge_json(text.encode(), {name: value}).decode()
    assert list(json.loads(changed).items()) == list((members | {name: value}).items())
    start = next((place for place, pair in enumerate(zip(text, changed)) if pair[0] != pair[1]), len(text))  # noqa: B905 -- the shorter one ends it
    end = len(text) - start
    while end and text[-end:] != changed[-end:]:
        end -= 1
    replaced = text[start : len(text) - end]
    assert name in members or not members or replaced == ""
    assert merge_json(changed.encode(), {name: value}) == changed.encode()


@given(existing=objects(), new=st.dictionaries(names, names, max_size=4), data=st.data())
def test_setting_many_at_once_is_setting_one_after_another(
    existing: tuple[str, dict[str, Any]], new: dict[str, str], data: st.DataObject
) -> None:
    text, members = existing
    if members:
        new[data.draw(st.sampled_from(sorted(members)))] = "replaced"
    one_after_another = content = text.encode()
    for name, value in new.items():
        one_after_another = merge_json(one_after_another, {name: value})
    assert merge_json(content, new) == one_after_another


def test_many_members_are_set_in_linear_time() -> None:
    new = {f"key_{number}": f"acme_{number}" for number in range(10_000)}
    content = merge_json(None, new)
    assert json.loads(content) == new
    assert merge_json(content, new) == content


def test_a_new_file_and_an_empty_one_hold_an_object_afterwards() -> None:
    for content in (None, b"", b" \n"):
        assert merge_json(content, {"a": "1", "b": "2"}) == b'{\n  "a": "1",\n  "b": "2"\n}\n'
    assert merge_json(b"{}", {"a": "1"}) == b'{\n  "a": "1"\n}'
    assert merge_json(b'{"a": 1, "b": 2}', {"c": "3"}) == b'{"a": 1, "b": 2, "c": "3"}'
    assert merge_json(b'{"a":1}', {"c": "3"}) == b'{"a":1, "c":"3"}'
