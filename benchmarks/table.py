"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.cases import CREATE, NO_OP, ONE_CHANGE, REFLECTED
from benchmarks.pairs import Pairs
from benchmarks.secrets import SecretCase

AGAINST = {
    NO_OP: "parse + `SELECT`",
    REFLECTED: "parse + `SELECT`",
    CREATE: "parse + `COPY`",
    ONE_CHANGE: "no-op plan",
}
HEADINGS = (
    "work",
    "users",
    "against",
    "**ratio**",
    "lowest to highest",
    "processor time",
    "seconds",
    "SQL statements",
    "peak MB",
    "ratio without start-up",
    "KB a user",
)
SECRETS_HEADINGS = (*("work", "against", "**ratio**", "lowest to highest"), *HEADINGS[5:7], "calls of bcrypt")


def reconciling_table(results: Mapping[int, Mapping[str, Pairs]], baseline: Mapping[str, Pairs]) -> Iterator[str]:
    """One row for each case and size; `baseline` is the same with one user, for what size adds to start-up."""
    yield from _header(HEADINGS)
    for case, against in AGAINST.items():
        yield _row(case, "1", against, *_figures(baseline[case]), "", "")
        for users, pairs in results.items():
            yield _row(
                case, f"{users:,}", against, *_figures(pairs[case]), *_growth(pairs[case], baseline[case], users)
            )


def starting_table(results: Sequence[tuple[str, Pairs]]) -> Iterator[str]:
    """One row for each command beside a bare start of the interpreter."""
    yield from _header(("command", "milliseconds", "`python -c ''`", "**difference**"))
    for command, pairs in results:
        ours, bare = (seconds * 1000 for seconds in pairs.seconds)
        yield _row(f"`provision {command}`", f"{ours:.0f}", f"{bare:.0f}", f"**{ours - bare:.0f}**")


def secrets_table(cases: Iterable[SecretCase]) -> Iterator[str]:
    """One row for each case."""
    yield from _header(SECRETS_HEADINGS)
    for case in cases:
        pairs = case.pairs
        ratio, spread, cpu, seconds, *_ = _figures(pairs)
        hashes = " / ".join(f"{number:,}" for number in pairs.hashes)
        yield _row(case.work, case.against, ratio, spread, cpu, seconds, hashes)


def _figures(pairs: Pairs) -> Iterator[str]:
    ratios, (ours, other) = pairs.ratios, pairs.seconds
    yield f"**{ratios[len(ratios) // 2]:.2f}**"
    yield f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    yield f"{pairs.cpu_ratio:.2f}"
    yield f"{ours:.2f} / {other:.2f}"
    yield str(pairs.statements)
    yield " / ".join(f"{peak / 1024:.0f}" for peak in pairs.peaks_kib)


def _growth(pairs: Pairs, baseline: Pairs, users: int) -> Iterator[str]:
    """What each further user costs: time as a ratio, memory in KB."""
    ours, other = (now - base for now, base in zip(pairs.seconds, baseline.seconds, strict=True))
    yield f"{ours / other:.2f}"
    grown = zip(pairs.peaks_kib, baseline.peaks_kib, strict=True)
    yield " / ".join(f"{(peak - base) / (users - 1):.1f}" for peak, base in grown)


def _header(headings: Sequence[str]) -> Iterator[str]:
    yield _row(*headings)
    yield _row(*("---" for _ in headings))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
