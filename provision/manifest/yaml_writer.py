"""Writes plain data as YAML that means the same to YAML 1.1, YAML 1.2 and our own reader.

Text stands plain only where nobody could take it for anything else; the rest is in double quotes, or in a block of
lines where that changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Final

from provision.manifest.limits import MAX_DEPTH
from provision.manifest.source_text import hidden_character

# Words that YAML 1.1 or 1.2 reads as a boolean or as nothing (yaml.org/type/bool.html, YAML 1.2, section 10.3.2).
_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
# It begins with a letter, so that it is no number, no date and no indicator, and holds nothing that YAML reads.
_PLAIN: Final = re.compile(r"[A-Za-z](?:[\w ./@+-]*[\w./@+-])?")
_LONGEST_PLAIN: Final = 200
_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**63 - 1
# libyaml looks no further than 1,024 characters for the colon after a key.
_LONGEST_KEY: Final = 500


class UnwritableError(ValueError):
    """A value that no manifest can hold; the message says why, in words that follow `it`."""


def yaml_lines(value: Mapping[str, Any]) -> Iterator[str]:
    """A mapping as lines of YAML, in its own order; raises UnwritableError for what our reader would refuse."""
    for name, item in value.items():
        yield from _entry(_key(name), item, depth=0)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(name)}: {flow(item)}' for name, item in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(flow, value))}]"
    return _quoted(value) if isinstance(value, str) else _scalar(value)


def _entry(name: str, value: Any, *, depth: int) -> Iterator[str]:
    margin = "  " * depth
    if isinstance(value, Mapping) and value and depth < MAX_DEPTH // 2:
        yield f"{margin}{name}:"
        for inner, item in value.items():
            yield from _entry(_key(inner), item, depth=depth + 1)
    elif isinstance(value, list) and value and not any(isinstance(item, (list, dict)) for item in value):
        yield f"{margin}{name}:"
        yield from (f"{margin}  - {_scalar(item)}" for item in value)
    elif isinstance(value, str) and _is_block(value):
        ends = value.endswith("\n")
        yield f"{margin}{name}: {'|' if ends else '|-'}"
        yield from (f"{margin}  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    else:
        if _depth(value) + depth >= MAX_DEPTH:
            raise UnwritableError(f"is nested more than {MAX_DEPTH} deep")
        yield f"{margin}{name}: {flow(value) if isinstance(value, (list, dict)) else _scalar(value)}"


def _key(name: str) -> str:
    if character := hidden_character(name, key=True):
        raise UnwritableError(f"has a key that holds {character}")
    if len(name) > _LONGEST_KEY:
        raise UnwritableError(f"has a key of more than {_LONGEST_KEY} characters")
    return name if _is_plain(name) else _in_quotes(name)


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            if not _SMALLEST <= value <= _LARGEST:
                raise UnwritableError("is a whole number of more than 64 bits")
            return str(value)
        case float():
            if not isfinite(value):
                raise UnwritableError("is a number that JSON does not have")
            # YAML 1.1 wants a point in every number that is not whole.
            return repr(value) if "." in repr(value) else repr(value).replace("e", ".0e")
        case str():
            return value if _is_plain(value) else _quoted(value)
        case _:
            raise UnwritableError(f"is a {type(value).__name__}")


def _is_plain(text: str) -> bool:
    usual = len(text) <= _LONGEST_PLAIN and text.isprintable() and _PLAIN.fullmatch(text)
    return bool(usual) and text.lower() not in _WORDS


def _quoted(text: str) -> str:
    if character := hidden_character(text):
        raise UnwritableError(f"holds the character {character}")
    return _in_quotes(text)


def _in_quotes(text: str) -> str:
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character.isprintable() and character not in '"\\':
        return character
    return _ESCAPES.get(character) or f"\\U{ord(character):08x}"


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _is_block(text: str) -> bool:
    """Whether lines of their own hold the text exactly: none ends or begins with a space."""
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1
        and bool(lines[0] and lines[-1])
        and all(line.isprintable() and line == line.strip() for line in lines)
    )


def _depth(value: Any) -> int:
    deepest, pending = 0, [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, (list, dict)):
            deepest = max(deepest, depth)
            inner = item.values() if isinstance(item, dict) else item
            pending.extend((one, depth + 1) for one in inner)
    return deepest
