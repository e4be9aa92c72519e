"""`metadata.previously`: a row follows its new name, and takes along what carries its owner's name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.keys import owners_of
from provision.core.planner import Question, make_plan
from provision.core.rename import ambiguous_renames, follow
from provision.core.shape import KindShape
from provision.core.state import Resource, Snapshot
from tests.core.states import (
    HERE,
    SHAPES,
    THERE,
    at,
    declared,
    elsewhere,
    found,
    only,
    plan,
    reasons,
    recorded,
    shown,
    snapshot,
    written,
)

ALICE = declared("User/alice", previously=("alicia", "al"), nickname="Al")


def test_a_row_under_a_former_name_is_renamed_and_updated_in_one_change() -> None:
    known = found("User/alicia", 7, nickname="Lis"), recorded(declared("User/alicia", nickname="Lis"), 7)
    change = only(plan([ALICE], *known))
    assert (change.action, change.address, change.previous) == ("rename", at("User/alice"), at("User/alicia"))
    assert (change.primary_key, change.reason) == ((7,), "previously User/alicia")
    assert written(change) == {"nickname": ("Lis", "Al")}


def test_a_row_that_is_not_ours_yet_is_renamed_too() -> None:
    assert shown(plan([ALICE], found("User/alicia", nickname="Al")).changes) == ["rename User/alice"]


def test_a_name_that_is_as_it_should_be_does_not_keep_the_next_row_from_following() -> None:
    resources = [declared("User/a", previously=("old-a",)), declared("User/b", previously=("old-b",))]
    rows = found("User/a", 1), found("User/old-b", 2)
    assert shown(plan(resources, *rows).changes) == ["adopt User/a", "rename User/b"]


def test_a_record_without_a_row_does_not_follow_a_name() -> None:
    result = plan([ALICE], recorded(declared("User/alicia")))
    assert (result.moved, shown(result.pending)) == ({}, ["abandon User/alicia"])
    assert only(result).reason == "declared, and not in the database"


def test_a_row_of_a_stranger_under_a_former_name_below_a_former_owner_is_left_alone() -> None:
    key = declared("Key/alice/ci", previously=("deploy",))
    rows = found("User/alicia", 1), found("Key/alicia/deploy", 9)
    result = plan([ALICE, key], *rows, recorded(declared("Key/alicia/ci"), 2))
    assert shown(result.changes) == ["rename User/alice", "create Key/alice/ci"]


def test_a_name_that_changed_by_a_rename_alone_was_not_changed_in_the_manifest() -> None:
    team, user = declared("Team/crimson", previously=("red",)), declared("User/alice", team="crimson")
    rows = found("Team/red", 1), found("Team/blue", 3), found("User/alice", 2, team="blue")
    result = plan([team, user], *rows, recorded(declared("User/alice", team="red"), 2))
    assert reasons(result.changes[1]) == {"team": "changed in the database"}


def test_what_an_association_holds_follows_the_names_in_it() -> None:
    shapes = {**SHAPES, "User": replace(SHAPES["User"], links={"teams": "Team"})}
    row = replace(found("User/alice", 2, teams=["blue", "red"]), held={"teams": {"blue": 7, "red": 8}})
    team = declared("Team/crimson", previously=("red",))
    followed = follow({team.address: team}, snapshot(found("Team/red"), row), shapes)
    today = followed.snapshot.rows[at("User/alice")]
    assert (today.fields["teams"], today.held) == (["blue", "crimson"], {"teams": {"blue": 7, "crimson": 8}})


def test_the_first_former_name_that_is_found_counts_and_the_other_row_is_left_alone() -> None:
    result = plan([ALICE], found("User/al", 1), found("User/alicia", 2), prune=True)
    assert only(result).primary_key == (2,)


def test_the_record_follows_and_is_not_a_removal() -> None:
    result = plan([ALICE], found("User/alicia"), recorded(declared("User/alicia")), prune=True)
    assert result.moved == {at("User/alicia"): at("User/alice")}
    assert shown((*result.changes, *result.protected)) == ["rename User/alice"]


def test_a_rename_is_ignored_while_the_new_name_exists() -> None:
    rows = found("User/alice", 1, nickname="Al"), found("User/alicia", 2)
    result = plan([ALICE], *rows, recorded(ALICE, 1), recorded(declared("User/alicia"), 2))
    assert (shown(result.changes), shown(result.pending)) == ([], ["disable User/alicia"])


def test_once_renamed_nothing_is_left_to_do() -> None:
    assert plan([ALICE], found("User/alice", nickname="Al"), recorded(ALICE)).is_empty


def test_a_former_name_that_is_not_found_either_means_creation() -> None:
    assert shown(plan([ALICE]).changes) == ["create User/alice"]


def test_the_keys_of_a_renamed_owner_are_unchanged_and_their_records_move() -> None:
    key = declared("Key/alice/ci", active=True)
    known = [found("User/alicia", 1, nickname="Al"), found("Key/alicia/ci", 2)]
    records = [
        recorded(declared("User/alicia", nickname="Al"), 1),
        recorded(declared("Key/alicia/ci", active=True), 2),
    ]
    result = plan([ALICE, key], *known, *records, prune=True)
    assert shown(result.changes) == ["rename User/alice"]
    assert result.moved == {
        at("User/alicia"): at("User/alice"),
        at("Key/alicia/ci"): at("Key/alice/ci"),
    }
    assert result.unchanged == 1


def test_a_record_of_a_removed_key_moves_with_its_renamed_owner_and_can_be_removed_then() -> None:
    rows = found("User/alicia", 1), found("Key/alicia/ci", 2)
    result = plan([ALICE], *rows, recorded(declared("Key/alicia/ci"), 2), prune=True)
    assert shown(result.changes) == ["rename User/alice", "disable Key/alice/ci"]
    assert result.changes[1].primary_key == (2,)


def test_owner_and_key_can_be_renamed_in_one_run() -> None:
    key = declared("Key/alice/ci", previously=("deploy",))
    result = plan([ALICE, key], found("User/alicia", 1), found("Key/alicia/deploy", 2))
    assert shown(result.changes) == ["rename User/alice", "rename Key/alice/ci"]
    assert result.changes[1].previous == at("Key/alicia/deploy")


def test_a_key_is_not_renamed_while_its_new_name_exists_below_the_former_owner() -> None:
    key = declared("Key/alice/ci", previously=("deploy",))
    rows = found("User/alicia", 1), found("Key/alicia/deploy", 2), found("Key/alicia/ci", 3)
    result = plan([ALICE, key], *rows)
    assert [(str(item.action), item.primary_key) for item in result.changes] == [("rename", (1,)), ("adopt", (3,))]


def test_a_key_is_renamed_below_an_owner_whose_own_owner_is_renamed() -> None:
    shapes = {
        "Org": KindShape(name="Org", key=("name",)),
        "App": KindShape(name="App", key=("org", "name"), references={"org": "Org"}),
        "Key": KindShape(name="Key", key=("app", "name"), widths=(2, 1), references={"app": "App"}),
    }
    resources = [
        replace(declared("Org/new", previously=("old",)), fields={}),
        declared("App/new/web"),
        declared("Key/new/web/b", previously=("a",)),
    ]
    rows = {
        at(text): replace(found("User/x", n), address=at(text), fields={})
        for n, text in enumerate(("Org/old", "App/old/web", "Key/old/web/a"))
    }
    question = Question(
        resources={item.address: item for item in resources},
        snapshot=Snapshot(rows=rows, records={}),
        shapes=shapes,
    )
    assert shown(make_plan(question).changes) == ["rename Org/new", "adopt App/new/web", "rename Key/new/web/b"]


def test_what_refers_to_a_renamed_row_does_not_change_by_that() -> None:
    team = declared("Team/crimson", previously=("red",))
    user = declared("User/alice", team="crimson")
    rows = found("Team/red", 1), found("User/alice", 2, team="red")
    result = plan([team, user], *rows, recorded(declared("User/alice", team="red"), 2))
    assert shown(result.changes) == ["rename Team/crimson"]


def test_a_record_of_a_row_that_is_gone_gives_way_to_the_record_that_moves_in() -> None:
    stale, moving = recorded(declared("User/alice"), 1), recorded(declared("User/alicia", nickname="Al"), 2)
    followed = follow({ALICE.address: ALICE}, snapshot(found("User/alicia", 2), moving, stale), SHAPES)
    assert followed.snapshot.records == {ALICE.address: replace(moving, address=ALICE.address)}


def test_another_project_still_owns_a_row_under_its_new_name() -> None:
    state = snapshot(found("User/alicia"), foreign={"User/alicia": "other"})
    followed = follow({ALICE.address: ALICE}, state, SHAPES)
    assert followed.snapshot.foreign == {at("User/alice"): "other"}


def test_what_was_created_once_follows_its_new_name_and_is_otherwise_left_alone() -> None:
    once = declared("User/alice", state="created", previously=("alicia",), nickname="Al")
    last = recorded(declared("User/alicia", state="created"))
    change = only(plan([once], found("User/alicia", nickname="Eve"), last))
    assert (change.action, change.fields, change.previous) == ("rename", (), at("User/alicia"))


def test_what_is_declared_absent_is_absent_under_its_own_name_only() -> None:
    absent = declared("User/alice", state="absent", on_remove="delete", previously=("alicia",))
    assert plan([absent], found("User/alicia", 3)).is_empty
    assert shown(plan([absent], found("User/alicia", 3), found("User/alice", 4)).changes) == ["delete User/alice"]


def test_a_former_name_that_a_stranger_took_later_is_left_to_the_stranger() -> None:
    result = plan([ALICE], recorded(ALICE, 1), found("User/alicia", 2))
    assert shown(result.changes) == ["create User/alice"]
    assert result.moved == {}


def test_a_row_that_was_given_its_former_name_back_by_hand_is_renamed_again() -> None:
    result = plan([ALICE], recorded(ALICE, 1), found("User/alicia", 1, nickname="Al"))
    assert shown(result.changes) == ["rename User/alice"]


def test_only_a_key_that_holds_a_reference_has_an_owner() -> None:
    assert owners_of(at("Key/alice/ci"), SHAPES) == (("user", at("User/alice")),)
    assert owners_of(at("User/alice"), SHAPES) == ()
    plain = {"Place": KindShape(name="Place", key=("country", "city"))}
    assert owners_of(at("Place/fr/paris"), plain) == ()


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([declared("User/alicia", position=THERE)], "is declared at others.yaml:8:1"),
        ([elsewhere(declared("User/bob", previously=("alicia",)))], "is claimed by User/alice as well"),
    ],
)
def test_a_former_name_belongs_to_nobody_else(others: list[Resource], said: str) -> None:
    (problem,) = ambiguous_renames({item.address: item for item in (ALICE, *others)})
    assert problem.message == f"the former name User/alicia {said}"
    assert (problem.path, problem.position) == (
        "metadata.previously",
        others[0].position if others[0].previously else HERE,
    )
    assert problem.hint == "a former name belongs to one resource; where names are passed on, rename in two runs"


def test_a_former_name_is_not_the_name_of_today() -> None:
    same = declared("User/alice", previously=("al", "alice"))
    (problem,) = ambiguous_renames({same.address: same})
    assert problem.message == "the former name User/alice is its name now"


def test_the_same_former_name_under_two_owners_is_clear() -> None:
    keys = [declared(f"Key/{owner}/ci", previously=("deploy",)) for owner in ("alice", "bob")]
    assert not list(ambiguous_renames({item.address: item for item in keys}))
