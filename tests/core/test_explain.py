"""Telling of each field who manages it, from what is declared, applied last, found, and written in the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.account import Account, FieldAccount, Mark, Standing
from provision.core.deed import read_deed
from provision.core.diff import compare
from provision.core.explain import Facts, explain
from provision.core.past import Entry, history_of, names_of
from provision.core.plan import Action
from provision.core.shape import KindShape
from provision.core.state import Record, Resource, Row, SecretRecord, SecretRule
from provision.core.subject import Subject
from provision.core.value import Value
from tests.core.states import KEY, SHAPES, THERE, USER, at, declared, found, recorded

ALICE = at("User/alice")


def entry(run: str, action: str, *items: Value, address: str = "User/alice") -> Entry:
    deed = read_deed(address, action, "people.yaml:3", items)
    return Entry(mark=Mark(run=run, at=f"2026-11-25T0{run}:00:00Z", actor="me", action=deed.action), deed=deed)


def wrote(name: str, before: Value = None, after: Value = None) -> Value:
    return {"name": name, "before": before, "after": after}


def told(
    resource: Resource | None = None,
    row: Row | None = None,
    record: Record | None = None,
    history: Sequence[Entry] = (),
    shape: KindShape = USER,
) -> Account:
    return explain(
        Facts(
            address=ALICE,
            shape=shape,
            secrets={"password"},
            resource=resource,
            row=row,
            record=record,
            history=tuple(history),
        )
    )


def field(account: Account, name: str) -> FieldAccount:
    return next(item for item in account.fields if item.name == name)


DECLARED = declared("User/alice", nickname="Alice")


@pytest.mark.parametrize(
    ("now", "last", "there", "standing"),
    [
        ("Alice", "Alice", "Alice", Standing.APPLIED),
        ("Lissy", "Alice", "Alice", Standing.PENDING),
        ("Alice", "Alice", "by hand", Standing.DRIFTED),
        ("Lissy", "Alice", "by hand", Standing.BOTH),
        ("Lissy", "Alice", "Lissy", Standing.PENDING),
    ],
)
def test_a_declared_field_is_compared_three_ways(now: str, last: str, there: str, standing: Standing) -> None:
    record = recorded(declared("User/alice", nickname=last))
    account = told(declared("User/alice", nickname=now), found("User/alice", nickname=there), record)
    item = field(account, "nickname")
    assert (item.standing, item.declared, item.applied, item.found) == (standing, now, last, there)


def test_a_field_that_was_never_declared_is_not_managed() -> None:
    account = told(DECLARED, found("User/alice", nickname="Alice", email="x@y.z"), recorded(DECLARED))
    assert field(account, "email").standing is Standing.UNMANAGED
    assert field(account, "password").standing is Standing.UNMANAGED
    history = [entry("1", "create", wrote("nickname"))]
    account = told(DECLARED, found("User/alice", nickname="Alice"), recorded(DECLARED), history)
    assert field(account, "email").standing is Standing.UNMANAGED


def test_a_field_is_released_by_the_next_apply_and_then_was() -> None:
    row, before = found("User/alice", nickname="Alice"), declared("User/alice", nickname="Alice", email="a@b.c")
    history = [entry("1", "create", wrote("nickname"), wrote("email"))]
    assert field(told(DECLARED, row, recorded(before), history), "email").standing is Standing.UNDECLARED
    assert field(told(DECLARED, row, recorded(DECLARED), history), "email").standing is Standing.RELEASED


def test_what_a_removal_wrote_was_not_declared() -> None:
    history = [entry("1", "disable", wrote("status", "active", "disabled"))]
    assert field(told(None, found("User/alice"), None, history), "status").standing is Standing.UNMANAGED


def test_a_field_that_is_left_alone_once_the_row_is_there_does_not_drift() -> None:
    row, record = found("User/alice", nickname="by hand"), recorded(DECLARED)
    ignored = declared("User/alice", ignore_changes=["nickname"], nickname="Alice")
    created = declared("User/alice", state="created", nickname="Alice")
    assert field(told(ignored, row, record), "nickname").standing is Standing.KEPT
    assert field(told(created, row, record), "nickname").standing is Standing.KEPT
    assert field(told(ignored), "nickname").standing is Standing.PENDING


def test_a_secret_that_is_left_alone_is_kept_once_the_row_is_there() -> None:
    ignored = declared("User/alice", ignore_changes=["password"], secrets={"password": SecretRule(version="2")})
    assert field(told(ignored, found("User/alice"), recorded(ignored)), "password").standing is Standing.KEPT
    assert field(told(ignored), "password").standing is Standing.PENDING


def test_each_field_and_secret_has_the_place_at_which_it_is_declared() -> None:
    resource = declared("User/alice", nickname="Alice", secrets={"password": SecretRule()}, position=THERE)
    account = told(resource, found("User/alice"), recorded(resource))
    places = {item.name: item.place for item in account.fields if item.place}
    assert places == {"nickname": THERE, "password": THERE}
    assert field(told(DECLARED, found("User/alice"), recorded(resource)), "password").place is None


def test_a_moment_that_is_counted_from_a_secret_is_managed_with_it() -> None:
    shape = replace(KEY, expires="revoked_at")
    resource = declared("Key/alice/ci", secrets={"key": SecretRule(lifetime=60)})
    facts = Facts(address=resource.address, shape=shape, resource=resource, row=found("Key/alice/ci"))
    assert field(explain(facts), "revoked_at").standing is Standing.DERIVED
    assert field(explain(facts), "scopes").standing is Standing.UNMANAGED
    lasting = replace(facts, resource=declared("Key/alice/ci", secrets={"key": SecretRule()}))
    assert field(explain(lasting), "revoked_at").standing is Standing.UNMANAGED


def test_all_that_is_known_of_a_resource_is_told() -> None:
    shape = replace(KEY, expires="revoked_at")
    row = replace(found("Key/alice/ci", revoked_at="2027-01-01T00:00:00Z"), generation=3)
    older = replace(found("Key/alice/ci", 2), generation=2)
    resource = declared("Key/alice/ci", position=THERE, labels={"team": "red"}, prevent_removal=True)
    last = recorded(declared("Key/alice/ci", labels={"team": "blue"}))
    facts = Facts(
        address=resource.address,
        shape=shape,
        resource=resource,
        row=replace(row, older=(older,)),
        record=last,
        renamed_from=at("Key/alice/cd"),
    )
    account = explain(facts)
    assert replace(account, fields=()) == Account(
        address=at("Key/alice/ci"),
        exists=True,
        remembered=True,
        declared_at=THERE,
        source="people.yaml:3",
        renamed_from=at("Key/alice/cd"),
        lifecycle=resource.lifecycle,
        labels={"team": "red"},
        generation=3,
        older=1,
        expires="2027-01-01T00:00:00Z",
    )
    undeclared = explain(replace(facts, resource=None))
    assert (undeclared.lifecycle, undeclared.labels) == (last.lifecycle, {"team": "blue"})
    private = replace(shape, private=frozenset({"revoked_at"}))
    assert explain(replace(facts, shape=private)).expires is None


def test_of_what_has_only_a_history_that_is_told() -> None:
    account = told(history=[entry("1", "delete")])
    assert account == Account(
        address=ALICE,
        exists=False,
        remembered=False,
        last=Mark(run="1", at="2026-11-25T01:00:00Z", actor="me", action=Action.DELETE),
    )


def test_another_projects_row_is_managed_there() -> None:
    facts = Facts(address=ALICE, shape=USER, secrets={"password"}, row=found("User/alice"), owner="crm")
    account = explain(facts)
    assert account.owner == "crm"
    assert {item.standing for item in account.fields} == {Standing.ELSEWHERE}


def test_a_row_made_anew_under_the_same_name_was_not_applied() -> None:
    account = told(DECLARED, found("User/alice", 9, nickname="by hand"), recorded(DECLARED))
    assert not account.remembered
    assert field(account, "nickname").standing is Standing.PENDING


def test_the_last_run_that_wrote_a_field_is_named_and_the_last_one_that_saw_it_as_declared() -> None:
    history = [
        entry("3", "update", wrote("email")),
        entry("2", "update", wrote("nickname")),
        entry("1", "create", wrote("nickname"), wrote("email"), {"name": "password", "sensitive": True}),
    ]
    account = told(DECLARED, found("User/alice", nickname="by hand"), recorded(DECLARED), history)
    written = {item.name: item.set_by.run for item in account.fields if item.set_by}
    assert written == {"nickname": "2", "email": "3", "password": "1"}
    assert account.last is not None
    assert account.last.run == "3"


def test_a_secret_has_no_values_and_says_when_it_was_set_and_whether_it_waits() -> None:
    resource = declared("User/alice", secrets={"password": SecretRule(version="2")})
    record = replace(
        recorded(resource),
        secrets={"password": SecretRecord(version="2", set_at="2026-01-01T00:00:00Z", pending="r")},
    )
    item = field(told(resource, found("User/alice"), record), "password")
    assert (item.found, item.declared, item.applied, item.sensitive) == (None, None, None, True)
    assert (item.standing, item.set_at, item.undelivered) == (Standing.APPLIED, "2026-01-01T00:00:00Z", True)
    raised = declared("User/alice", secrets={"password": SecretRule(version="3")})
    assert field(told(raised, found("User/alice"), record), "password").standing is Standing.PENDING


def test_a_value_of_a_field_that_is_a_secret_by_now_is_not_told() -> None:
    row = found("User/alice")
    record = recorded(declared("User/alice", password="in clear once"))
    account = told(None, replace(row, fields={**row.fields, "password": "in clear"}), record)
    assert "in clear" not in repr(account)


def test_the_values_of_a_private_field_are_marked() -> None:
    shape = replace(USER, private=frozenset({"email"}))
    account = told(DECLARED, found("User/alice"), recorded(DECLARED), shape=shape)
    assert [item.name for item in account.fields if item.private] == ["email"]


def test_a_field_at_its_safe_value_has_no_line() -> None:
    resource = declared("User/alice", defaulted=["is_superuser"], is_superuser=False)
    item = field(told(resource, found("User/alice"), recorded(resource)), "is_superuser")
    assert (item.defaulted, item.place, item.standing) == (True, None, Standing.APPLIED)


def test_what_is_declared_absent_has_no_declared_fields() -> None:
    absent = declared("User/alice", state="absent", nickname="Alice")
    assert field(told(absent, found("User/alice"), recorded(DECLARED)), "nickname").standing is Standing.UNDECLARED


def test_nothing_is_known_of_what_has_neither_row_nor_record_nor_history() -> None:
    assert not Facts(address=ALICE, shape=USER).is_known
    assert Facts(address=ALICE, shape=USER, history=(entry("1", "delete"),)).is_known


def test_the_history_follows_former_names_of_a_resource_and_of_its_owner_back_to_its_making() -> None:
    entries = [
        entry("6", "update", address="Key/alice/ci"),
        entry("5", "rename", {"previous": "User/alicia"}, address="User/alice"),
        entry("4", "rename", {"previous": "Key/alicia/old"}, address="Key/alicia/ci"),
        entry("3", "update", address="Key/alicia/old"),
        entry("2", "create", address="Key/alicia/old"),
        entry("1", "update", address="Key/alicia/old"),
    ]
    runs = [item.mark.run for item in history_of(at("Key/alice/ci"), entries, SHAPES)]
    assert runs == ["6", "4", "3", "2"]
    names = {str(name) for name in names_of([at("Key/alice/ci")], [item.deed for item in entries], SHAPES)}
    assert {"Key/alicia/old", "Key/alice/ci", "Key/alicia/ci", "User/alice", "User/alicia"} <= names


@given(*[st.sampled_from(["a", "b", 1, True, None])] * 3)
def test_a_field_is_as_applied_exactly_when_an_apply_writes_nothing_to_it(
    now: Value, last: Value, there: Value
) -> None:
    resource = declared("User/alice", nickname=now)
    row, record = found("User/alice", nickname=there), recorded(declared("User/alice", nickname=last))
    standing = field(told(resource, row, record), "nickname").standing
    change = compare(Subject(resource=resource, row=row, record=record, shape=USER))
    writes = change is not None and bool(change.fields)
    assert change is None or change.action is Action.UPDATE
    assert writes == (standing is not Standing.APPLIED and there is not now)
