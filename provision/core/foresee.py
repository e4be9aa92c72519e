"""The principals as a plan would leave them, as far as the plan alone tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from provision.core.address import Address
from provision.core.keys import owners_of
from provision.core.lockout import Principals, RowId, holds, row_id
from provision.core.plan import Action, Change, Plan
from provision.core.shape import Shapes
from provision.core.state import Row
from provision.core.value import Fields


def foresee(found: Principals, plan: Plan, rows: Mapping[Address, Row], shapes: Shapes) -> Principals:
    """What becomes of the principals and their keys; `rows` are all that were observed.

    Whoever gains power by this plan is taken for able to log in: only the database knows it, and is asked before the
    commit.
    """
    written = _Written(plan)
    promoted = _promoted(found, written.changes, rows.values(), shapes)
    after = {row.address: row for row in written.rows([*found.rows.values(), *promoted])}
    made = [change for change in plan.changes if change.action is Action.CREATE]
    after |= {change.address: _made(change, shapes) for change in made if _is_watched(change, found, shapes)}
    keys = {owner: tuple(written.rows(of_owner)) for owner, of_owner in found.keys.items()}
    for change in made:
        for _, owner in owners_of(change.address, shapes):
            # The owner may be kept under another spelling of its name.
            if known := after.get(owner) or rows.get(owner):
                owned = row_id(known)
                keys[owned] = (*keys.get(owned, ()), _made(change, shapes))
    holders = found.holders | written.holders | {row_id(row) for row in promoted}
    return replace(found, rows=after, keys=keys, holders=holders)


def _is_watched(change: Change, found: Principals, shapes: Shapes) -> bool:
    """Whether a new row is one of those that are to be able to log in."""
    power = shapes[change.address.kind].administrators
    return change.address in found.kept or (power is not None and holds(_values(change), power))


class _Written:
    """What a plan writes to rows that are there, and which of all rows hold a secret by it."""

    def __init__(self, plan: Plan) -> None:
        self.changes: Mapping[RowId, Change] = {
            (change.address.kind, change.primary_key): change
            for change in plan.changes
            if change.primary_key is not None
        }
        self.holders = {
            _written_to(change) for change in plan.changes if any(item.sensitive for item in change.fields)
        }
        self._retired: Mapping[RowId, Fields] = {
            (change.address.kind, item.primary_key): {one.name: one.after for one in item.fields}
            for change in plan.changes
            for item in change.retires
        }

    def rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Those of these rows that stay, under their names of afterwards, and with the generations that they get."""
        for row in rows:
            change = self.changes.get(row_id(row))
            older = tuple(map(self._retire, row.older))
            if change is None:
                yield replace(row, older=older) if older else row
            elif change.action is Action.ROTATE:
                older = (*older, replace(self._retire(row), older=()))
                yield replace(
                    row,
                    primary_key=_written_to(change)[1],
                    fields={**row.fields, **change.carried, **_values(change)},
                    older=older,
                )
            elif change.action is not Action.DELETE:
                address = change.address if change.action is Action.RENAME else row.address
                yield replace(row, address=address, fields={**row.fields, **_values(change)}, older=older)

    def _retire(self, row: Row) -> Row:
        fields = self._retired.get(row_id(row))
        return replace(row, fields={**row.fields, **fields}) if fields else row


def _promoted(
    found: Principals, changes: Mapping[RowId, Change], rows: Iterable[Row], shapes: Shapes
) -> tuple[Row, ...]:
    """The rows that hold power afterwards and were not watched, since they held none."""
    watched = {row_id(row) for row in found.rows.values()}
    rising = {
        place: written
        for place, change in changes.items()
        if place not in watched
        and (written := _values(change)).keys() & (shapes[place[0]].administrators or {}).keys()
    }
    # There may be many rows, and few that rise.
    return tuple(
        row
        for row in (rows if rising else ())
        if row_id(row) in rising
        and holds({**row.fields, **rising[row_id(row)]}, shapes[row.address.kind].administrators or {})
    )


def _made(change: Change, shapes: Shapes) -> Row:
    """A row that is not there yet; of what nobody declares, nothing is known."""
    unknown: Fields = dict.fromkeys(shapes[change.address.kind].disable or ())
    return Row(address=change.address, primary_key=_written_to(change)[1], fields={**unknown, **_values(change)})


def _written_to(change: Change) -> RowId:
    """The row that a change writes to, or one of its own where it makes one."""
    own = (str(change.address), "new")
    return change.address.kind, change.primary_key if change.primary_key and not change.makes_row else own


def _values(change: Change) -> Fields:
    return {item.name: item.after for item in change.fields if not item.sensitive}
