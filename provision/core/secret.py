"""Secrets on their way through the program: they can be revealed on purpose, and in no other way."""

from __future__ import annotations

from typing import NoReturn

SHOWN = "(sensitive)"


class Secret:
    """A text that prints as `(sensitive)`, compares by identity, and cannot be pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; every call of this is a place to look at in a review."""
        return self._text

    def __repr__(self) -> str:
        return SHOWN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")


class StoredSecret:
    """What a database keeps of a secret: its hash, and for a key the two pieces that people recognise it by."""

    __slots__ = ("_hash", "last_four", "prefix")

    def __init__(self, hash_: str, *, prefix: str | None = None, last_four: str | None = None) -> None:
        self._hash = hash_
        self.prefix = prefix
        self.last_four = last_four

    def reveal(self) -> str:
        """The hash, for the write alone."""
        return self._hash

    def __repr__(self) -> str:
        return SHOWN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")
