"""The plan is data: ordered changes, free of secrets, with a fingerprint of everything it was computed from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from provision.core.address import Address
from provision.core.state import PrimaryKey
from provision.core.value import Fields, Value, canonical_json
from provision.errors import Position


class Action(StrEnum):
    """What happens to one resource."""

    CREATE = "create"
    ADOPT = "adopt"
    RENAME = "rename"
    UPDATE = "update"
    ROTATE = "rotate"
    RETIRE = "retire"
    DISABLE = "disable"
    DELETE = "delete"
    ABANDON = "abandon"

    @property
    def is_removal(self) -> bool:
        """Whether the resource stops being managed."""
        return self in (Action.DISABLE, Action.DELETE, Action.ABANDON)


class Reason(StrEnum):
    """Why a field changes, from the three-way comparison of declared, applied last, and found."""

    NEW = "new"
    MANIFEST = "changed in the manifest"
    DRIFT = "changed in the database"
    BOTH = "changed in the manifest and in the database"
    DECLARED = "declared for the first time"
    PRIVILEGE = "not declared, held at its safe value"
    SECRET_VERSION = "its version was raised"  # noqa: S105  a sentence, not a secret
    SECRET_DIFFERS = "the stored value does not match the declared one"  # noqa: S105  likewise
    SECRET_DECLARED = "another value is declared"  # noqa: S105  likewise
    SECRET_STORED = "the stored value was changed in the database"  # noqa: S105  likewise
    SECRET_OUTDATED = "its hash is weaker than provision.toml asks for"  # noqa: S105  likewise
    SECRET_UNDELIVERED = "nobody ever received it"  # noqa: S105  likewise
    ROTATION_DUE = "its rotation is due"
    ROTATION_ASKED = "its rotation was asked for"
    LIFETIME = "counted from the moment at which its secret was set"
    LIFECYCLE = "remembered for later"
    REMOVAL = "removed"
    ROLLBACK = "as before the run that is rolled back"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field, before and after; for a sensitive one both are null, whatever they are.

    A `private` one has both, and no report shows either.
    `seconds` marks a moment that lies so many seconds after that of the run: which one it is, is known then.
    `deliver_to` says where a generated secret goes.
    """

    name: str
    before: Value
    after: Value
    reason: Reason
    sensitive: bool = False
    private: bool = False
    seconds: float | None = None
    deliver_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """A former generation that stops working: its row, its number, what is written to it, and why."""

    primary_key: PrimaryKey
    generation: int
    fields: tuple[FieldChange, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One resource that differs.

    `fields` are columns to write, `metadata` what only the ledger remembers (labels, lifecycle), `released` the
    fields that are no longer declared. `primary_key` is that of the row found, `previous` its address until now.
    A rotation makes a row of its own, of the next `generation`, that takes `carried` over from the one found.
    `retires` are generations that stop working now, `retiring` those that are to do so later, and when.
    """

    action: Action
    address: Address
    reason: str
    fields: tuple[FieldChange, ...] = ()
    metadata: tuple[FieldChange, ...] = ()
    released: tuple[str, ...] = ()
    primary_key: PrimaryKey | None = None
    previous: Address | None = None
    position: Position | None = None
    recorded_source: str = ""
    generation: int | None = None
    carried: Fields = field(default_factory=dict)
    retires: tuple[Retirement, ...] = ()
    retiring: Mapping[int, str] = field(default_factory=dict)

    @property
    def makes_row(self) -> bool:
        """Whether a new row comes of it."""
        return self.action in (Action.CREATE, Action.ROTATE)

    @property
    def source(self) -> str:
        """Where it is declared, or was when it was applied last, as `file:line`."""
        return f"{self.position.file}:{self.position.line}" if self.position else self.recorded_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """A declared resource that stops working soon, or has, with nothing that prevents it."""

    address: Address
    at: str
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts for the closing line; an adoption, a rename or a rotation is a change."""

    add: int
    change: int
    remove: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What apply will do, and nothing else.

    `changes` stand in the order in which they are carried out. `pending` are removals that only `--prune`
    carries out. `vacate` names fields to empty first: unique ones whose value another row takes, and references among
    rows that go. `deferred` are references that are written once all rows are there, since they make a circle.
    `moved` maps the ledger's addresses to new ones after an owner was renamed. `managed` counts our records.
    `homeless` are secrets that would be generated with nowhere to go; `expiring` is filled when it was asked for.
    `undoes` is the run that a rollback undoes.
    """

    changes: tuple[Change, ...]
    pending: tuple[Change, ...] = ()
    unchanged: int = 0
    managed: int = 0
    vacate: tuple[tuple[Address, str], ...] = ()
    deferred: tuple[tuple[Address, str], ...] = ()
    moved: Mapping[Address, Address] = field(default_factory=dict)
    foreign: Mapping[Address, str] = field(default_factory=dict)
    protected: tuple[Change, ...] = ()
    administrators: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    homeless: tuple[tuple[Address, str], ...] = ()
    expiring: tuple[Expiry, ...] = ()
    undoes: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether apply would write nothing."""
        return not self.changes

    def summary(self) -> Summary:
        """Count the changes by sign."""
        add = sum(change.action is Action.CREATE for change in self.changes)
        remove = sum(change.action.is_removal for change in self.changes)
        return Summary(add=add, change=len(self.changes) - add - remove, remove=remove, unchanged=self.unchanged)

    def fingerprint(self) -> str:
        """SHA-256 over every change with the values found; equal exactly when the same would be written.

        A rollback is another plan than one of manifests, since it leaves another history.
        """
        digest = hashlib.sha256()
        if self.undoes is not None:
            digest.update(canonical_json(self.undoes).encode())
        for change in self.changes:
            digest.update(canonical_json(_identity(change)).encode())
        return f"sha256:{digest.hexdigest()}"


def _identity(change: Change) -> Value:
    return [
        change.action.value,
        str(change.address),
        list(change.primary_key or ()),
        _pairs(change.fields),
        _pairs(change.metadata),
        list(change.released),
        change.carried,
        [list(item.primary_key) for item in change.retires],
        sorted(change.retiring),
    ]


def _pairs(fields: Iterable[FieldChange]) -> Value:
    return [[item.name, item.before, item.after if item.seconds is None else item.seconds] for item in fields]
