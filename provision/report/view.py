"""What a report is made of, and who makes it: reporters by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from typing import Protocol, cast

from provision.core.guards import Refusal
from provision.core.plan import Plan
from provision.errors import Problem


class Stage(Enum):
    """How far a run got: only planned, written and rolled back, stopped by a guard at apply, or written."""

    PLANNED = auto()
    EXECUTED = auto()
    REFUSED = auto()
    APPLIED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """What the ledger calls a run that wrote: its id, its number in the project, and the hash of the chain there."""

    id: str
    seq: int | None
    hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan or its outcome, as shown; `target` is the database's URL without its password.

    `as_of` is the moment that was assumed instead of the present one. `fingerprint` is what a person approves; None
    of a plan for another moment, and where no key keeps private values in it from being guessed. `saved` is the file;
    `run` is there when something was written. `rollback` is the run that is undone.
    """

    plan: Plan
    project: str
    target: str
    stage: Stage = Stage.PLANNED
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    as_of: str | None = None
    fingerprint: str | None = None
    saved: str | None = None
    run: RunView | None = None
    rollback: str | None = None


class Reporter(Protocol):
    """One format. Both functions give lines without their ends; only the text format knows colours."""

    def plan(self, view: PlanView, *, colour: bool) -> Iterator[str]:
        """A whole report of a plan or its outcome."""

    def problems(self, problems: Sequence[Problem], *, colour: bool) -> Iterator[str]:
        """A whole report of a run that ended before there was a plan."""


# Modules, not functions: only the one that is asked for is imported.
REPORTERS = {
    "text": "provision.report.text",
    "json": "provision.report.json_object",
    "markdown": "provision.report.markdown",
    "html": "provision.report.html_page",
}


def reporter(name: str) -> Reporter:
    """The reporter of that name; raises KeyError for a name that REPORTERS does not have."""
    return cast(Reporter, import_module(REPORTERS[name]))
