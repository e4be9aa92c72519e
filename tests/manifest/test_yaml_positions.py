"""Where things stand: each path of a document leads to the place of its text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import Position
from provision.manifest.document import Document, dotted
from tests.manifest.reading import FILE, read

both_parsers = pytest.mark.usefixtures("parser")

Path = tuple[str | int, ...]

_TEXT = """\
# comment
apiVersion: provision/v1
metadata: {name: "😀é", labels: {a.b/c: x, té: 😀}}   # 😀
spec:
  "😀": [1, {k: v}, [a, b]]
  keys:
  - name: one
    scopes:

      - |
        text
      - >-
        more
  empty:
last: {? x : y}
"""
_PLACES: dict[Path, tuple[tuple[int, int], tuple[int, int]]] = {
    # path: value, key
    (): ((2, 1), (2, 1)),
    ("apiVersion",): ((2, 13), (2, 1)),
    ("metadata",): ((3, 11), (3, 1)),
    ("metadata", "name"): ((3, 18), (3, 12)),
    ("metadata", "labels"): ((3, 32), (3, 24)),
    ("metadata", "labels", "a.b/c"): ((3, 40), (3, 33)),
    ("metadata", "labels", "té"): ((3, 47), (3, 43)),
    ("spec",): ((5, 3), (4, 1)),
    ("spec", "😀"): ((5, 8), (5, 3)),
    ("spec", "😀", 0): ((5, 9), (5, 9)),
    ("spec", "😀", 1): ((5, 12), (5, 12)),
    ("spec", "😀", 1, "k"): ((5, 16), (5, 13)),
    ("spec", "😀", 2, 1): ((5, 24), (5, 24)),
    ("spec", "keys"): ((7, 3), (6, 3)),
    ("spec", "keys", 0): ((7, 5), (7, 5)),
    ("spec", "keys", 0, "name"): ((7, 11), (7, 5)),
    ("spec", "keys", 0, "scopes"): ((10, 7), (8, 5)),
    ("spec", "keys", 0, "scopes", 0): ((10, 9), (10, 9)),
    ("spec", "keys", 0, "scopes", 1): ((12, 9), (12, 9)),
    ("spec", "empty"): ((14, 9), (14, 3)),
    ("last", "x"): ((15, 14), (15, 10)),
    # missing: the deepest part that exists
    ("nothing",): ((2, 1), (2, 1)),
    ("spec", "nothing", "at", "all"): ((5, 3), (4, 1)),
    ("spec", "keys", 1): ((7, 3), (6, 3)),
    ("spec", "keys", -1): ((7, 3), (6, 3)),
    ("spec", "keys", "name"): ((7, 3), (6, 3)),
    ("spec", 0): ((5, 3), (4, 1)),
    ("apiVersion", 0): ((2, 13), (2, 1)),
    ("spec", "empty", "x"): ((14, 9), (14, 3)),
}


@both_parsers
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "byte order mark"])
def test_every_path_leads_to_its_text(line_break: str, mark: str) -> None:
    (document,) = read(mark + _TEXT.replace("\n", line_break))
    assert isinstance(document, Document)
    for path, (value, key) in _PLACES.items():
        assert document.locate(path) == Position(file=FILE, line=value[0], column=value[1]), path
        assert document.locate(path, key=True) == Position(file=FILE, line=key[0], column=key[1]), path


@dataclass(slots=True)
class _Emitter:
    """Writes data as YAML, in random forms, and remembers where it put each part."""

    random: st.DataObject
    lines: list[str] = field(default_factory=lambda: [""])
    values: dict[Path, Position] = field(default_factory=dict)
    keys: dict[Path, Position] = field(default_factory=dict)

    def write(self, text: str) -> None:
        self.lines[-1] += text

    def here(self) -> Position:
        return Position(file=FILE, line=len(self.lines), column=len(self.lines[-1]) + 1)

    def gap(self, indent: int) -> None:
        """Go on after spaces, or in a later line."""
        if self.random.draw(st.booleans()):
            self.write(" " * self.random.draw(st.integers(1, 3)))
        else:
            self.write(self.random.draw(st.sampled_from(["", " # é😀"])))
            self.lines += [*[""] * self.random.draw(st.integers(0, 2)), " " * (indent + 1)]

    def flow(self, value: object, path: Path, indent: int) -> None:
        self.values[path] = self.here()
        if isinstance(value, dict):
            self.write("{")
            for number, (key, inner) in enumerate(value.items()):
                self.write("," if number else "")
                self.gap(indent)
                self.keys[(*path, key)] = self.here()
                self.write(f"{json.dumps(key, ensure_ascii=False)}:")
                self.gap(indent)
                self.flow(inner, (*path, key), indent)
            self.write("}")
        elif isinstance(value, list):
            self.write("[")
            for number, inner in enumerate(value):
                self.write("," if number else "")
                self.gap(indent)
                self.flow(inner, (*path, number), indent)
            self.write("]")
        else:
            self.write(json.dumps(value, ensure_ascii=False))

    def block(self, value: object, path: Path, indent: int) -> None:
        """Write a value whose text begins here, at the column `indent`."""
        if not isinstance(value, dict | list) or not value or self.random.draw(st.booleans()):
            self.flow(value, path, indent)
            return
        self.values[path] = self.here()
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for number, (part, inner) in enumerate(entries):
            if number:
                self.lines += [*["# é"] * self.random.draw(st.integers(0, 1)), " " * indent]
            if isinstance(value, dict):
                self.keys[(*path, part)] = self.here()
                self.write(f"{json.dumps(part, ensure_ascii=False)}:")
                self.lines.append(" " * (indent + 2))
            else:
                self.write("- ")
            self.block(inner, (*path, part), indent + 2)


_words = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=5)
_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=20,
)


@given(data=_data, random=st.data())
def test_every_path_of_any_data_leads_to_its_text(data: object, random: st.DataObject) -> None:
    emitter = _Emitter(random=random)
    emitter.block(data, (), 0)
    (document,) = read("\n".join(emitter.lines))
    assert isinstance(document, Document)
    assert document.data == data
    assert {path: document.locate(path) for path in emitter.values} == emitter.values
    assert {path: document.locate(path, key=True) for path in emitter.keys} == emitter.keys


def test_marks_take_eight_bytes_a_node() -> None:
    (document,) = read("a: [1, 2]\nb: {c: d}\n")
    assert isinstance(document, Document)
    assert (document.marks.itemsize, len(document.marks)) == (8, 9)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec", "api_keys", 0, "name"), "spec.api_keys[0].name"),
        ((0, 1, "a"), "[0][1].a"),
        (("é", "a-b", "_x1"), "é.a-b._x1"),
        (("labels", "app.io/name"), 'labels["app.io/name"]'),
        (("", "1", 'a"b', "a b"), '[""]["1"]["a\\"b"]["a b"]'),
        (("\x1b", "\ud800", "\u202e"), '["\\u001b"]["\\ud800"]["\\u202e"]'),
        (("k" * 60, "k" * 61), f'{"k" * 60}["{"k" * 59}…"]'),
    ],
)
def test_a_path_is_written_as_people_read_it(path: Path, text: str) -> None:
    assert dotted(path) == text
