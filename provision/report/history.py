"""What `provision history` shows: the runs that wrote something, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from provision.core.value import Value
from provision.report.escape import line_of_data, printable
from provision.report.json_object import whole_object

SHOWN_OF_ID = 8
SHOWN_OF_COMMIT = 12
_TITLES = ("RUN", "WHEN", "WHO", "COMMAND", "CHANGES", "COMMIT", "OUTCOME")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """One run of a project; `waiting` counts the secrets that it made and that have not been delivered."""

    id: str
    project: str
    seq: int | None
    started_at: str
    written_at: str | None
    actor: str
    commit: str | None
    branch: str | None
    job_url: str | None
    command: str | None
    tool_version: str
    fingerprint: str
    added: int
    changed: int
    removed: int
    hash: str | None
    waiting: int

    @property
    def outcome(self) -> str:
        """`applied`, and what is still to come; a run that failed or was refused has left nothing to show."""
        if not self.waiting:
            return "applied"
        return f"applied, {self.waiting} {'delivery' if self.waiting == 1 else 'deliveries'} waiting"


def as_text(runs: Sequence[RunEntry]) -> Iterator[str]:
    """One line a run."""
    if not runs:
        yield "No runs."
        return
    rows = [_TITLES, *map(_row, runs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        yield line_of_data(line.rstrip())


def as_json(runs: Sequence[RunEntry]) -> Iterator[str]:
    """One JSON object."""
    yield whole_object({}, {"runs": map(run_object, runs)})


def run_object(run: RunEntry) -> Value:
    """A run in JSON."""
    return {**asdict(run), "outcome": run.outcome}


def _row(run: RunEntry) -> tuple[str, ...]:
    commit = (run.commit or "-")[:SHOWN_OF_COMMIT]
    return (
        printable(run.id[:SHOWN_OF_ID]),
        # Fractions of a second are for `history show`.
        printable(f"{run.started_at[:19]}Z"),
        printable(run.actor),
        printable(run.command or "-"),
        f"+{run.added} ~{run.changed} -{run.removed}",
        printable(f"{commit} ({run.branch})" if run.branch else commit),
        run.outcome,
    )
