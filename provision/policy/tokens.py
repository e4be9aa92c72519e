"""The words of a CEL expression that has been parsed already, to see which names it uses and how it nests.

By the lexis of the CEL specification (github.com/google/cel-spec, doc/langdef.md, "Syntax").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_QUOTED: Final = (
    # Raw strings end at the first quote of their kind; in the others a backslash takes the next character along.
    r'(?:[rR][bB]?|[bB][rR])(?:"""[\s\S]*?"""' r"|'''[\s\S]*?'''" r'|"[^"]*"' r"|'[^']*')"
    r'|[bB]?(?:"""(?:\\[\s\S]|[^\\])*?"""' r"|'''(?:\\[\s\S]|[^\\])*?'''"
    r'|"(?:\\[\s\S]|[^"\\])*"' r"|'(?:\\[\s\S]|[^'\\])*')"
)  # fmt: skip
_TOKEN: Final = re.compile(
    rf"(?P<text>{_QUOTED})|(?P<comment>//[^\n]*)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>(?:0x[0-9a-fA-F]+|[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)[uU]?)|(?P<space>\s+)|(?P<sign>.)"
)
_NO_NAMES: Final = frozenset({"true", "false", "null", "in"})
COMPREHENSIONS: Final = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})
"""The macros that go through a list or the keys of a map, with a name of their own for each item."""


class Token(NamedTuple):
    """A word, a text or a sign, and the character of the expression at which it begins."""

    kind: str
    text: str
    at: int


class Chain(NamedTuple):
    """A name and the names after its dots, as `resource.spec.email`; `at` is where it begins."""

    names: tuple[str, ...]
    at: int


class Literal(NamedTuple):
    """A text that is all that a function is given: `duration("1h")`, or `matches` after a dot."""

    function: str
    text: str
    at: int


def tokens_of(expression: str) -> list[Token]:
    """The tokens in order, without comments and spaces."""
    found = _TOKEN.finditer(expression)
    tokens = (Token(str(match.lastgroup), match[0], match.start()) for match in found)
    return [token for token in tokens if token.kind not in {"comment", "space"}]


def chains(tokens: Sequence[Token]) -> Iterator[Chain]:
    """Each variable with the fields that are read of it by name; the name of a function or a method is no part."""
    for place, token in enumerate(tokens):
        if token.kind != "word" or token.text in _NO_NAMES or _text(tokens, place - 1) == ".":
            continue
        names, after = [token.text], place + 1
        while _text(tokens, after) == "." and _is_word(tokens, after + 1):
            names.append(tokens[after + 1].text)
            after += 2
        if _text(tokens, after) == "(":
            names.pop()
        if names:
            yield Chain(tuple(names), token.at)


def bound_names(tokens: Sequence[Token]) -> Iterator[Token]:
    """The names that comprehensions give to their items."""
    for place in range(len(tokens)):
        if _opens_comprehension(tokens, place) and _is_word(tokens, place + 1):
            yield tokens[place + 1]


def nesting(tokens: Sequence[Token]) -> int:
    """How many comprehensions stand within each other, at most."""
    open_ones: list[bool] = []
    deepest = 0
    for place, token in enumerate(tokens):
        if token.text in {"(", "[", "{"} and token.kind == "sign":
            open_ones.append(_opens_comprehension(tokens, place))
            deepest = max(deepest, sum(open_ones))
        elif token.text in {")", "]", "}"} and token.kind == "sign" and open_ones:
            open_ones.pop()
    return deepest


def literals(tokens: Sequence[Token]) -> Iterator[Literal]:
    """Each text that is the only argument of a function."""
    for place, token in enumerate(tokens):
        is_alone = _text(tokens, place - 1) == "(" and _text(tokens, place + 1) == ")"
        if token.kind == "text" and is_alone and _is_word(tokens, place - 2):
            yield Literal(tokens[place - 2].text, token.text, token.at)


def _opens_comprehension(tokens: Sequence[Token], place: int) -> bool:
    is_called = _text(tokens, place) == "(" and _text(tokens, place - 2) == "."
    return is_called and _text(tokens, place - 1) in COMPREHENSIONS


def _is_word(tokens: Sequence[Token], place: int) -> bool:
    return 0 <= place < len(tokens) and tokens[place].kind == "word"


def _text(tokens: Sequence[Token], place: int) -> str:
    """The word or sign at a place; nothing for a text, which may look like one."""
    return tokens[place].text if 0 <= place < len(tokens) and tokens[place].kind != "text" else ""
