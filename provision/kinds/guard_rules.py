"""What is wrong with `[guards]`, as far as the kinds tell: one that guards nothing would be no guard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from provision.core.address import parse_address
from provision.core.shape import KindShape
from provision.kinds.text import LABEL_KEY_PATTERN
from provision.settings.guards import GuardSettings

# A place in the table, what is wrong with it, and a hint.
Mistake = tuple[tuple[str, ...], str, str]


def guard_mistakes(guards: GuardSettings, shapes: Mapping[str, KindShape]) -> Iterator[Mistake]:
    """Patterns and addresses of kinds that are not bound, keys of another length, and labels that cannot be."""
    for pattern in guards.protected:
        kind = pattern.partition("/")[0]
        if not any(fnmatchcase(name, kind) for name in shapes):
            yield ("protected",), f"{pattern} names no kind that is bound", _known(kind, shapes)
    for text in guards.keep:
        address = parse_address(text)
        shape = shapes.get(address.kind)
        if shape is None:
            yield ("keep",), f"{text} names no kind that is bound", _known(address.kind, shapes)
        elif len(address.key) != shape.width:
            hint = f"an address of it looks like {'/'.join([shape.name, *shape.key])}"
            yield ("keep",), f"{text} is no address of the kind {shape.name}", hint
    for label in guards.required_labels:
        if not re.fullmatch(LABEL_KEY_PATTERN, label):
            yield ("required_labels",), f"{label} is not a valid label", "letters, digits, dots, dashes, slashes"


def _known(kind: str, shapes: Mapping[str, KindShape]) -> str:
    close = get_close_matches(kind, sorted(shapes), n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(shapes))}"
