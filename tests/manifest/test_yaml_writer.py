"""What is written means the same to our reader, and to one of YAML 1.1; what our reader refuses is not written."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provision.manifest.yaml_writer import UnwritableError, flow, yaml_lines
from tests.manifest.reading import data_of

any_text = st.text() | st.text(st.sampled_from(" \t\r\n:#-|>'\"%@&*!?{}[],aä\u2028\u0085\ufeff\x1b~0"), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4), max_leaves=12
)


def written(value: object) -> str:
    return "\n".join(yaml_lines({"spec": {"value": value}})) + "\n"


@settings(max_examples=400)
@given(any_text)
@example("no")
@example("Off")
@example("1e3")
@example("0777")
@example("12:30:45")
@example("2020-01-01")
@example("~")
@example("<<")
@example("")
@example(" leading and trailing ")
@example("two\nlines")
@example("two\nlines\n")
@example("two\n\nlines\n\n")
@example("---\nkind: User")
@example("an end: of # line")
@example("\U0001f600\ud800")
def test_any_text_reads_back_or_is_refused(text: str) -> None:
    try:
        lines = written(text)
    except UnwritableError:
        assert not text.isprintable()
        return
    assert data_of(lines) == [{"spec": {"value": text}}]
    assert yaml.safe_load(lines) == {"spec": {"value": text}}


@settings(max_examples=300)
@given(values)
def test_any_data_reads_back_or_is_refused(value: object) -> None:
    try:
        lines = written(value)
    except UnwritableError:
        return
    assert repr(data_of(lines)) == repr([{"spec": {"value": value}}])


@given(values)
def test_one_line_is_one_line(value: object) -> None:
    try:
        line = flow(value)
    except UnwritableError:
        return
    assert len(line.splitlines()) == 1
    assert repr(data_of(f"- {line}\n")) == repr([[value]])


def test_text_is_plain_where_nobody_can_misread_it() -> None:
    lines = list(yaml_lines({"a": "Alice Liddell", "b": "alice@example.com", "c": "yes", "d": "1", "e": ["x", "on"]}))
    assert lines == [
        "a: Alice Liddell",
        "b: alice@example.com",
        'c: "yes"',
        'd: "1"',
        "e:",
        "  - x",
        '  - "on"',
    ]
    assert list(yaml_lines({"text": "one\ntwo\n", "none": [], "empty": {}})) == [
        "text: |",
        "  one",
        "  two",
        "none: []",
        "empty: {}",
    ]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("a\x1bb", "holds the character U+001B"),
        ("a\ud800", "holds the character U+D800"),
        (2**63, "is a whole number of more than 64 bits"),
        (float("inf"), "is a number that JSON does not have"),
        (b"x", "is a bytes"),
        ({"a\nb": 1}, "has a key that holds U+000A"),
        ({"k" * 501: 1}, "has a key of more than 500 characters"),
    ],
)
def test_what_no_manifest_can_hold_is_refused_with_its_reason(value: object, why: str) -> None:
    with pytest.raises(UnwritableError) as caught:
        written(value)
    assert str(caught.value) == why


def test_what_is_nested_too_deeply_is_refused() -> None:
    value: object = 1
    for _ in range(40):
        value = [value]
    with pytest.raises(UnwritableError, match="nested"):
        written(value)
