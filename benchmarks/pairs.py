"""Pairs of samples, taken in turns, and what is said of them: ratios first, since they hold on any machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.process import Sample

Take = Callable[[], Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The same work done by us (or by more of us) and by what it is measured against, several times."""

    samples: Sequence[tuple[Sample, Sample]]

    @property
    def ratios(self) -> list[float]:
        """Our time over the other's, for each pair, in ascending order."""
        return sorted(ours.seconds / other.seconds for ours, other in self.samples)

    @property
    def cpu_ratio(self) -> float:
        """The same for the processor time of the two processes, without the database's; noise touches it less."""
        return median(ours.cpu_seconds / other.cpu_seconds for ours, other in self.samples)

    @property
    def seconds(self) -> tuple[float, float]:
        """The medians of both times."""
        return median(ours.seconds for ours, _ in self.samples), median(other.seconds for _, other in self.samples)

    @property
    def statements(self) -> int:
        """Our SQL statements."""
        return self.samples[0][0].statements

    @property
    def hashes(self) -> tuple[int, int]:
        """The calls of bcrypt of both."""
        ours, other = self.samples[0]
        return ours.hashes, other.hashes

    @property
    def peaks_kib(self) -> tuple[float, float]:
        """The medians of both peaks."""
        return median(ours.peak_kib for ours, _ in self.samples), median(other.peak_kib for _, other in self.samples)


def in_turns(ours: Take, other: Take, times: int) -> Pairs:
    """Take both samples so many times, one after the other: what slows the machine down slows both."""
    return Pairs(samples=[(ours(), other()) for _ in range(times)])
