"""The data of a document while it is being read."""

from __future__ import annotations

from array import array
from typing import Any, Final

from provision.manifest.document import Document


class RefusedKey:
    """Stands in a mapping for a key that cannot: each is a key of its own, so that data and marks stay in step."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


KEY_AWAITED: Final = RefusedKey("?")
_IN_LIST: Final = None


class GrowingTree:
    """Takes the keys, values, beginnings and ends of a document in its order.

    Lists and mappings are kept on a stack, so that depth never becomes recursion. `marks` has one entry for each
    node; whoever gives a node appends its mark first. `key` is `KEY_AWAITED` when the next node is a key.
    """

    __slots__ = ("_outer", "_root", "_top", "key", "marks")

    def __init__(self) -> None:
        self.marks: list[int] = []
        self.key: Any = _IN_LIST
        self._root: list[Any] = []
        self._top: Any = self._root
        self._outer: list[tuple[Any, Any]] = []

    @property
    def depth(self) -> int:
        """The number of lists and mappings that the next node is in."""
        return len(self._outer)

    def add(self, value: object) -> None:
        """Take a value that is no list or mapping."""
        key = self.key
        if key is _IN_LIST:
            self._top.append(value)
        else:
            self._top[key] = value
            self.key = KEY_AWAITED

    def open(self, container: dict[Any, Any] | list[Any]) -> None:
        """Take the beginning of a list or mapping."""
        key = self.key
        if key is _IN_LIST:
            self._top.append(container)
        elif key is not KEY_AWAITED:
            self._top[key] = container
        else:
            self.marks.append(self.marks[-1])  # a key that stands for the container, which is one itself
            self._top[RefusedKey("?")] = container
        self._outer.append((self._top, key))
        self._top = container
        self.key = KEY_AWAITED if isinstance(container, dict) else _IN_LIST

    def close(self) -> None:
        """Take the end of the innermost list or mapping."""
        self._top, key = self._outer.pop()
        if key is KEY_AWAITED:
            self.marks.append(self.marks[-1])
            self.key = RefusedKey("?")
        else:
            self.key = _IN_LIST if key is _IN_LIST else KEY_AWAITED

    def holds_key(self, name: str) -> bool:
        """Whether the innermost mapping already has this key."""
        return name in self._top

    def path(self) -> list[str | int]:
        """Return the path of the node to come, or of the mapping whose key is to come."""
        path: list[str | int] = []
        for container, key in [*self._outer, (self._top, self.key)][1:]:
            is_last = container is self._top
            if isinstance(container, list):
                path.append(len(container) - (not is_last))
            elif not (is_last and key is KEY_AWAITED):
                path.append(key.name if isinstance(key, RefusedKey) else key)
        return path

    def document(self, file: str) -> Document:
        """Return what there is so far."""
        return Document(file=file, data=self._root[0], marks=array("Q", self.marks))
