"""The one tree of errors: each carries a message, a hint, and the exit code that the command line ends with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """What a command of ours ends with; the table is part of the public contract."""

    DONE = 0
    ERROR = 1
    CHANGES_PENDING = 2
    UNREACHABLE = 3
    STALE_PLAN = 4
    REFUSED = 5
    OUTCOME_UNKNOWN = 6
    USAGE = 64
    # 128 + the signal's number, as shells have it.
    INTERRUPTED = 130
    TERMINATED = 143


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with the input: where (`position`, and `path` as in `spec.email`), what, and what to do."""

    message: str
    position: Position | None = None
    path: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = ": ".join(part for part in (str(self.position or ""), self.path) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}. Hint: {self.hint}" if self.hint else text


class ProvisionError(Exception):
    """The root. The message says what is wrong, the hint what to do next; neither ever holds a secret."""

    exit_code: ClassVar[ExitCode] = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInputError(ProvisionError):
    """Manifests or settings that cannot be used; holds every problem found, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"{count} problem{'' if count == 1 else 's'} found, nothing was written")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a database tells of the row that it refused: names alone, never values.

    `code` is its own: an SQLSTATE, a number, or SQLite's name.
    """

    table: str = ""
    columns: tuple[str, ...] = ()
    constraint: str = ""
    code: str = ""


class DatabaseError(ProvisionError):
    """The database refused a statement, or lacks what the bindings name.

    There are `facts` when a row of the statement is to blame, rather than its circumstances.
    It is `transient` when the same, done once more from the beginning, may well succeed, and is known to have had no
    effect. A lost COMMIT is never that.
    """

    transient: bool = False

    def __init__(self, message: str, *, hint: str = "", facts: Facts | None = None) -> None:
        super().__init__(message, hint=hint)
        self.facts = facts


class RowsRefusedError(DatabaseError):
    """Rows of a plan that the database, or the application's class, does not take: a problem for each document."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first, count = self.problems[0], len(self.problems)
        message = first.message if count == 1 else f"{count} documents were refused, nothing was written"
        super().__init__(message, hint=first.hint if count == 1 else "")


class UnreachableError(DatabaseError):
    """No connection to the database could be made, or it was lost."""

    exit_code = ExitCode.UNREACHABLE


class LockNotObtainedError(DatabaseError):
    """Another run, or the application, held a lock for longer than `--lock-timeout`."""

    exit_code = ExitCode.UNREACHABLE


class StalePlanError(ProvisionError):
    """The database moved on between the plan that was shown and the moment it would have been applied."""

    exit_code = ExitCode.STALE_PLAN


class RefusedError(ProvisionError):
    """A guard said no; the hint names the flag that lifts it."""

    exit_code = ExitCode.REFUSED


class OutcomeUnknownError(DatabaseError):
    """The answer to COMMIT was lost, and the database cannot be reached to settle it."""

    exit_code = ExitCode.OUTCOME_UNKNOWN
