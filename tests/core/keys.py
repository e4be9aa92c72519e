"""A kind with generations, one key of it, and short ways to ask what happens to it at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from provision.core.address import Address
from provision.core.moment import after
from provision.core.plan import Change, Plan
from provision.core.planner import Question, make_plan
from provision.core.rotation import Forced
from provision.core.shape import KindShape
from provision.core.state import (
    Lifecycle,
    Presence,
    Record,
    Resource,
    Rotation,
    Row,
    SecretRecord,
    SecretRule,
    Snapshot,
)
from provision.core.value import Value
from provision.errors import Position

SHAPE = KindShape(
    name="Token",
    key=("name",),
    disable={"active": False, "revoked_at": "now"},
    generations=True,
    expires="expires_at",
)
SHAPES = {"Token": SHAPE}
CI = Address("Token", ("ci",))
SLOT = (CI, "key")
PLAIN = Lifecycle()
DAY = 86_400.0
START = "2026-01-01T00:00:00Z"
RULE = SecretRule(generated=True, deliver_to=("file key",), rotation=Rotation(every=90 * DAY, overlap=7 * DAY))


def on_day(days: float) -> str:
    """The moment so many days after the start."""
    return after(START, days * DAY)


def row(generation: int, *older: Row, active: bool = True, expires_at: str | None = None, **fields: Value) -> Row:
    """A generation, whose primary key is ten times its number."""
    values: dict[str, Value] = {
        "active": active,
        "revoked_at": None if active else START,
        "expires_at": expires_at,
        **fields,
    }
    return Row(address=CI, primary_key=(10 * generation,), fields=values, generation=generation, older=older)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is declared of the key, what is there, and what is remembered of it; `changed` makes another one."""

    row: Row | None = field(default_factory=lambda: row(1))
    rule: SecretRule = RULE
    remembered: SecretRecord | None = field(default_factory=lambda: SecretRecord(set_at=START))
    lifecycle: Lifecycle = PLAIN
    ours: int = 1
    known: bool = True
    name: str = "ci"
    previously: tuple[str, ...] = ()
    staged: bool = False
    forced: Forced | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    expiring_within: float | None = None

    def plan(self, now: str) -> Plan:
        """What a run at that moment does."""
        return make_plan(self.question(now))

    def change(self, now: str) -> Change:
        """The one change of that plan."""
        (found,) = self.plan(now).changes
        return found

    def resource(self) -> Resource:
        """What is declared."""
        return Resource(
            address=Address("Token", (self.name,)),
            fields=self.fields,
            position=Position(file="keys.yaml", line=1),
            secrets={"key": self.rule},
            previously=self.previously,
            lifecycle=self.lifecycle,
        )

    def question(self, now: str) -> Question:
        """What the planner is asked at that moment."""
        resource = self.resource()
        record = Record(
            address=CI,
            primary_key=(10 * self.ours,),
            fields=self.fields,
            secrets={} if self.remembered is None else {"key": self.remembered},
            lifecycle=replace(self.lifecycle, ignore_changes=frozenset()),
        )
        return Question(
            resources={resource.address: resource},
            snapshot=Snapshot(
                rows={CI: self.row} if self.row else {}, records={CI: record} if self.known else {}, now=now
            ),
            shapes=SHAPES,
            staged=[SLOT] if self.staged else [],
            forced={CI: self.forced} if self.forced else {},
            expiring_within=self.expiring_within,
        )


IGNORED = Lifecycle(ignore_changes=frozenset({"key"}))
ONLY_CREATED = Lifecycle(state=Presence.CREATED)
