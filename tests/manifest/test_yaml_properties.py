"""What holds for any data, and for any bytes at all."""

from __future__ import annotations

import json
import math

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provision.errors import Problem
from provision.manifest.document import Document
from provision.manifest.yaml_reader import read_documents
from tests.manifest.reading import FILE, data_of, read

_UNSEEN = {"\x7f", *map(chr, range(0x80, 0xA0)), "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff"}
_value_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=_UNSEEN) | st.sampled_from("\t\n\r")
)
_key = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=_UNSEEN), max_size=200)
_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _value_text,
    lambda inner: st.lists(inner) | st.dictionaries(_key, inner),
    max_leaves=30,
)


def _typed(data: object) -> object:
    """Data with the class of each value, since 1 == True == 1.0."""
    if isinstance(data, dict):
        return {key: _typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_typed(value) for value in data]
    return type(data), data


@given(_data)
def test_any_json_reads_back_the_same(data: object) -> None:
    assert [_typed(item) for item in data_of(json.dumps(data, ensure_ascii=False))] == [_typed(data)]


@given(_data)
def test_any_indented_json_reads_back_the_same(data: object) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1)
    assert [_typed(item) for item in data_of(text)] == [_typed(data)]


@given(_data)
def test_any_data_that_pyyaml_writes_reads_back_the_same(data: object) -> None:
    text = yaml.safe_dump(_strings(data), default_style="'", allow_unicode=True)
    assert data_of(text) == [_strings(data)]
    assert data_of(yaml.safe_dump(_strings(data), default_style='"')) == [_strings(data)]


def _strings(data: object) -> object:
    """Data whose every scalar is a string: PyYAML puts tags on the others when it quotes."""
    if isinstance(data, dict):
        return {key: _strings(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_strings(value) for value in data]
    return str(data)


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,4})?", fullmatch=True))
def test_a_number_of_json_is_that_number_or_refused_as_too_large(text: str) -> None:
    number = json.loads(text)
    (item,) = read(f"a: {text}")
    fits = -(2**63) <= number < 2**63 if isinstance(number, int) else math.isfinite(number)
    if fits:
        assert isinstance(item, Document)
        assert _typed(item.data) == _typed({"a": number})
    else:
        assert isinstance(item, Problem)
        assert item.message.startswith("the number is too large")


@given(st.text("0123456789+-.eExXoOabcdefABCDEF_:infINFtrueTRUEnlNL~", min_size=1, max_size=12))
def test_a_plain_word_is_itself_unless_the_core_schema_gives_it_a_type(text: str) -> None:
    for item in read(f"[{text}]"):
        if isinstance(item, Document) and item.data != [text]:
            assert isinstance(item.data, list)
            assert not isinstance(item.data[0], str)


_SAMPLE = """\
%YAML 1.2
--- # é😀
apiVersion: provision/v1
metadata: {name: "a\\x41b", labels: {a: 'b', c: d}}
spec:
  - |-
    block
    text
  - >
    folded

    text
  - [1, 0x1F, .5, ~, true, "\\u00e9"]
  - ? key
    : &anchor !tag value
  - *anchor
  - <<: {}
...
---
second: &a [*a, 012, .inf]
second: 2027-06-30T00:00:00Z
"""
_PIECES = [
    *("\n", "\t", " ", "  ", ": ", "- ", "? ", ", ", "# ", "[", "]", "{", "}", "'", '"', "|", ">", "|2-\n"),
    *("!", "!!str ", "!<x> ", "&a ", "*a", "%", "@", "`", "---\n", "...\n", "\\", "\\x", "\\ud83d", "<<"),
    *("\r", "\r\n", "\0", "\x1b", "\x85", "\u2028", "\ufeff", "\uffff", "😀", "é", "%TAG ! x\n"),
    *("0777", "9" * 50, ".nan", "~", "x" * 1100, "[" * 40),
]
_edits = st.lists(
    st.tuples(st.integers(0, len(_SAMPLE)), st.integers(0, 12), st.sampled_from(_PIECES) | st.text(max_size=3)),
    max_size=8,
)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    text = _SAMPLE
    for at, removed, inserted in draw(_edits):
        text = text[:at] + inserted + text[at + removed :]
    content = bytearray(text.encode(errors="surrogatepass"))
    for at, byte in draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=1)):
        content[at] = byte
    return bytes(content)


@pytest.mark.parametrize("libyaml", [True, False], ids=["libyaml", "pure"])
@settings(max_examples=300)
@given(content=st.binary(max_size=60) | st.text("".join(_PIECES)).map(str.encode) | _mutated())
@example(content=b"\xff\xfe")
@example(content=b"? ? ? :\n")
@example(content=b'"\\ud83d\\ude00"')
def test_any_bytes_yield_documents_and_problems_and_nothing_else(content: bytes, libyaml: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", libyaml)
        items = list(read_documents(content, file=FILE))
    lines = content.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for item in items:
        if isinstance(item, Document):
            json.dumps(item.data, ensure_ascii=False, allow_nan=False).encode()
            position = item.locate()
        else:
            assert isinstance(item, Problem)
            assert item.message
            str(item).encode()
            assert item.position is not None
            position = item.position
        assert 1 <= position.line <= len(lines) + 1
        assert 1 <= position.column <= len((*lines, "")[position.line - 1]) + 1
