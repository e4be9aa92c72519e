"""The three-way diff of one resource that stays: what changes, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.states import declared, found, only, plan, reasons, recorded, written

APPLIED = declared("User/alice", nickname="Al")


def test_what_is_not_in_the_database_is_created_with_every_declared_field() -> None:
    change = only(plan([declared("User/alice", nickname="Al", email=None)]))
    assert change.action == "create"
    assert change.reason == "declared, and not in the database"
    assert written(change) == {"nickname": (None, "Al"), "email": (None, None)}
    assert set(reasons(change).values()) == {"new"}
    assert change.source == "people.yaml:3"


def test_what_was_deleted_behind_our_back_is_created_again_and_says_so() -> None:
    assert only(plan([APPLIED], recorded(APPLIED))).reason == "deleted from the database"


def test_what_is_equal_is_unchanged() -> None:
    result = plan([APPLIED], found("User/alice", nickname="Al", email="left@alone.org"), recorded(APPLIED))
    assert result.is_empty
    assert result.unchanged == 1


def test_a_field_that_is_not_declared_is_not_touched() -> None:
    change = only(plan([APPLIED], found("User/alice", nickname="B", email="b@x.org"), recorded(APPLIED)))
    assert written(change) == {"nickname": ("B", "Al")}


def test_a_row_that_is_not_ours_yet_is_adopted_and_only_what_differs_is_written() -> None:
    change = only(
        plan([declared("User/alice", nickname="Al", email="a@x.org")], found("User/alice", 5, nickname="Al"))
    )
    assert (change.action, change.reason) == ("adopt", "exists already, and is managed from now on")
    assert change.primary_key == (5,)
    assert written(change) == {"email": (None, "a@x.org")}
    assert reasons(change) == {"email": "declared for the first time"}


def test_a_row_is_adopted_even_when_nothing_differs() -> None:
    change = only(plan([APPLIED], found("User/alice", nickname="Al")))
    assert (change.action, change.fields) == ("adopt", ())


def test_a_row_that_somebody_made_anew_under_the_same_name_is_adopted() -> None:
    change = only(plan([APPLIED], found("User/alice", 2, nickname="Al"), recorded(APPLIED, 1)))
    assert (change.action, change.primary_key) == ("adopt", (2,))


@pytest.mark.parametrize(
    ("applied", "now", "present", "reason"),
    [
        ("Al", "Al", "Eve", "changed in the database"),
        ("Al", "Alice", "Al", "changed in the manifest"),
        ("Al", "Alice", "Eve", "changed in the manifest and in the database"),
    ],
)
def test_the_reason_tells_who_changed_a_field(applied: str, now: str, present: str, reason: str) -> None:
    last = recorded(declared("User/alice", nickname=applied))
    change = only(plan([declared("User/alice", nickname=now)], found("User/alice", nickname=present), last))
    assert change.action == "update"
    assert reasons(change) == {"nickname": reason}


def test_a_field_declared_for_the_first_time_says_so() -> None:
    wanted = declared("User/alice", nickname="Al", email="a@x.org")
    change = only(plan([wanted], found("User/alice", nickname="Al"), recorded(APPLIED)))
    assert reasons(change) == {"email": "declared for the first time"}


def test_only_drift_is_summed_up_as_a_change_in_the_database() -> None:
    row = found("User/alice", nickname="Eve")
    assert only(plan([APPLIED], row, recorded(APPLIED))).reason == "changed in the database"
    newer = declared("User/alice", nickname="Al", email="a@x.org")
    assert only(plan([newer], row, recorded(APPLIED))).reason == "differs from the manifest"


def test_drift_and_a_privilege_that_is_not_declared_are_both_changes_in_the_database() -> None:
    held = declared("User/alice", nickname="Al", is_superuser=False, defaulted=["is_superuser"])
    row = found("User/alice", nickname="Eve", is_superuser=True)
    change = only(plan([held], row, recorded(held)))
    assert len(set(reasons(change).values())) == 2
    assert change.reason == "changed in the database"


@pytest.mark.parametrize("remembered", [True, False])
def test_a_privilege_that_is_left_out_goes_back_to_its_safe_value(remembered: bool) -> None:
    held = declared("User/alice", is_superuser=False, defaulted=["is_superuser"])
    known = [recorded(held)] if remembered else []
    change = only(plan([held], found("User/alice", is_superuser=True), *known))
    assert written(change) == {"is_superuser": (True, False)}
    assert reasons(change) == {"is_superuser": "not declared, held at its safe value"}


def test_a_privilege_that_the_manifest_drops_is_a_change_of_the_manifest() -> None:
    before = recorded(declared("User/alice", is_superuser=True))
    now = declared("User/alice", is_superuser=False, defaulted=["is_superuser"])
    change = only(plan([now], found("User/alice", is_superuser=True), before))
    assert reasons(change) == {"is_superuser": "changed in the manifest"}


def test_true_and_one_are_different_values() -> None:
    change = only(plan([declared("User/alice", is_superuser=True)], found("User/alice", is_superuser=1)))
    assert written(change) == {"is_superuser": (1, True)}


def test_an_explicit_null_is_written() -> None:
    wanted = declared("User/alice", email=None)
    change = only(plan([wanted], found("User/alice", email="a@x.org"), recorded(wanted)))
    assert written(change) == {"email": ("a@x.org", None)}


def test_released_fields_are_said_once_and_left_as_they_are() -> None:
    before = declared("User/alice", nickname="Al", email="a@x.org", desk="d")
    row = found("User/alice", nickname="Al", email="a@x.org", desk="d")
    change = only(plan([APPLIED], row, recorded(before)))
    assert (change.action, change.released, change.fields) == ("update", ("desk", "email"), ())
    assert change.reason == "only what is remembered of it changes"
    assert plan([APPLIED], row, recorded(APPLIED)).is_empty


def test_an_ignored_field_is_set_at_creation_and_never_again() -> None:
    wanted = declared("User/alice", nickname="Al", ignore_changes=["nickname"])
    assert written(only(plan([wanted]))) == {"nickname": (None, "Al")}
    assert plan([wanted], found("User/alice", nickname="Eve"), recorded(wanted)).is_empty
    assert only(plan([wanted], found("User/alice", nickname="Eve"))).fields == ()


def test_ignoring_another_field_is_no_change_of_its_own() -> None:
    now = declared("User/alice", nickname="Al", ignore_changes=["email"])
    assert plan([now], found("User/alice", nickname="Al"), recorded(APPLIED)).is_empty


def test_labels_and_lifecycle_are_remembered_without_a_write_to_the_row() -> None:
    now = declared("User/alice", nickname="Al", labels={"team": "red"}, on_remove="delete", prevent_removal=True)
    change = only(plan([now], found("User/alice", nickname="Al"), recorded(APPLIED)))
    assert (change.action, change.fields) == ("update", ())
    assert {item.name: (item.before, item.after) for item in change.metadata} == {
        "lifecycle.on_remove": ("disable", "delete"),
        "lifecycle.prevent_removal": (False, True),
        "labels": ({}, {"team": "red"}),
    }
    assert plan([now], found("User/alice", nickname="Al"), recorded(now)).is_empty


def test_a_change_of_place_in_the_files_is_no_change() -> None:
    moved = replace(APPLIED, position=replace(APPLIED.position, line=99))
    assert plan([moved], found("User/alice", nickname="Al"), recorded(APPLIED)).is_empty


def test_what_nobody_declares_and_we_do_not_manage_is_left_alone() -> None:
    result = plan([], found("User/stranger"), prune=True)
    assert (result.changes, result.pending) == ((), ())
