"""What `provision history verify` and `provision history prune` show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from provision.core.chain_check import Finding
from provision.core.value import Value
from provision.report.escape import printable
from provision.report.json_object import whole_object
from provision.report.view import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainView:
    """How a chain was found: its head, its length, and what does not fit.

    `older` are runs from before the chain began, `pruned` is the number up to which it was pruned.
    """

    project: str
    head: RunView | None
    runs: int
    changes: int
    older: int
    pruned: int
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneView:
    """What is pruned: runs and changes from before a moment; `kept` are old runs whose rows have to stay."""

    before: str
    runs: int
    changes: int
    kept: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to prune."""
        return not (self.runs or self.changes)


def as_text(view: ChainView) -> Iterator[str]:
    """Every finding, then how far the chain goes."""
    for finding in view.findings:
        where = f"run {finding.run} (number {finding.seq})" if finding.seq and finding.run else finding.run
        text = f"{where}: {finding.message}" if where else finding.message
        yield f"Broken: {printable(text)}"
    if view.head is None:
        yield "There is no chain yet: the next run that writes begins it."
    else:
        verdict = "does not hold" if view.findings else "holds"
        yield f"The chain of {printable(view.project)} {verdict}: {view.runs} runs, {view.changes} changes."
        yield f"Head: number {view.head.seq}, {printable(str(view.head.hash))}"
    if view.older:
        yield f"Not covered: {view.older} {'run' if view.older == 1 else 'runs'} from before the chain began."
    if view.pruned:
        yield f"Pruned up to number {view.pruned}."


def as_json(view: ChainView) -> Iterator[str]:
    """One JSON object."""
    members: dict[str, Value] = {
        "project": view.project,
        "holds": not view.findings,
        "head": asdict(view.head) if view.head else None,
        "runs": view.runs,
        "changes": view.changes,
        "older": view.older,
        "pruned": view.pruned,
    }
    yield whole_object(members, {"findings": map(asdict, view.findings)})


def prune_text(view: PruneView) -> Iterator[str]:
    """What goes, and what stays behind."""
    if view.is_empty:
        yield f"Nothing to prune: no run, nor any change, is from before {view.before}."
        return
    yield f"From before {view.before}: {view.runs} runs and {view.changes} changes."
    if view.kept:
        yield f"{view.kept} older runs stay, without their changes: resources refer to them."
