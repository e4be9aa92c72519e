"""A YAML document as plain data, and where each part of it stands in its file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from provision.errors import Position

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Sequence

LINE_SHIFT: Final = 32
_COLUMN_MASK: Final = (1 << LINE_SHIFT) - 1
_PLAIN_NAME: Final = re.compile(r"[^\W\d][\w-]*")
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document: plain data (dict, list, str, int, float, bool, None) and where each node stands.

    `file` is the name shown to people. `marks` holds `line << 32 | column`, both from 0, for each node in document
    order, where each key and each value is a node: 8 bytes a node.
    """

    file: str
    data: object
    marks: array[int]
    _starts: dict[int, dict[Any, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def locate(self, path: Sequence[str | int] = (), *, key: bool = False) -> Position:
        """Return where the value at `path` starts, or its key; for a missing path, the deepest part that exists."""
        node, at, key_at = self.data, 0, 0
        for part in path:
            if isinstance(node, dict) and part in node:
                key_at = at + self._starts_in(node)[part]
                node, at = node[part], key_at + 1
            elif isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node):
                key_at = at + self._starts_in(node)[part]
                node, at = node[part], key_at
            else:
                break
        mark = self.marks[key_at if key else at]
        return Position(file=self.file, line=(mark >> LINE_SHIFT) + 1, column=(mark & _COLUMN_MASK) + 1)

    def _starts_in(self, node: dict[Any, Any] | list[Any]) -> dict[Any, int]:
        """How many nodes after its own each entry begins; kept, for there may be very many of them to locate."""
        starts = self._starts.get(id(node))
        if starts is None:
            starts = self._starts[id(node)] = dict(_entries(node))
        return starts


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as people read it, `spec.api_keys[0].name`; a key that is not a plain name as `labels["a.b"]`."""
    return "".join(_dotted_part(part) for part in path).removeprefix(".")


def quoted(name: str) -> str:
    """Put a key's name into double quotes, shortened to 60 characters, with nothing in it that does not print."""
    if len(name) > _LONGEST_NAME:
        name = name[: _LONGEST_NAME - 1] + "…"
    return json.dumps(name, ensure_ascii=not name.isprintable())


def _dotted_part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    plain = len(part) <= _LONGEST_NAME and _PLAIN_NAME.fullmatch(part)
    return f".{part}" if plain else f"[{quoted(part)}]"


def _entries(node: dict[Any, Any] | list[Any]) -> Iterator[tuple[Any, int]]:
    at, is_mapping = 1, isinstance(node, dict)
    for place, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield place, at
        at += is_mapping + _size(value)


def _size(value: object) -> int:
    """Count the nodes of a value: itself, and each key and value below it."""
    count, pending = 0, [value]
    while pending:
        node = pending.pop()
        count += 1
        if isinstance(node, dict):
            count += len(node)
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return count
