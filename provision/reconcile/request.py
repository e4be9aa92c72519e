"""What somebody asks for: which project, which files, how much of them, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from provision.core.address import Address
from provision.core.environment import Environment
from provision.core.guards import Limits
from provision.core.rotation import Forced
from provision.core.select import Selection

if TYPE_CHECKING:
    from provision.reconcile.saved.document import SavedPlan


def no_progress(label: str, done: int, total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What somebody has looked at: the fingerprint of a plan, and the plan itself where it was saved."""

    fingerprint: str
    document: SavedPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One run as it was asked for; `here` is the folder that paths on the command line are relative to.

    `progress` is told what is going on, how much of it is done, and out of how much. `as_of` assumes another moment
    than the database's clock tells: one in UTC, or one so many seconds from now. `rotate` names resources that get a
    successor, and nothing else happens then. `expiring_within` asks, in seconds, what will have expired by then.
    `save_to` is where a plan is to be saved; `approval` is what somebody has agreed to, and all that may be applied.
    `command` is what the history calls a run that writes, where it is neither `apply` nor `rotate`.
    `rollback` names a run that is undone, instead of applying the manifests.
    """

    here: Path
    environ: Mapping[str, str]
    config: Path | None = None
    paths: tuple[Path, ...] = ()
    selection: Selection = field(default_factory=Selection)
    prune: bool = False
    limits: Limits = field(default_factory=Limits)
    lock_seconds: float = 60
    as_of: str | float | None = None
    rotate: Mapping[Address, Forced] = field(default_factory=dict)
    expiring_within: float | None = None
    save_to: Path | None = None
    approval: Approval | None = None
    rollback: str | None = None
    progress: Callable[[str, int, int], None] = no_progress
    command: str = ""

    def __post_init__(self) -> None:
        """Whatever holds the request or a part of it can be shown, and no secret of the environment with it."""
        object.__setattr__(self, "environ", Environment(self.environ))
