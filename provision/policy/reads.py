"""Which parts of a resource rules read: a hundred thousand resources cost by what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from provision.policy.names import RESOURCE
from provision.policy.rule import Rule
from provision.policy.tokens import Chain, chains, tokens_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """The parts of `resource`, and the fields of `resource.spec`, that are read; None stands for all fields."""

    parts: frozenset[str]
    spec: frozenset[str] | None


def reads_of(rules: Iterable[Rule]) -> Reads:
    """What all these rules together may read; whatever is not named field by field is read as a whole."""
    found = [chain for rule in rules for chain in _chains(rule) if chain.names[0] == "resource"]
    fields = {field for chain in found for field in _fields(chain)}
    is_whole = any(len(chain.names) == 1 for chain in found)
    return Reads(
        parts=RESOURCE if is_whole else frozenset(chain.names[1] for chain in found),
        spec=None if is_whole or None in fields else frozenset(name for name in fields if name is not None),
    )


def _chains(rule: Rule) -> Iterator[Chain]:
    for expression in (rule.when, rule.require):
        if expression is not None:
            yield from chains(tokens_of(expression.text))


def _fields(chain: Chain) -> Iterator[str | None]:
    """The field of `resource.spec` that is named, or None where all of them may be read."""
    _, *inside = chain.names
    if inside and inside[0] == "spec":
        yield inside[1] if len(inside) > 1 else None
