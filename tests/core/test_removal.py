"""What happens to a resource whose manifest is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.planner import make_plan
from provision.core.state import Row
from tests.core.states import ask, at, declared, found, only, plan, recorded, shown, written


def test_a_removal_is_shown_and_carried_out_only_when_asked_for() -> None:
    known = found("User/alice"), recorded(declared("User/alice"))
    waiting = plan([], *known)
    assert (shown(waiting.changes), shown(waiting.pending)) == ([], ["disable User/alice"])
    pruned = plan([], *known, prune=True)
    assert (shown(pruned.changes), shown(pruned.pending)) == (["disable User/alice"], [])


@pytest.mark.parametrize("on_remove", ["disable", "delete", "abandon"])
def test_what_was_recorded_says_how_a_resource_goes(on_remove: str) -> None:
    change = only(plan([], found("User/alice"), recorded(declared("User/alice", on_remove=on_remove)), prune=True))
    assert change.action == on_remove
    assert change.reason == "no longer in the manifests"
    assert change.source == "people.yaml:3"
    assert written(change) == ({"status": ("active", "disabled")} if on_remove == "disable" else {})


@pytest.mark.parametrize("on_remove", ["disable", "delete", "abandon"])
def test_a_row_that_is_gone_already_is_only_forgotten(on_remove: str) -> None:
    change = only(plan([], recorded(declared("User/alice", on_remove=on_remove)), prune=True))
    assert (change.action, change.primary_key) == ("abandon", None)
    assert change.reason == "no longer in the manifests; its row is gone already"


def test_a_row_that_somebody_made_anew_under_the_same_name_is_only_forgotten() -> None:
    last = recorded(declared("User/alice", on_remove="delete"), 1)
    change = only(plan([], found("User/alice", 2), last, prune=True))
    assert (change.action, change.fields) == ("abandon", ())
    assert change.reason == "no longer in the manifests; the row of that name is another one now"


def test_what_is_disabled_already_is_forgotten_without_a_write_to_the_row() -> None:
    change = only(plan([], found("User/alice", status="disabled"), recorded(declared("User/alice")), prune=True))
    assert (change.action, change.fields) == ("disable", ())


@pytest.mark.parametrize("on_remove", ["disable", "delete"])
def test_a_protected_resource_is_shown_apart_and_not_removed(on_remove: str) -> None:
    last = recorded(declared("User/alice", on_remove=on_remove, prevent_removal=True))
    result = plan([], found("User/alice"), last, prune=True)
    assert (shown(result.changes), shown(result.protected)) == ([], [f"{on_remove} User/alice"])


def test_a_protected_resource_waits_like_any_other_while_removals_are_not_asked_for() -> None:
    result = plan([], found("User/alice"), recorded(declared("User/alice", prevent_removal=True)))
    assert (shown(result.pending), result.protected) == (["disable User/alice"], ())


@pytest.mark.parametrize(
    ("on_remove", "rows"),
    [("delete", ()), ("delete", (found("User/alice", 2),)), ("abandon", (found("User/alice"),))],
)
def test_protection_does_not_stop_us_from_forgetting(on_remove: str, rows: tuple[Row, ...]) -> None:
    last = recorded(declared("User/alice", on_remove=on_remove, prevent_removal=True))
    result = plan([], *rows, last, prune=True)
    assert (shown(result.changes), result.protected) == (["abandon User/alice"], ())


def test_only_what_may_be_removed_in_this_run_is_removed_or_shown() -> None:
    known = [item for n in (1, 2) for item in (found(f"User/u{n}", n), recorded(declared(f"User/u{n}"), n))]
    question = replace(ask([], *known, prune=True), removable=frozenset({at("User/u2")}))
    assert shown(make_plan(question).changes) == ["disable User/u2"]
    assert shown(make_plan(replace(question, prune=False)).pending) == ["disable User/u2"]


def test_what_may_be_removed_is_found_again_after_its_owner_was_renamed() -> None:
    user, key = declared("User/al"), declared("Key/al/ci")
    known = (found("User/al", 1), recorded(user, 1), found("Key/al/ci", 2), recorded(key, 2))
    question = ask([declared("User/alice", previously=("al",))], *known, prune=True)
    removable = replace(question, removable=frozenset({at("Key/al/ci")}))
    assert shown(make_plan(removable).changes) == ["rename User/alice", "disable Key/alice/ci"]
