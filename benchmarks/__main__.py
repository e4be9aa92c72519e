"""`make bench`: measure, print Markdown, and with `--write` put it into benchmarks/README.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cases import Bench, reconciling, starting
from benchmarks.secrets import SECRET_CASES
from benchmarks.table import reconciling_table, secrets_table, starting_table
from tests.postgres import Server, running_postgres

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results of {part}: written by `python -m benchmarks --write` -->", "<!-- end of {part} -->"
Part = Callable[[Bench, Sequence[int]], Iterator[str]]


def main() -> None:
    """Measure every part and size that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this one; all of them when left out")
    parser.add_argument("--sizes", type=_sizes, default=(1_000, 10_000, 100_000), help="numbers of users: 1000,10000")
    parser.add_argument("--write", action="store_true", help=f"put the results into {README.name}")
    options = parser.parse_args()
    with running_postgres() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server=server, folder=Path(folder))
        for part in options.part or PARTS:
            lines = list(_with_facts(PARTS[part](bench, options.sizes), server))
            print("\n".join(lines))
            if options.write:
                _write(part, lines)


def _write(part: str, lines: Sequence[str]) -> None:
    begin, end = BEGIN.format(part=part), END.format(part=part)
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    README.write_text("\n".join([before + begin, "", *lines, "", end + after]), encoding="utf-8")


def _with_facts(lines: Iterator[str], server: Server) -> Iterator[str]:
    load = os.getloadavg()[0]
    yield from lines
    yield ""
    yield from _facts(server, load)


def _reconciling(bench: Bench, sizes: Sequence[int]) -> Iterator[str]:
    results = {}
    _say("the baseline")
    baseline = reconciling(bench, 1)
    for users in sizes:
        _say(f"{users:,} users")
        results[users] = reconciling(bench, users)
    _say("start-up")
    started = list(starting(bench))
    yield from reconciling_table(results, baseline)
    yield ""
    yield from starting_table(started)


def _secrets(bench: Bench, _sizes: Sequence[int]) -> Iterator[str]:
    results = []
    for case in SECRET_CASES:
        _say(case.__name__)
        results.append(case(bench))
    yield from secrets_table(results)


PARTS: Mapping[str, Part] = {"reconciling": _reconciling, "secrets": _secrets}


def _facts(server: Server, load: float) -> Iterator[str]:
    version = server.execute("SHOW server_version")[0][0].split()[0]
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}, PostgreSQL {version} on the same machine; "
        f"load average {load:.1f} before, {os.getloadavg()[0]:.1f} after."
    )


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(size) for size in text.split(",")))


def _say(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
