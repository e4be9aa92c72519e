"""An executable model of a database with a ledger: it carries out a plan and checks its constraints at every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from provision.core.address import Address
from provision.core.plan import Action, Change, Plan
from provision.core.planner import Question
from provision.core.rename import Resources, follow
from provision.core.state import PrimaryKey, Record, Resource, Row, SecretRecord, SecretUpdate, Snapshot, Verdict
from provision.core.subject import Verdicts
from provision.core.value import NOW, Value, same
from tests.core.states import SHAPES, USER

Passwords = Mapping[Address, str]
Stored = Mapping[PrimaryKey, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A database at rest, with the passwords that it stores."""

    snapshot: Snapshot
    passwords: Stored = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody declares, with the passwords in clear."""

    resources: Resources
    passwords: Passwords
    prune: bool


def question(world: World, wish: Wish) -> Question:
    """What the planner is asked, all `always` passwords having been verified."""
    rows = follow(wish.resources, world.snapshot, SHAPES).snapshot.rows
    verdicts: Verdicts = {
        (address, name): Verdict.UNCHANGED
        if world.passwords.get(rows[address].primary_key) == wish.passwords[address]
        else Verdict.DIFFERS
        for address, resource in wish.resources.items()
        for name, rule in resource.secrets.items()
        if rule.update is SecretUpdate.ALWAYS and address in rows
    }
    return Question(
        resources=wish.resources, snapshot=world.snapshot, shapes=SHAPES, verdicts=verdicts, prune=wish.prune
    )


def apply_plan(world: World, plan: Plan, wish: Wish) -> World:
    """Carry out a plan as apply does: empty fields, then one change after the other, then the ledger."""
    database = Database(world, wish)
    database.check("before anything")
    found_at = {change.address: change.primary_key for change in plan.changes}
    for address, name in plan.vacate:
        database.vacate(found_at[address], name)
        database.check(f"{address}.{name} emptied")
    database.move_records(plan.moved)
    for change in plan.changes:
        database.carry_out(change)
        database.check(f"{change.action} {change.address}")
    return database.world()


@dataclass(slots=True)
class Line:
    """A row as a database keeps it: what it refers to is a primary key, not a name."""

    kind: str
    name: str
    owner: PrimaryKey | None
    fields: dict[str, Value]
    references: dict[str, PrimaryKey | None]


class Database:
    """The rows by primary key, and the ledger by address."""

    def __init__(self, world: World, wish: Wish) -> None:
        snapshot = world.snapshot
        self._wish = wish
        self._passwords = dict(world.passwords)
        self._records = dict(snapshot.records)
        self._foreign = {snapshot.rows[address].primary_key: who for address, who in snapshot.foreign.items()}
        # The names that a plan uses, which are those of today.
        self._known = {a: row.primary_key for a, row in snapshot.rows.items()}
        self._lines = {row.primary_key: self._line(row.address, row.fields) for row in snapshot.rows.values()}
        today = follow(wish.resources, snapshot, SHAPES).snapshot.rows
        self._known = {address: row.primary_key for address, row in today.items()}

    def vacate(self, primary_key: PrimaryKey | None, name: str) -> None:
        """Empty a unique field, with a placeholder where it cannot be null."""
        assert primary_key is not None
        line = self._lines[primary_key]
        line.fields[name] = None if name in SHAPES[line.kind].nullable else f"emptied {primary_key}"

    def move_records(self, moved: Mapping[Address, Address]) -> None:
        """Give records the address of today."""
        taken = {new: replace(self._records.pop(old), address=new) for old, new in moved.items()}
        self._records |= taken

    def carry_out(self, change: Change) -> None:
        """Write one row, and what the ledger remembers of it."""
        if change.action is Action.CREATE:
            assert change.address not in self._known
            primary_key: PrimaryKey = (1 + max((int(str(key[0])) for key in self._lines), default=0),)
            self._known[change.address] = primary_key
            self._lines[primary_key] = self._line(change.address, {})
        elif change.primary_key is None:
            assert change.action is Action.ABANDON
            del self._records[change.address]
            return
        else:
            primary_key = change.primary_key
            assert self._known[change.address] == primary_key
        self._write(change, primary_key)
        if change.action.is_removal:
            self._records.pop(change.address, None)
        else:
            self._records[change.address] = record(self._wish.resources[change.address], primary_key)
            self._foreign.pop(primary_key, None)

    def world(self) -> World:
        """The database at rest again."""
        rows = {(row := self._row(key)).address: row for key in self._lines}
        names = {row.primary_key: address for address, row in rows.items()}
        foreign = {names[key]: project for key, project in self._foreign.items() if key in names}
        snapshot = Snapshot(
            rows=rows, records=self._records, foreign=foreign, administrators={"User": administrators(rows)}
        )
        kept = {key: text for key, text in self._passwords.items() if key in self._lines}
        return World(snapshot=snapshot, passwords=kept)

    def check(self, moment: str) -> None:
        """Names and unique groups are held once, and every reference leads somewhere."""
        held: set[object] = set()
        for key, line in self._lines.items():
            values: list[object] = [("name", line.owner, line.name)]
            for group in SHAPES[line.kind].unique:
                texts = [line.fields.get(name) for name in group]
                values += [(group, *map(repr, texts))] if None not in texts else []
            for value in values:
                assert (line.kind, value) not in held, f"{moment}: {value} is held twice"
                held.add((line.kind, value))
            for target in (line.owner, *line.references.values()):
                assert target is None or target in self._lines, f"{moment}: {key} refers to nothing"

    def _write(self, change: Change, primary_key: PrimaryKey) -> None:
        line = self._lines[primary_key]
        if change.action is Action.DELETE:
            del self._lines[primary_key]
            del self._known[change.address]
            return
        if change.action is Action.RENAME:
            line.name = change.address.key[-1]
        for item in change.fields:
            if item.sensitive:
                self._passwords[primary_key] = self._wish.passwords[change.address]
            else:
                after = "2026-11-24T00:00:00Z" if item.after == NOW else item.after
                self._set(line, item.name, after)

    def _line(self, address: Address, fields: Mapping[str, Value]) -> Line:
        owner = self._known[Address("User", address.key[:-1])] if len(address.key) > 1 else None
        line = Line(kind=address.kind, name=address.key[-1], owner=owner, fields={}, references={})
        for name in FIELDS[address.kind]:
            self._set(line, name, fields.get(name))
        return line

    def _set(self, line: Line, name: str, value: Value) -> None:
        if name == "team":
            line.references[name] = self._known[Address("Team", (str(value),))] if value is not None else None
        else:
            line.fields[name] = value

    def _row(self, primary_key: PrimaryKey) -> Row:
        line = self._lines[primary_key]
        owner = (self._lines[line.owner].name,) if line.owner else ()
        names = {name: self._lines[key].name if key else None for name, key in line.references.items()}
        return Row(
            address=Address(line.kind, (*owner, line.name)),
            primary_key=primary_key,
            fields={**line.fields, **names},
        )


FIELDS = {
    "Team": ("title", "active"),
    "User": ("nickname", "email", "desk", "floor", "team", "status", "is_superuser"),
    "Key": ("scopes", "active", "revoked_at"),
}


def record(resource: Resource, primary_key: PrimaryKey) -> Record:
    """What the ledger remembers of a resource that has just been applied."""
    return Record(
        address=resource.address,
        primary_key=primary_key,
        fields=resource.fields,
        secrets={name: SecretRecord(version=rule.version) for name, rule in resource.secrets.items()},
        labels=resource.labels,
        lifecycle=resource.lifecycle,
    )


def administrators(rows: Mapping[Address, Row]) -> int:
    """How many rows hold power."""
    wanted = USER.administrators or {}
    return sum(
        all(same(row.fields[name], value) for name, value in wanted.items())
        for row in rows.values()
        if row.address.kind == "User"
    )
