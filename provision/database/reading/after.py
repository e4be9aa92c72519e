"""Who is there to log in, and what with: before a run, and after its writes in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.keys import owners_of
from provision.core.lockout import Principals, RowId, row_id
from provision.core.state import PrimaryKey, Row
from provision.database.binding.bound import Bindings, Bound, BoundReference, shapes_of
from provision.database.dialects.dialect import name_of
from provision.database.dialects.keyset import among
from provision.database.reading.matching import plain_keys
from provision.database.reading.power import holds_power
from provision.database.reading.reader import Reader

# Django's mark of a password that nobody has (django.contrib.auth.hashers, UNUSABLE_PASSWORD_PREFIX), and that of
# shadow(5); no hash begins with it.
_NOBODYS = "!"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What has been read so far."""

    rows: dict[Address, Row] = field(default_factory=dict)
    keys: dict[RowId, tuple[Row, ...]] = field(default_factory=dict)
    holders: set[RowId] = field(default_factory=set)
    keyed: set[str] = field(default_factory=set)


async def read_principals(session: AsyncSession, kept: Collection[Address], bindings: Bindings) -> Principals:
    """The administrators of every kind and the rows at the addresses to keep, with the keys that name them.

    One query for each kind of them, one more where addresses are given, and one for each kind of key.
    """
    found = _Found()
    powerful = {name for name, bound in bindings.items() if bound.shape.administrators is not None}
    for kind in sorted({address.kind for address in kept} | powerful):
        bound = bindings[kind]
        names = [address.key for address in kept if address.kind == kind]
        named = await Reader(bound, bindings).read(session, names, lock_rows=False) if names else {}
        rows = await _read(session, bound, _watched(session, bound, named.values()), found, bindings)
        # The name that was asked for may be another spelling of the row's own.
        asked = {row.primary_key: address for address, row in named.items()}
        for row in rows:
            address = asked.get(row.primary_key, row.address)
            found.rows[address] = row if address == row.address else replace(row, address=address)
        await _read_keys(session, bound, {row.address: row for row in rows}, found, bindings)
    return Principals(
        kept=frozenset(kept),
        rows=found.rows,
        keys=found.keys,
        holders=frozenset(found.holders),
        keyed=frozenset(found.keyed),
    )


async def _read_keys(
    session: AsyncSession, bound: Bound, owners: Mapping[Address, Row], found: _Found, bindings: Bindings
) -> None:
    """The rows with secrets of other kinds whose key begins with one of these."""
    shapes = shapes_of(bindings)
    if bound.secrets:
        found.keyed.add(bound.kind.name)
    for other, name in _kinds_of_keys(bound.kind.name, bindings):
        found.keyed.add(bound.kind.name)
        condition = _owned(session, other.references[name], bound, owners.values())
        for key in await _read(session, other, condition, found, bindings) if owners else ():
            owner = row_id(owners[dict(owners_of(key.address, shapes))[name]])
            found.keys[owner] = (*found.keys.get(owner, ()), key)


def _kinds_of_keys(kind: str, bindings: Bindings) -> Iterator[tuple[Bound, str]]:
    """The kinds that hold secrets and whose key names this kind, and the field that does."""
    for bound in bindings.values():
        for name, reference in bound.references.items():
            if bound.secrets and reference.kind == kind and name in bound.key and bound.kind.name != kind:
                yield bound, name


async def _read(
    session: AsyncSession, bound: Bound, condition: ColumnElement[bool], found: _Found, bindings: Bindings
) -> list[Row]:
    """The rows without their secrets, of which only remains who holds one."""
    rows = (await Reader(bound, bindings, bound.secrets).read_where(session, condition)).values()
    found.holders.update(row_id(one) for row in rows for one in (row, *row.older) if _holds_secret(one, bound))
    return [replace(row, secrets={}, older=tuple(replace(one, secrets={}) for one in row.older)) for row in rows]


def _holds_secret(row: Row, bound: Bound) -> bool:
    """Whether a secret of the row is one that somebody may have, and no placeholder."""
    for name, stored in row.secrets.items():
        text = "" if stored is None else stored.reveal()
        said = bound.kind.binding.fields[name]
        unusable = not said.allow_plaintext and text.startswith(_NOBODYS)
        if text and text != said.default and not unusable:
            return True
    return False


def _watched(session: AsyncSession, bound: Bound, named: Collection[Row]) -> ColumnElement[bool]:
    power = holds_power(bound)
    keys = [one.primary_key for row in named for one in (row, *row.older)]
    return or_(false() if power is None else power, _with_keys(session, bound, keys) if keys else false())


def _owned(
    session: AsyncSession, reference: BoundReference, owner: Bound, rows: Collection[Row]
) -> ColumnElement[bool]:
    keys = [row.primary_key for row in rows]
    return reference.field.column.in_(select(reference.to.column).where(_with_keys(session, owner, keys)))


def _with_keys(session: AsyncSession, bound: Bound, keys: Collection[PrimaryKey]) -> ColumnElement[bool]:
    columns = [part.column for part in bound.primary_key]
    return among(columns, plain_keys(session, columns, list(map(bound.stored_key, keys))), name_of(session))
