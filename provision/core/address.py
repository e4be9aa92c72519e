"""The name by which a resource is known everywhere: `User/alice`, `ApiKey/deploy-bot/ci`."""

from __future__ import annotations

from typing import NamedTuple


class Address(NamedTuple):
    """A kind and its natural key; an owner's key comes first, so that a key that moves is another resource.

    A tuple and not a dataclass: it is hashed several times for each resource, and a tuple does that in C.
    """

    kind: str
    key: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}/{join_key(self.key)}"


# One secret or field of one resource.
Slot = tuple[Address, str]


def parse_address(text: str) -> Address:
    """Read `Kind/part/part` back; raises ValueError when there is no kind or an empty part."""
    kind, slash, key = text.partition("/")
    parts = split_key(key)
    if not kind or not slash or not all(parts):
        raise ValueError("an address looks like User/alice or ApiKey/deploy-bot/ci")
    return Address(kind, parts)


def join_key(key: tuple[str, ...]) -> str:
    """A natural key as one text, a slash between its parts."""
    return "/".join([_quote(part) for part in key])


def split_key(text: str) -> tuple[str, ...]:
    """The parts of a natural key that `join_key` wrote."""
    return tuple(_unquote(part) for part in text.split("/"))


def _quote(part: str) -> str:
    return part.replace("%", "%25").replace("/", "%2F") if "%" in part or "/" in part else part


def _unquote(part: str) -> str:
    return part.replace("%2F", "/").replace("%25", "%")
