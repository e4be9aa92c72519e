"""`lifecycle.state`: created once and let go, or declared absent."""

from __future__ import annotations

import pytest

from provision.core.state import Record
from tests.core.states import declared, found, only, plan, recorded, shown, written

ONCE = declared("User/alice", state="created", nickname="Al")
ABSENT = declared("User/alice", state="absent")
MANAGED = declared("User/alice", nickname="Al")


def test_what_is_to_be_created_once_is_created() -> None:
    assert shown(plan([ONCE]).changes) == ["create User/alice"]


def test_what_was_created_once_is_never_changed_again() -> None:
    assert plan([ONCE], found("User/alice", nickname="Eve"), recorded(ONCE)).is_empty


def test_what_was_created_once_and_then_deleted_stays_deleted() -> None:
    assert plan([ONCE], recorded(ONCE)).is_empty


def test_what_is_to_be_created_once_and_is_there_already_is_neither_changed_nor_adopted() -> None:
    assert plan([ONCE], found("User/alice", nickname="Eve")).is_empty


def test_what_was_created_once_is_only_forgotten_when_its_manifest_goes() -> None:
    deleting = declared("User/alice", state="created", on_remove="delete")
    assert shown(plan([], found("User/alice"), recorded(deleting), prune=True).changes) == ["abandon User/alice"]


def test_letting_go_of_a_managed_resource_is_remembered_and_nothing_else() -> None:
    change = only(plan([ONCE], found("User/alice", 4, nickname="Eve"), recorded(MANAGED, 4)))
    assert (change.action, change.fields, change.primary_key) == ("update", (), (4,))
    assert (change.reason, change.source) == ("only what is remembered of it changes", "people.yaml:3")
    assert [(item.name, item.before, item.after) for item in change.metadata] == [
        ("lifecycle.state", "present", "created")
    ]


def test_what_was_created_once_follows_a_new_name_and_says_so() -> None:
    renamed = declared("User/alicia", state="created", nickname="Al", previously=("alice",))
    change = only(plan([renamed], found("User/alice", 4, nickname="Eve"), recorded(ONCE, 4)))
    assert (change.action, change.reason, change.fields) == ("rename", "previously User/alice", ())
    assert change.source == "people.yaml:3"


def test_holding_on_again_brings_the_declared_fields_back() -> None:
    change = only(plan([MANAGED], found("User/alice", nickname="Eve"), recorded(ONCE)))
    assert written(change) == {"nickname": ("Eve", "Al")}
    assert [item.name for item in change.metadata] == ["lifecycle.state"]


@pytest.mark.parametrize("known", [(), (recorded(MANAGED, 3),)])
def test_what_is_declared_absent_is_disabled_by_default_ours_or_not(known: tuple[Record, ...]) -> None:
    change = only(plan([ABSENT], found("User/alice", 3), *known))
    assert (change.action, change.reason, change.primary_key) == ("disable", "declared absent", (3,))
    assert written(change) == {"status": ("active", "disabled")}


@pytest.mark.parametrize("on_remove", ["disable", "delete", "abandon"])
def test_what_is_declared_absent_goes_as_it_says_now_and_not_as_it_said_once(on_remove: str) -> None:
    wanted = declared("User/alice", state="absent", on_remove=on_remove)
    other = recorded(declared("User/alice", on_remove="abandon" if on_remove == "delete" else "delete"))
    assert only(plan([wanted], found("User/alice"), other)).action == on_remove


@pytest.mark.parametrize("on_remove", ["disable", "delete", "abandon"])
def test_what_is_declared_absent_and_nowhere_to_be_found_is_no_change(on_remove: str) -> None:
    result = plan([declared("User/alice", state="absent", on_remove=on_remove)])
    assert (result.is_empty, result.unchanged) == (True, 1)


def test_a_stranger_that_is_disabled_already_needs_no_change_to_be_absent() -> None:
    assert plan([ABSENT], found("User/alice", status="disabled")).is_empty


def test_a_stranger_that_is_declared_absent_and_abandoned_is_not_touched() -> None:
    assert plan([declared("User/alice", state="absent", on_remove="abandon")], found("User/alice")).is_empty


def test_what_is_ours_and_disabled_already_is_only_forgotten_when_declared_absent() -> None:
    change = only(plan([ABSENT], found("User/alice", status="disabled"), recorded(MANAGED)))
    assert (change.action, change.fields) == ("disable", ())


def test_what_is_gone_already_is_forgotten_when_declared_absent() -> None:
    assert shown(plan([ABSENT], recorded(MANAGED)).changes) == ["abandon User/alice"]


def test_now_is_written_only_while_there_is_no_moment_yet() -> None:
    absent = declared("Key/alice/ci", state="absent")
    user = found("User/alice")
    assert written(only(plan([absent], user, found("Key/alice/ci", 2)))) == {
        "active": (True, False),
        "revoked_at": (None, "now"),
    }
    earlier = found("Key/alice/ci", 2, revoked_at="2026-01-01T00:00:00Z")
    assert written(only(plan([absent], user, earlier))) == {"active": (True, False)}
