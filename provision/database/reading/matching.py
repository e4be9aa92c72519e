"""Which rows have the keys that are asked for, as the database itself compares: `Alice` may be `alice`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, func, true
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.database.binding.bound import Bindings, Bound
from provision.database.binding.naturalkey import NaturalKey, natural_key
from provision.database.dialects.collation import folded_duplicates, foldings, is_insensitive
from provision.database.dialects.dialect import name_of
from provision.database.dialects.keyset import Fold, Key, among, wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where to select from, what must hold, and the names that were asked for where they may be spelt otherwise."""

    source: FromClause
    condition: ColumnElement[bool]
    asked: tuple[ColumnElement[Any], ...] = ()


async def match(session: AsyncSession, key: NaturalKey, source: FromClause, keys: Collection[Key]) -> Match:
    """How to find the rows of `source` with these keys, which are as columns hold them."""
    own = [part.column for part in key.parts]
    folds = await foldings(session, own)
    keys = plain_keys(session, own, keys)
    if not await _is_loose(session, key):
        return Match(source=source, condition=among(key.columns, keys, name_of(session), folds))
    rows = wanted(own, keys, name_of(session))
    asked = tuple(rows.c[f"k{place}"] for place in range(len(own)))
    equal = (
        _equal(column, value, fold, ignore_case=part.ignore_case)
        for column, value, fold, part in zip(key.columns, asked, folds, key.parts, strict=True)
    )
    return Match(source=source.join(rows, and_(*equal)), condition=true(), asked=asked)


async def one_row_to_the_database(
    session: AsyncSession, addresses: Collection[Address], bindings: Bindings
) -> Mapping[Address, Address]:
    """The addresses that the database takes for another one of them, in the order in which they come."""
    by_kind: dict[str, list[Address]] = {}
    for address in addresses:
        by_kind.setdefault(address.kind, []).append(address)
    found: dict[Address, Address] = {}
    for kind, of_kind in by_kind.items():
        found |= dict(await _repeated(session, bindings[kind], of_kind, bindings))
    return found


def stored_key(key: NaturalKey, parts: Sequence[str]) -> Key | None:
    """A key as its columns hold it; None for one that they cannot hold, so that there is no such row."""
    try:
        return tuple(part.codec.stored(text) for part, text in zip(key.parts, parts, strict=True))
    except (ValueError, LookupError, ArithmeticError):
        return None


def plain_keys(session: AsyncSession, columns: Sequence[Any], keys: Collection[Key]) -> list[Key]:
    """PostgreSQL takes arrays of any type; elsewhere keys travel as JSON, in the form that the columns store."""
    dialect = session.get_bind().dialect
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    if dialect.name == "postgresql" or not any(processors):
        return list(keys)
    return [
        tuple(process(value) if process else value for process, value in zip(processors, key, strict=True))
        for key in keys
    ]


async def _repeated(
    session: AsyncSession, bound: Bound, addresses: Sequence[Address], bindings: Bindings
) -> Iterator[tuple[Address, Address]]:
    key = natural_key(bound, bindings)
    if not await _is_loose(session, key):
        return iter(())
    own = [part.column for part in key.parts]
    stored = {address: parts for address in addresses if (parts := stored_key(key, address.key)) is not None}
    lowered: dict[Key, Address] = {}
    pairs: list[tuple[Address, Address]] = []
    if any(part.ignore_case for part in key.parts):
        for address, parts in stored.items():
            spelled = (
                str(one).lower() if part.ignore_case else one for part, one in zip(key.parts, parts, strict=True)
            )
            first = lowered.setdefault(tuple(spelled), address)
            pairs += [(address, first)] if first != address else []
    plain = dict(zip(plain_keys(session, own, stored.values()), stored, strict=True))
    folded = await folded_duplicates(session, own, list(plain))
    return iter([*pairs, *((plain[other], plain[first]) for first, other in folded)])


async def _is_loose(session: AsyncSession, key: NaturalKey) -> bool:
    """Whether a name may be spelt in several ways."""
    return any([part.ignore_case or await is_insensitive(session, part.column) for part in key.parts])


def _equal(
    column: ColumnElement[Any], value: ColumnElement[Any], fold: Fold | None, *, ignore_case: bool
) -> ColumnElement[bool]:
    value = fold(value) if fold else value
    return func.lower(column) == func.lower(value) if ignore_case else column == value
