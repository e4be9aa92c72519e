"""Who is able to log in, and whether a run takes that from those who have to keep it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from provision.core.address import Address
from provision.core.guards import Refusal, Rules, at_least, or_override, too_few
from provision.core.moment import has_come
from provision.core.rotation import is_disabled
from provision.core.shape import KindShape, Shapes
from provision.core.state import PrimaryKey, Row
from provision.core.value import Fields, same

# A kind and a primary key: what a row is, whatever its name.
RowId = tuple[str, PrimaryKey]
# As many names as a sentence bears.
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Principals:
    """Rows that somebody logs in as, and what with; of a secret it is known only whether there is one.

    `rows` are those that are watched: administrators, and those to be `kept`. `keys` are the rows of other kinds
    whose key names one of them, and that hold secrets; `holders` are all rows here that hold one. Of the kinds
    `keyed` a row needs one, since there are secrets for it somewhere.
    """

    kept: frozenset[Address] = frozenset()
    rows: Mapping[Address, Row] = field(default_factory=dict)
    keys: Mapping[RowId, tuple[Row, ...]] = field(default_factory=dict)
    holders: frozenset[RowId] = frozenset()
    keyed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """Who loses what they have to keep, and who has not had it before either."""

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The principals as they are, or would be, at a moment by the database's clock."""

    principals: Principals
    shapes: Shapes
    now: str

    def obstacle(self, address: Address) -> str:
        """What keeps it from logging in; empty when nothing does."""
        row = self.principals.rows.get(address)
        if row is None:
            return "it is not there"
        shape = self.shapes[address.kind]
        enabled = [one for one in (row, *row.older) if not is_disabled(one, shape)]
        if not enabled:
            return "it is disabled"
        valid = [one for one in enabled if not self._has_expired(one, shape)]
        if not valid:
            return "it has expired"
        if address.kind in self.principals.keyed and not any(map(self._holds_secret, valid)):
            return "it has no secret, nor a key that works"
        return ""

    def administrators(self, kind: str) -> dict[RowId, Address]:
        """The rows of a kind that hold power and are able to log in."""
        power = self.shapes[kind].administrators or {}
        return {
            row_id(row): address
            for address, row in self.principals.rows.items()
            if address.kind == kind and holds(row.fields, power) and not self.obstacle(address)
        }

    def _holds_secret(self, row: Row) -> bool:
        return row_id(row) in self.principals.holders or any(
            row_id(one) in self.principals.holders and self._works(one)
            for key in self.principals.keys.get(row_id(row), ())
            for one in (key, *key.older)
        )

    def _works(self, row: Row) -> bool:
        shape = self.shapes[row.address.kind]
        return not is_disabled(row, shape) and not self._has_expired(row, shape)

    def _has_expired(self, row: Row, shape: KindShape) -> bool:
        at = row.fields.get(shape.expires) if shape.expires else None
        return isinstance(at, str) and has_come(at, self.now)


def row_id(row: Row) -> RowId:
    """What this row is, whatever its name."""
    return row.address.kind, row.primary_key


def holds(fields: Fields, condition: Fields) -> bool:
    """Whether all that a condition asks for is there."""
    return all(same(fields.get(name), value) for name, value in condition.items())


def locked_out(before: Sighting, after: Sighting, rules: Rules) -> Lockout:
    """Compare two sightings; what nobody could do before either is only said."""
    warnings = tuple(
        f"{address}, named by keep in [guards], is not able to log in: {why}"
        for address in rules.keep
        if before.obstacle(address) and (why := after.obstacle(address))
    )
    return Lockout(refusals=(*_kept(before, after, rules), *_administrators(before, after, rules)), warnings=warnings)


def _kept(before: Sighting, after: Sighting, rules: Rules) -> Iterator[Refusal]:
    for address in rules.keep:
        why = after.obstacle(address)
        if why and not before.obstacle(address):
            yield Refusal(
                guard="lockout",
                message=f"{address} would not be able to log in any more: {why} afterwards",
                hint=f"take it out of keep in [guards] of provision.toml, {or_override('lockout')}",
            )


def _administrators(before: Sighting, after: Sighting, rules: Rules) -> Iterator[Refusal]:
    for kind, shape in before.shapes.items():
        if shape.administrators is None:
            continue
        able, left = before.administrators(kind), after.administrators(kind)
        if len(left) < len(able) and len(left) < rules.min_superusers:
            lost = sorted(address for row, address in able.items() if row not in left)
            whys = "".join(f"; {address}: {after.obstacle(address) or 'without power'}" for address in lost[:_NAMED])
            yield Refusal(
                guard="administrators",
                message=f"{too_few('superuser{s} able to log in', len(left))} "
                f"({kind}: {len(able)} now, {len(left)} afterwards{at_least(rules)}{whys})",
                hint="give another one a secret, or allow it: --allow-no-superuser",
            )
