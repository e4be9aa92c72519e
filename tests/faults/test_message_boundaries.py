"""The connection is cut after any message of an apply, either way: before or after, and what is said is true."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.faults.boundaries import Boundary, Side, message_proxy
from tests.faults.copies import Copy, copy_of
from tests.faults.mixed import APPLY, SUMMARY, prepare, read_written
from tests.faults.said import says_nothing_was_written, without_retries
from tests.faults.strike import run_struck
from tests.project import Outcome, Project, make_project
from tests.sample import sampled

OK, UNDELIVERED, UNREACHABLE = 0, 1, 3
EACH_SIDE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An apply to be cut: copies of the project, what is in the database before and after, and its messages.

    `commits` are the boundaries before each COMMIT, either way.
    """

    copy: Copy
    before: str
    after: str
    counts: Counter[Side]
    commits: list[Boundary]

    def boundaries(self) -> list[Boundary]:
        """A few of each side, or all; those around each COMMIT and its answer in any case."""
        chosen = [
            Boundary(side=side, number=number)
            for side in Side
            for number in sampled(range(self.counts[side]), EACH_SIDE)
        ]
        at = [replace(before, number=before.number + step) for before in self.commits for step in (0, 1)]
        return list(dict.fromkeys([*chosen, *at]))


@pytest.fixture
def session(request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str) -> Session:
    """One apply through the proxy, whose messages are counted."""
    project = make_project(tmp_path / "original", postgres_url)
    prepare(project)
    copy = copy_of(project, request)
    with copy("whole") as whole:
        with message_proxy(whole.url) as proxy:
            outcome, _ = run_struck(replace(whole, url=proxy.url), *APPLY)
        assert outcome.code == OK, outcome.stderr
        assert SUMMARY in outcome.stdout
        return Session(
            copy=copy,
            before=read_written(project),
            after=read_written(whole),
            counts=proxy.counts,
            commits=proxy.commits,
        )


def test_a_connection_cut_at_any_message_leaves_before_or_after_and_the_truth_is_said(session: Session) -> None:
    assert session.before != session.after
    boundaries = session.boundaries()
    with ThreadPoolExecutor(max_workers=2) as threads:
        found = list(threads.map(lambda cut: _cut_copy(session, cut), boundaries))
    print(f"{len(found)} of {session.counts} boundaries: {Counter(found)}")
    assert [name for name in found if name not in {"before", "after"}] == []
    assert {"before", "after"} == set(found)


def _cut_copy(session: Session, cut: Boundary) -> str:
    with session.copy(f"{cut.side.name.lower()}-{cut.number}") as project:
        return _cut(session, cut, project)


def _cut(session: Session, cut: Boundary, project: Project) -> str:
    """Whether the database is as before or as after; or else what is wrong with it, or with what was said."""
    with message_proxy(project.url, cut) as proxy:
        there = replace(project, url=proxy.url)
        outcome, lived = run_struck(there, *APPLY)
        left = read_written(project)
        # By the same way in: what is staged is for the database of this URL.
        again, _ = run_struck(there, *APPLY, "--lock-timeout", "5s")
    where = f"after message {cut.number} of the {cut.side.name}, {lived[-1] if lived else 'connecting'}"
    if not proxy.was_cut.is_set():
        return f"{where}: no cut"
    if left not in (session.before, session.after):
        return f"{where}: between before and after"
    state = "before" if left == session.before else "after"
    if not _is_true(outcome, state):
        return f"{where}: {state}, but {outcome.code} {outcome.stderr}"
    is_well = again.code == OK and read_written(project) == session.after
    return state if is_well else f"{where}: the next run ends with {again.code} {again.stderr}"


def _is_true(outcome: Outcome, state: str) -> bool:
    """Done and code 0, or done but for the delivery and code 1, or nothing done and code 3; and said so."""
    if state == "before":
        return outcome.code == UNREACHABLE and says_nothing_was_written(outcome.stderr)
    if outcome.code == UNDELIVERED:
        return without_retries(outcome.stderr)[0].startswith(
            "Error: the changes were written; their secrets are staged"
        )
    return outcome.code == OK and not without_retries(outcome.stderr) and SUMMARY in outcome.stdout
