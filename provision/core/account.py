"""What can be told of one resource and of each of its fields: who manages it, what is there, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from provision.core.address import Address
from provision.core.plan import Action
from provision.core.state import Lifecycle
from provision.core.value import Value
from provision.errors import Position


class Standing(StrEnum):
    """How a field stands between what is declared, what was applied last, and what is found."""

    APPLIED = "applied"
    PENDING = "pending"
    DRIFTED = "drifted"
    BOTH = "pending and drifted"
    KEPT = "left alone"
    DERIVED = "derived"
    UNDECLARED = "undeclared"
    RELEASED = "released"
    ELSEWHERE = "managed elsewhere"
    UNMANAGED = "not managed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A run that changed something: what it did, when, who started it, from which commit, declared where."""

    run: str
    at: str
    actor: str
    action: Action
    commit: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldAccount:
    """One field: `found`, `declared` and `applied` are null where there is no such value, and for every secret.

    `place` is where it is declared, unless it is `defaulted`, and so held at its safe value without a word; `set_by`
    the last run that wrote it. Of a secret `set_at` is the moment that is remembered, and `undelivered` says that
    nobody has received it.
    """

    name: str
    standing: Standing
    found: Value = None
    declared: Value = None
    applied: Value = None
    sensitive: bool = False
    defaulted: bool = False
    place: Position | None = None
    set_by: Mark | None = None
    set_at: str | None = None
    undelivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One resource: whether its row is there, where it is declared, and what the ledger remembers of it.

    `owner` is another project that manages the row. `renamed_from` is the name that the row still has, `becomes` the
    resource that says it was called so. `lifecycle` and `labels` are those declared, or else those remembered.
    `generation` is the row's, with `older` ones beside it. `last` is the last run that wrote the resource: after it
    every managed field was as declared.
    """

    address: Address
    exists: bool
    remembered: bool
    declared_at: Position | None = None
    source: str = ""
    owner: str | None = None
    renamed_from: Address | None = None
    becomes: Address | None = None
    lifecycle: Lifecycle | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    generation: int | None = None
    older: int = 0
    expires: str | None = None
    last: Mark | None = None
    fields: tuple[FieldAccount, ...] = ()
