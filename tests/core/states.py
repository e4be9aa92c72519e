"""Three small kinds, and short ways to write down what is declared, found and remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from provision.core.address import Address, parse_address
from provision.core.plan import Change, Plan
from provision.core.planner import Question, make_plan
from provision.core.shape import KindShape
from provision.core.state import (
    Lifecycle,
    OnRemove,
    Presence,
    Record,
    Resource,
    Row,
    SecretRecord,
    SecretRule,
    Snapshot,
)
from provision.core.subject import Verdicts
from provision.core.value import Fields, Value
from provision.errors import Position

TEAM = KindShape(name="Team", key=("name",), disable={"active": False})
USER = KindShape(
    name="User",
    key=("username",),
    references={"team": "Team"},
    unique=(("email",), ("floor", "desk")),
    nullable=frozenset({"email", "floor", "team"}),
    disable={"status": "disabled"},
    administrators={"is_superuser": True, "status": "active"},
)
KEY = KindShape(
    name="Key",
    key=("user", "name"),
    references={"user": "User"},
    disable={"active": False, "revoked_at": "now"},
)
SHAPES = {shape.name: shape for shape in (KEY, USER, TEAM)}

# What a row holds where a test does not say otherwise.
FOUND: dict[str, Fields] = {
    "Team": {"title": None, "active": True},
    "User": {
        "nickname": None,
        "email": None,
        "desk": None,
        "floor": None,
        "team": None,
        "status": "active",
        "is_superuser": False,
    },
    "Key": {"scopes": [], "active": True, "revoked_at": None},
}

Known = Row | Record

HERE = Position(file="people.yaml", line=3)
THERE = Position(file="others.yaml", line=8)


def at(text: str) -> Address:
    """The address of that text."""
    return parse_address(text)


def declared(
    address: str,
    *,
    state: str = "present",
    on_remove: str = "disable",
    prevent_removal: bool = False,
    ignore_changes: Iterable[str] = (),
    previously: tuple[str, ...] = (),
    secrets: Mapping[str, SecretRule] | None = None,
    labels: Mapping[str, str] | None = None,
    defaulted: Iterable[str] = (),
    position: Position = HERE,
    **fields: Value,
) -> Resource:
    """A resource, declared with these fields."""
    return Resource(
        address=at(address),
        fields=fields,
        position=position,
        secrets=secrets or {},
        defaulted=frozenset(defaulted),
        previously=previously,
        labels=labels or {},
        lifecycle=Lifecycle(
            state=Presence(state),
            on_remove=OnRemove(on_remove),
            prevent_removal=prevent_removal,
            ignore_changes=frozenset(ignore_changes),
        ),
    )


def found(address: str, primary_key: int = 1, **fields: Value) -> Row:
    """A row with these fields, and otherwise those of FOUND."""
    where = at(address)
    return Row(address=where, primary_key=(primary_key,), fields={**FOUND[where.kind], **fields})


def recorded(resource: Resource, primary_key: int = 1) -> Record:
    """What the ledger remembers once this resource has been applied."""
    return Record(
        address=resource.address,
        primary_key=(primary_key,),
        fields=resource.fields,
        secrets={name: SecretRecord(version=rule.version) for name, rule in resource.secrets.items()},
        labels=resource.labels,
        lifecycle=resource.lifecycle,
        source=f"{resource.position.file}:{resource.position.line}",
    )


def snapshot(*known: Known, administrators: int = 0, foreign: Mapping[str, str] | None = None) -> Snapshot:
    """The rows and records of one observation."""
    return Snapshot(
        rows={item.address: item for item in known if isinstance(item, Row)},
        records={item.address: item for item in known if isinstance(item, Record)},
        foreign={at(address): project for address, project in (foreign or {}).items()},
        administrators={"User": administrators},
    )


def ask(
    resources: Iterable[Resource],
    *known: Known,
    verdicts: Verdicts | None = None,
    prune: bool = False,
    administrators: int = 0,
    foreign: Mapping[str, str] | None = None,
) -> Question:
    """The question to the planner."""
    return Question(
        resources={resource.address: resource for resource in resources},
        snapshot=snapshot(*known, administrators=administrators, foreign=foreign),
        shapes=SHAPES,
        verdicts=verdicts or {},
        prune=prune,
    )


def plan(
    resources: Iterable[Resource],
    *known: Known,
    verdicts: Verdicts | None = None,
    prune: bool = False,
) -> Plan:
    """The plan for what is declared and known."""
    return make_plan(ask(resources, *known, verdicts=verdicts, prune=prune))


def shown(changes: Iterable[Change]) -> list[str]:
    """Action and address of each change, in order."""
    return [f"{change.action} {change.address}" for change in changes]


def written(change: Change) -> dict[str, tuple[Value, Value]]:
    """Each written field with its values before and after."""
    return {item.name: (item.before, item.after) for item in change.fields}


def reasons(change: Change) -> dict[str, str]:
    """Each written field with why it changes."""
    return {item.name: item.reason.value for item in change.fields}


def only(plan: Plan) -> Change:
    """The one change of a plan."""
    (change,) = plan.changes
    return change


def elsewhere(resource: Resource) -> Resource:
    """The same, declared in another file."""
    return replace(resource, position=THERE)
