"""What validators of ours say of a value that does not fit, and one that several types of text share."""

from __future__ import annotations


class UnfitError(ValueError):
    """What a validator of ours says of a value: the message, and a hint."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def distinct(items: list[str]) -> list[str]:
    """The same items, of which no two are equal."""
    if len(set(items)) != len(items):
        raise UnfitError("holds the same item twice", "remove one of the two")
    return items
