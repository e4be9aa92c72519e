"""What can be told of an expression before it meets a value: names, functions, literals, and how it nests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from provision.policy.expression import Expression, Flaw, is_refused
from provision.policy.rule import Over
from provision.policy.tokens import COMPREHENSIONS, Token, bound_names, chains, literals, nesting, tokens_of

RESOURCE: Final = frozenset({"kind", "name", "address", "spec", "secrets", "labels", "managed", "declared"})
CHANGE: Final = frozenset({"action", "reason", "fields", "before", "after"})
VARIABLES: Final[Mapping[Over, Mapping[str, frozenset[str]]]] = {
    Over.RESOURCE: {"resource": RESOURCE, "now": frozenset()},
    Over.CHANGE: {"resource": RESOURCE, "change": CHANGE, "now": frozenset()},
}
"""The variables of a rule, each with the fields that it always has."""
TYPES: Final = frozenset({"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "uint"})
FUNCTIONS: Final = frozenset(
    {"bytes", "contains", "double", "duration", "dyn", "endsWith", "getDate", "getDayOfMonth", "getDayOfWeek",
     "getDayOfYear", "getFullYear", "getHours", "getMilliseconds", "getMinutes", "getMonth", "getSeconds", "int",
     "matches", "size", "startsWith", "string", "timestamp", "type", "uint"}
)  # fmt: skip
"""CEL's standard functions, as far as the library has them."""
MAX_NESTED: Final = 2
"""Comprehensions within each other: each one multiplies what the one around it costs."""
_LITERALS: Final[Mapping[str, tuple[str, str]]] = {
    "duration": ("not a duration", 'hours are the largest unit: 90 days are duration("2160h")'),
    "timestamp": ("not a timestamp", 'write it as timestamp("2027-06-30T00:00:00Z")'),
    "matches": ("not a regular expression", "the syntax is RE2's, without look-around and references back"),
}


def flaws(expression: Expression, over: Over) -> Iterator[Flaw]:
    """All that would be wrong with it for every resource alike."""
    text, tokens = expression.text, tokens_of(expression.text)
    if nesting(tokens) > MAX_NESTED:
        hint = "split the rule in two, or compare with in"
        yield Flaw(message=f"more than {MAX_NESTED} of {_listed(COMPREHENSIONS)} within each other", hint=hint)
    variables = VARIABLES[over]
    bound = {token.text for token in bound_names(tokens)}
    for token in bound_names(tokens):
        if token.text in variables:
            yield _at(text, token.at, f"{token.text} is a variable already", "give the items another name")
    if {chain.names[0] for chain in chains(tokens)} - bound != set(expression.program.variables()) - bound:
        # What a rule does not seem to read is not shown to it, so that we have to see what the library sees.
        yield Flaw(message="its names cannot be told apart", hint="write it in a simpler way")
    yield from _unknown_names(text, tokens, variables, bound)
    yield from _unknown_functions(expression, tokens)
    for literal in literals(tokens):
        if literal.function in _LITERALS and is_refused(literal.function, literal.text):
            yield _at(text, literal.at, *_LITERALS[literal.function])


def _unknown_names(
    text: str, tokens: Sequence[Token], variables: Mapping[str, frozenset[str]], bound: Iterable[str]
) -> Iterator[Flaw]:
    known = {*variables, *bound, *TYPES}
    for chain in chains(tokens):
        name, *inside = chain.names
        if name not in known:
            yield _at(text, chain.at, f"unknown variable {name}", _similar(name, variables))
        elif inside and variables.get(name) and inside[0] not in variables[name]:
            message = f"unknown field {name}.{inside[0]}"
            yield _at(text, chain.at, message, _similar(inside[0], variables[name]))


def _unknown_functions(expression: Expression, tokens: Sequence[Token]) -> Iterator[Flaw]:
    used = {name for name in expression.program.functions() if name[0].isalpha()}
    for name in sorted(used - FUNCTIONS):
        at = next((token.at for token in tokens if token.text == name and token.kind == "word"), 0)
        yield _at(expression.text, at, f"unknown function {name}", _similar_function(name))


def _similar(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else f"there are: {_listed(known)}"


def _similar_function(name: str) -> str:
    close = get_close_matches(name, sorted(FUNCTIONS | COMPREHENSIONS), n=1)
    return f"did you mean {close[0]}?" if close else "the guide to policies lists those that there are"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _at(text: str, at: int, message: str, hint: str) -> Flaw:
    before = text[:at].split("\n")
    return Flaw(message=message, hint=hint, line=len(before), column=len(before[-1]) + 1)
