"""The three states that meet in a diff: what is declared, what was applied last, what is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from provision.core.address import Address
from provision.core.secret import Secret
from provision.core.value import Fields, Value
from provision.errors import Position

PrimaryKey = tuple[Value, ...]


_NOTHING: Mapping[str, Mapping[str, Value]] = {}


def _nothing() -> Mapping[str, Mapping[str, Value]]:
    """The same empty mapping for all: there may be a hundred thousand of them."""
    return _NOTHING


class Presence(StrEnum):
    """`lifecycle.state`: keep it, create it once and let go, or see to it that it is not there."""

    PRESENT = "present"
    CREATED = "created"
    ABSENT = "absent"


class OnRemove(StrEnum):
    """`lifecycle.on_remove`: what happens to the row when its manifest goes and `--prune` is given."""

    DISABLE = "disable"
    DELETE = "delete"
    ABANDON = "abandon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """How a resource lives: shared by what is declared and what the ledger remembers."""

    state: Presence = Presence.PRESENT
    on_remove: OnRemove = OnRemove.DISABLE
    prevent_removal: bool = False
    ignore_changes: frozenset[str] = frozenset()


class SecretUpdate(StrEnum):
    """When a declared secret is written to a row that exists already."""

    ON_CREATE = "on_create"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """How often a key gets a successor, and for how long it is valid beside it; both in seconds."""

    every: float
    overlap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRule:
    """What the diff may know of a declared secret: when it is written, never what it is.

    `generated` ones are made by us, and `deliver_to` says, for people, where they go. `lifetime` is how many seconds
    after it was set its row expires.
    """

    update: SecretUpdate = SecretUpdate.ON_CREATE
    version: str | None = None
    generated: bool = False
    deliver_to: tuple[str, ...] = ()
    rotation: Rotation | None = None
    lifetime: float | None = None


class Verdict(StrEnum):
    """What was found of a stored secret that is kept as declared.

    It is as declared, or another one is declared, or it was changed in the database, or it differs and nothing tells
    which of the two; it is right and hashed too weakly, or has a form that is not known here.
    """

    UNCHANGED = "unchanged"
    DECLARED_CHANGED = "declared_changed"
    STORED_CHANGED = "stored_changed"
    DIFFERS = "differs"
    OUTDATED = "outdated"
    UNREADABLE = "unreadable"

    @property
    def wants_a_write(self) -> bool:
        """Whether the secret is to be written; what is as declared is not, nor what cannot be read."""
        return self not in {Verdict.UNCHANGED, Verdict.UNREADABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Desired: one declared resource, its secrets known by name only.

    `defaulted` are privileges that the manifest leaves out and that are held at their safe value all the same.
    """

    address: Address
    fields: Fields
    position: Position
    secrets: Mapping[str, SecretRule] = field(default_factory=dict)
    defaulted: frozenset[str] = frozenset()
    previously: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Observed: one row of the database in the manifest's terms; `secrets` holds the stored hashes asked for.

    `held` is, for each list of names, what the association holds for each name, by which it can be taken out.
    `generation` counts the rows of one key, of which this is the current one; `older` are the others.
    """

    address: Address
    primary_key: PrimaryKey
    fields: Fields
    secrets: Mapping[str, Secret | None] = field(default_factory=dict)
    held: Mapping[str, Mapping[str, Value]] = field(default_factory=_nothing)
    generation: int | None = None
    older: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRecord:
    """What the ledger remembers of a secret: never the value, nor its hash.

    `set_at` is when we set it, or found it; `pending` the run that made it, until it is delivered; `fingerprint` a
    keyed one of what was declared and stored. `retiring` tells when each former generation is to be revoked.
    """

    version: str | None = None
    set_at: str | None = None
    pending: str | None = None
    fingerprint: str | None = None
    retiring: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Applied last: what the ledger remembers of a resource that this project manages.

    `fields` are those declared then, `secrets` what is remembered of each secret declared then.
    """

    address: Address
    primary_key: PrimaryKey
    fields: Fields
    secrets: Mapping[str, SecretRecord] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle()
    source: str = ""

    def is_of(self, row: Row) -> bool:
        """Whether this is the row that we manage, or a later generation of it that the application made."""
        if self.primary_key == row.primary_key:
            return True
        return any(self.primary_key == older.primary_key for older in row.older)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that one observation brought: rows, our records, and rows that another project manages.

    `administrators` counts, for each kind that names them, the rows of the whole table that hold power now.
    `now` is the moment by the database's clock.
    """

    rows: Mapping[Address, Row]
    records: Mapping[Address, Record]
    foreign: Mapping[Address, str] = field(default_factory=dict)
    administrators: Mapping[str, int] = field(default_factory=dict)
    now: str = "1970-01-01T00:00:00Z"
