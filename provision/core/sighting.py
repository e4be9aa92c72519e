"""What a plan has looked at, and what is different at a second look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provision.core.address import Address
from provision.core.plan import Change, Plan
from provision.core.planner import Question
from provision.core.rename import follow
from provision.core.state import Presence, Record, Resource, Row
from provision.core.value import Value, same

# Fields that no binding can have, since theirs are names: which row it is, and of which generation.
ROW, GENERATION = "(row)", "(generation)"

# For each row that is there, what was found in the fields that matter.
Sightings = Mapping[Address, Mapping[str, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A row that came, went, or holds something else in these fields."""

    address: Address
    fields: tuple[str, ...] = ()
    appeared: bool = False
    gone: bool = False

    def __str__(self) -> str:
        if self.appeared or self.gone:
            return f"{self.address} {'is there now' if self.appeared else 'is gone'}"
        if ROW in self.fields:
            return f"{self.address} is another row now"
        return f"{self.address}: {', '.join(self.fields)}"


def sightings(question: Question, plan: Plan) -> dict[Address, dict[str, Value]]:
    """Each row that the plan was computed from, with the fields that it depends on.

    What nobody declares may move as it likes, for nothing is written because of it. Stored secrets are left out: an
    application may hash anew at each login, and the plan itself says whether they are right.
    """
    followed = follow(question.resources, question.snapshot, question.shapes)
    changes = {change.address: change for change in plan.changes}
    seen: dict[Address, dict[str, Value]] = {}
    for address, row in followed.snapshot.rows.items():
        resource, change = question.resources.get(address), changes.get(address)
        looked_at = question.looked_at.get(address, ())
        if not (resource or change or looked_at or question.shapes[address.kind].lookup):
            continue  # an orphan that stays
        names = _names(resource, followed.snapshot.records.get(address), change, row).union(looked_at)
        seen[address] = {
            ROW: list(row.primary_key),
            GENERATION: row.generation,
            **{name: row.fields[name] for name in sorted(names) if name in row.fields},
        }
    return seen


def _names(resource: Resource | None, record: Record | None, change: Change | None, row: Row) -> set[str]:
    written = {item.name for item in change.fields if not item.sensitive} if change else set()
    if change is not None and change.action.is_removal:
        return written | set(record.fields if record else row.fields)
    if resource is None or resource.lifecycle.state is Presence.CREATED:
        return written
    return written | (resource.fields.keys() - resource.lifecycle.ignore_changes)


def moved(before: Sightings, after: Sightings) -> Iterator[Moved]:
    """Every row that differs, by address."""
    for address in sorted(before.keys() | after.keys()):
        then, now = before.get(address), after.get(address)
        if then is None or now is None:
            yield Moved(address=address, appeared=then is None, gone=now is None)
            continue
        names = sorted(then.keys() | now.keys())
        fields = tuple(name for name in names if not same(then.get(name), now.get(name)))
        if fields:
            yield Moved(address=address, fields=fields)
