"""Whether a project's chain of runs holds, and which run does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from provision.core.chain import Link, Seal, row_digest
from provision.core.pruning import last_pruning
from provision.core.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not fit: at which run, if it can be named, and what."""

    message: str
    run: str | None = None
    seq: int | None = None


@dataclass(slots=True)
class _Counted:
    """What was seen of a run's changes: how many, and the first position that was not there."""

    changes: int = 0
    missing: int | None = None


@dataclass(slots=True)
class ChainCheck:
    """Give it the runs in their order, then every change in the order of its run, then ask for the findings.

    `older` is how many runs there are without a number.
    """

    links: Sequence[Link]
    older: int
    _seals: dict[str, Seal] = field(default_factory=dict)
    _seen: dict[str, _Counted] = field(default_factory=dict)
    _pruned: Counter[str] = field(default_factory=Counter)
    _structure: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Walk along the numbers, and make ready to hash each run that has one before it."""
        pruning = last_pruning(self.links)
        self._structure += self._older(pruning.older)
        kept, previous, last = dict(pruning.kept), pruning.hash, pruning.through
        for link in self.links:
            if link.seq <= pruning.through:
                self._structure += _survivor(link, kept.pop(link.seq, None))
                self._pruned[link.id] = 0
                continue
            if link.seq == last + 1:
                self._seals[link.id] = Seal(link.columns, previous)
            else:
                self._structure.append(_gap(last, link))
            self._seen[link.id] = _Counted()
            previous, last = link.hash, link.seq
        self._structure += (
            Finding(seq=seq, message=f"run {seq}, which pruning kept, was removed") for seq in sorted(kept)
        )

    def add(self, run: str, change: Sequence[Value]) -> None:
        """Take in a change: position, address, action, fields, source; one of an unchained run is passed over."""
        if run in self._pruned:
            self._pruned[run] += 1
            return
        seen = self._seen.get(run)
        if seen is None:
            return
        if change[0] != seen.changes and seen.missing is None:
            seen.missing = seen.changes
        seen.changes += 1
        if run in self._seals:
            self._seals[run].add(change)

    def findings(self) -> list[Finding]:
        """All that does not fit, in the order of the runs; none when the chain holds."""
        found = [*self._structure, *self._broken(), *self._filled()]
        return sorted(found, key=lambda item: (item.seq is not None, item.seq or 0))

    def _older(self, expected: int) -> Iterator[Finding]:
        if self.links and self.older != expected:
            yield Finding(
                message=f"{self.older} runs are there from before the chain began, and there were {expected}"
            )

    def _broken(self) -> Iterator[Finding]:
        for link in self.links:
            seal = self._seals.get(link.id)
            if seal is not None and seal.close() != link.hash:
                yield Finding(run=link.id, seq=link.seq, message=self._why(link))

    def _why(self, link: Link) -> str:
        seen = self._seen[link.id]
        if link.hash is None:
            return "it has no hash"
        if seen.missing is not None:
            return f"its change at position {seen.missing} is missing or was moved"
        said = _count(link)
        if said != seen.changes:
            return f"it has {seen.changes} changes, and its counts say {said}"
        return "the run, or one of its changes, was edited"

    def _filled(self) -> Iterator[Finding]:
        for link in self.links:
            if self._pruned[link.id]:
                yield Finding(run=link.id, seq=link.seq, message="changes were added after pruning had removed them")


def _survivor(link: Link, digest: str | None) -> Iterator[Finding]:
    if digest is None:
        yield Finding(run=link.id, seq=link.seq, message="it was added: pruning did not keep it")
    elif digest != row_digest(link):
        yield Finding(run=link.id, seq=link.seq, message="the run was edited after its changes were pruned")


def _gap(last: int, link: Link) -> Finding:
    if link.seq <= last:
        return Finding(run=link.id, seq=link.seq, message="another run has the same number")
    gone = f"run {last + 1} is" if link.seq == last + 2 else f"runs {last + 1} to {link.seq - 1} are"
    return Finding(run=link.id, seq=link.seq, message=f"{gone} missing before it")


def _count(link: Link) -> int | None:
    counts = [link.columns.get(name) for name in ("added", "changed", "removed")]
    numbers = [count for count in counts if isinstance(count, int)]
    return sum(numbers) if len(numbers) == len(counts) else None
