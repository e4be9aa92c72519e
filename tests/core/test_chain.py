"""The chain of runs: whatever is edited, removed, added or moved in it is found, and at which run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.chain import Link, Seal, row_digest, secret_digest
from provision.core.chain_check import ChainCheck, Finding
from provision.core.pruning import COMMAND, genesis, last_pruning, prune
from provision.core.value import Fields

Change = tuple[int, str, str, str, str]


@dataclass(slots=True)
class History:
    """Runs and their changes, as a database would have them."""

    links: list[Link]
    changes: dict[str, list[Change]]
    older: int = 0

    def findings(self) -> list[Finding]:
        check = ChainCheck(sorted(self.links, key=lambda link: link.seq), self.older)
        for run, changes in self.changes.items():
            for change in changes:
                check.add(run, change)
        return check.findings()

    def append(self, count: int, *, command: str = "apply", details: str | None = None) -> None:
        last = self.links[-1] if self.links else None
        seq = last.seq + 1 if last else 1
        run = f"run-{seq}"
        if details is None and last is None:
            details = genesis(self.older)
        changes = [(place, f"User/{seq}-{place}", "create", "[]", "all.yaml:1") for place in range(count)]
        columns: Fields = {
            "id": run,
            "project": "acme",
            "seq": seq,
            "started_at": f"2026-01-{seq:02}T00:00:00Z",
            "command": command,
            "added": count,
            "changed": 0,
            "removed": 0,
            "details": details,
        }
        seal = Seal(columns, last.hash if last else None)
        for change in changes:
            seal.add(change)
        self.links.append(Link(id=run, seq=seq, hash=seal.close(), columns=columns))
        self.changes[run] = list(changes)

    def edit(self, place: int, **columns: Any) -> None:
        link = self.links[place]
        self.links[place] = replace(link, seq=columns.get("seq", link.seq), columns={**link.columns, **columns})

    def prune(self, before: str, needed: Sequence[str] = ()) -> None:
        record = prune(self.links, needed, before=before, older=self.older)
        self.append(0, command=COMMAND, details=record.as_text())
        for link in [link for link in self.links if link.seq <= record.through]:
            self.changes.pop(link.id, None)
            if link.id not in needed:
                self.links.remove(link)


def history(*counts: int, older: int = 0) -> History:
    made = History(links=[], changes={}, older=older)
    for count in counts:
        made.append(count)
    return made


def swap_changes(it: History) -> None:
    first, second, *rest = it.changes["run-2"]
    it.changes["run-2"] = [(0, *second[1:]), (1, *first[1:]), *rest]


def swap_runs(it: History) -> None:
    it.edit(1, seq=3)
    it.edit(2, seq=2)


def take_hash(it: History) -> None:
    it.links[1] = replace(it.links[1], hash=None)


def add_change(it: History) -> None:
    it.changes["run-2"].append((3, "User/eve", "create", "[]", "all.yaml:1"))


TAMPERED: dict[str, tuple[Callable[[History], object], list[tuple[str | None, str]]]] = {
    "a column is edited": (
        lambda it: it.edit(1, command="rotate"),
        [("run-2", "the run, or one of its changes, was edited")],
    ),
    "a count is edited": (lambda it: it.edit(1, added=4), [("run-2", "its changes number 3, and its counts say 4")]),
    "a count is edited into no number": (
        lambda it: it.edit(1, added="3"),
        [("run-2", "its changes number 3, and its counts say None")],
    ),
    "a change is edited": (
        lambda it: it.changes["run-2"].__setitem__(1, (1, "User/mallory", "create", "[]", "all.yaml:1")),
        [("run-2", "the run, or one of its changes, was edited")],
    ),
    "the first change is removed": (
        lambda it: it.changes["run-2"].pop(0),
        [("run-2", "its change at position 0 is missing or was moved")],
    ),
    "the last change is removed": (
        lambda it: it.changes["run-2"].pop(),
        [("run-2", "its changes number 2, and its counts say 3")],
    ),
    "a change is added": (add_change, [("run-2", "its changes number 4, and its counts say 3")]),
    "two changes are swapped": (swap_changes, [("run-2", "the run, or one of its changes, was edited")]),
    "two runs are swapped": (
        swap_runs,
        [
            ("run-3", "the run, or one of its changes, was edited"),
            ("run-2", "the run, or one of its changes, was edited"),
            ("run-4", "the run, or one of its changes, was edited"),
        ],
    ),
    "a run is removed": (lambda it: it.links.pop(1), [("run-3", "run 2 is missing before it")]),
    "two runs are removed": (
        lambda it: it.links.__delitem__(slice(0, 2)),
        [("run-3", "runs 1 to 2 are missing before it")],
    ),
    "a run is numbered twice": (
        lambda it: it.edit(2, seq=2),
        [("run-3", "another run has the same number"), ("run-4", "run 3 is missing before it")],
    ),
    "a hash is taken away": (
        take_hash,
        [("run-2", "it has no hash"), ("run-3", "the run, or one of its changes, was edited")],
    ),
    "a run without a number is added": (
        lambda it: setattr(it, "older", 1),
        [(None, "the number of runs from before the chain began is 1, and was 0")],
    ),
}


def assert_numbered(it: History) -> None:
    """Each finding has the number of its run, and they stand in that order."""
    numbers = {link.id: link.seq for link in it.links}
    found = it.findings()
    assert all(one.seq == numbers[one.run] for one in found if one.run is not None)
    assert [one.seq or 0 for one in found] == sorted(one.seq or 0 for one in found)


@pytest.mark.parametrize("tamper", TAMPERED)
def test_what_was_tampered_with_is_named(tamper: str) -> None:
    it = history(1, 3, 1, 1)
    assert it.findings() == []
    change, expected = TAMPERED[tamper]
    change(it)
    assert [(found.run, found.message) for found in it.findings()] == expected
    assert_numbered(it)


def test_the_end_alone_can_be_cut_off_unnoticed() -> None:
    it = history(1, 1, 1)
    it.links.pop()
    assert it.findings() == []


@given(counts=st.lists(st.integers(0, 4), max_size=6), older=st.integers(0, 3))
def test_a_chain_that_nobody_touched_holds(counts: list[int], older: int) -> None:
    assert history(*counts, older=older).findings() == []


@given(data=st.data(), counts=st.lists(st.integers(1, 3), min_size=1, max_size=5))
def test_any_edit_of_any_column_is_found(data: st.DataObject, counts: list[int]) -> None:
    it = history(*counts)
    place = data.draw(st.integers(0, len(counts) - 1))
    column = data.draw(st.sampled_from([name for name in it.links[place].columns if name != "seq"]))
    it.edit(place, **{column: "something else"})
    assert it.links[place].id in {found.run for found in it.findings()}


def test_the_text_of_a_seal_has_one_reading() -> None:
    columns: Fields = {"project": "acme", "seq": 1}
    one, two = Seal(columns, None), Seal(columns, None)
    one.add((0, "a", "b"))
    one.add((1, "c", "d"))
    two.add((0, "a", "b"))
    two.add((1, "c,", "d"))
    assert len({Seal(columns, None).close(), Seal(columns, "sha256:0").close(), one.close(), two.close()}) == 4


def test_the_scheme_of_a_seal_is_what_the_guide_says() -> None:
    """From the outside: SHA-256 of one JSON text, so that anybody can check a chain without this program."""
    columns: Fields = {"project": "acme", "seq": 2, "actor": "Zoë"}
    changes = [(place, f"User/{place}", "create", "[]", "a.yaml:1") for place in range(3)]
    for count in range(4):
        seal = Seal(columns, "sha256:00")
        for change in changes[:count]:
            seal.add(change)
        whole = ["provision-chain/1", "acme", 2, "sha256:00", columns, changes[:count]]
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        assert seal.close() == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_pruned_chain_holds_and_goes_on() -> None:
    it = history(1, 2, 1, 1)
    it.prune("2026-01-04T00:00:00Z", needed=["run-2"])
    assert [link.seq for link in it.links] == [2, 4, 5]
    it.append(2)
    assert it.findings() == []
    it.prune("2026-01-06T00:00:00Z", needed=["run-4"])
    assert [link.seq for link in it.links] == [4, 6, 7]
    assert it.findings() == []


def test_the_last_pruned_run_can_be_kept_as_well() -> None:
    it = history(1, 2, 1, 1)
    it.prune("2026-01-04T00:00:00Z", needed=["run-3"])
    assert [link.seq for link in it.links] == [3, 4, 5]
    assert it.findings() == []


def test_pruning_stops_at_the_first_run_that_is_young_enough() -> None:
    it = history(1, 1, 1)
    it.edit(0, started_at="2027-01-01T00:00:00Z")
    assert prune(it.links, [], before="2026-06-01T00:00:00Z", older=0).through == 0


PRUNED: dict[str, tuple[Callable[[History], object], tuple[str | None, str]]] = {
    "one that was kept is removed": (
        lambda it: it.links.pop(0),
        (None, "run 2, which pruning kept, was removed"),
    ),
    "one that was kept is edited": (
        lambda it: it.edit(0, added=7),
        ("run-2", "the run was edited after its changes were pruned"),
    ),
    "one that went is put back": (
        lambda it: it.links.insert(0, history(1).links[0]),
        ("run-1", "it was added: pruning did not keep it"),
    ),
    "changes are put back": (
        lambda it: it.changes.__setitem__("run-2", [(0, "User/2-0", "create", "[]", "all.yaml:1")]),
        ("run-2", "changes were added after pruning had removed them"),
    ),
    "one more is removed": (lambda it: it.links.pop(1), ("run-5", "run 4 is missing before it")),
    "the record is edited": (
        lambda it: it.edit(2, details='{"through":4,"hash":null,"kept":[],"older":0}'),
        ("run-5", "the run, or one of its changes, was edited"),
    ),
    "the record is no record": (lambda it: it.edit(2, details="[]"), ("run-2", "run 1 is missing before it")),
}


@pytest.mark.parametrize("tamper", PRUNED)
def test_what_was_tampered_with_after_a_pruning_is_named(tamper: str) -> None:
    it = history(1, 2, 1, 1)
    it.prune("2026-01-04T00:00:00Z", needed=["run-2"])
    change, expected = PRUNED[tamper]
    change(it)
    assert expected in [(found.run, found.message) for found in it.findings()]
    assert_numbered(it)


def test_what_fits_nowhere_comes_first_and_a_kept_run_that_is_gone_has_its_number() -> None:
    it = history(1, 2, 1, 1)
    it.prune("2026-01-04T00:00:00Z", needed=["run-2"])
    it.links.pop(0)
    it.older = 1
    assert [(found.run, found.seq) for found in it.findings()] == [(None, None), (None, 2)]


def test_a_pruning_is_read_as_it_was_written() -> None:
    it = history(1, 1, older=3)
    assert last_pruning(it.links).older == 3
    record = prune(it.links, ["run-1"], before="2026-01-02T00:00:00Z", older=2)
    assert record.kept == {1: row_digest(it.links[0])}
    it.append(0, command=COMMAND, details=record.as_text())
    assert last_pruning(it.links) == record


def test_equal_secrets_have_unequal_digests() -> None:
    digests = {
        secret_digest(run, address, field, "stored")
        for run in ("r1", "r2")
        for address in ("User/a", "User/b")
        for field in ("password", "pin")
    }
    assert len(digests) == 8
    assert all(len(digest) == len("sha256:") + 16 for digest in digests)
