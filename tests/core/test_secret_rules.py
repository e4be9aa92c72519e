"""When a declared secret is written; its value never takes part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.state import Record, Resource, SecretRecord, SecretRule, SecretUpdate, Verdict
from tests.core.states import at, declared, found, only, plan, reasons, recorded

ROW = found("User/alice")
SLOT = at("User/alice"), "password"


def with_password(
    *, version: str | None = None, update: str = "on_create", ignore_changes: tuple[str, ...] = ()
) -> Resource:
    """Alice, with a password under this rule."""
    rule = SecretRule(update=SecretUpdate(update), version=version)
    return declared("User/alice", secrets={"password": rule}, ignore_changes=ignore_changes)


@pytest.mark.parametrize("update", ["on_create", "always"])
def test_a_new_row_gets_its_secret_and_the_plan_does_not_know_it(update: str) -> None:
    (item,) = only(plan([with_password(update=update)])).fields
    assert (item.name, item.before, item.after, item.sensitive) == ("password", None, None, True)
    assert item.reason == "new"


def test_where_a_generated_secret_goes_is_part_of_its_change() -> None:
    rule = SecretRule(generated=True, deliver_to=("file key",))
    (item,) = only(plan([declared("User/alice", secrets={"password": rule})])).fields
    assert item.deliver_to == ("file key",)


def test_a_secret_that_is_ignored_does_not_hide_the_next_one() -> None:
    now = dict.fromkeys(("password", "pin"), SecretRule(version="2"))
    before = dict.fromkeys(now, SecretRule(version="1"))
    wanted = declared("User/alice", secrets=now, ignore_changes=["password"])
    assert list(reasons(only(plan([wanted], ROW, recorded(declared("User/alice", secrets=before)))))) == ["pin"]


@pytest.mark.parametrize("version", [None, "1"])
def test_adoption_does_not_touch_the_secret_of_a_row(version: str | None) -> None:
    change = only(plan([with_password(version=version)], ROW))
    assert (change.action, change.fields) == ("adopt", ())


def test_a_secret_declared_later_does_not_touch_the_row() -> None:
    assert plan([with_password()], ROW, recorded(declared("User/alice"))).is_empty


def test_a_raised_version_sets_the_secret_once() -> None:
    change = only(plan([with_password(version="2")], ROW, recorded(with_password(version="1"))))
    assert reasons(change) == {"password": "its version was raised"}
    assert plan([with_password(version="2")], ROW, recorded(with_password(version="2"))).is_empty


def test_a_version_that_is_taken_away_sets_nothing() -> None:
    assert plan([with_password()], ROW, recorded(with_password(version="1"))).is_empty


def test_a_raised_version_does_not_reach_a_row_that_is_not_ours() -> None:
    change = only(plan([with_password(version="2")], found("User/alice", 2), recorded(with_password(version="1"), 1)))
    assert (change.action, change.fields) == ("adopt", ())


@pytest.mark.parametrize("known", [(), (recorded(with_password(update="always")),)])
def test_a_secret_that_is_kept_as_declared_is_written_when_the_stored_one_does_not_match(
    known: tuple[Record, ...],
) -> None:
    change = only(plan([with_password(update="always")], ROW, *known, verdicts={SLOT: Verdict.DIFFERS}))
    assert reasons(change) == {"password": "the stored value does not match the declared one"}


def test_a_secret_that_is_kept_as_declared_and_matches_is_left_alone() -> None:
    wanted = with_password(update="always")
    assert plan([wanted], ROW, recorded(wanted), verdicts={SLOT: Verdict.UNCHANGED}).is_empty


def test_a_raised_version_says_so_even_when_the_stored_secret_does_not_match() -> None:
    wanted = with_password(update="always", version="2")
    change = only(plan([wanted], ROW, recorded(with_password(version="1")), verdicts={SLOT: Verdict.DIFFERS}))
    assert reasons(change) == {"password": "its version was raised"}


def test_an_ignored_secret_is_neither_compared_nor_set_again() -> None:
    wanted = with_password(update="always", version="2", ignore_changes=("password",))
    last = recorded(with_password(version="1"))
    assert plan([wanted], ROW, last).is_empty


def test_a_verdict_belongs_to_the_name_of_today() -> None:
    wanted = declared(
        "User/alice", previously=("alicia",), secrets={"password": SecretRule(update=SecretUpdate.ALWAYS)}
    )
    change = only(plan([wanted], found("User/alicia"), verdicts={SLOT: Verdict.UNCHANGED}))
    assert (change.action, change.fields) == ("rename", ())


def test_a_secret_that_is_no_longer_declared_is_released() -> None:
    change = only(plan([declared("User/alice")], ROW, recorded(with_password())))
    assert (change.released, change.fields) == (("password",), ())


def test_a_generated_secret_of_a_kind_without_generations_is_written_into_its_row() -> None:
    rule = SecretRule(generated=True, deliver_to=("file key",), version="2")
    wanted = declared("User/alice", secrets={"password": rule})
    for remembered, reason in (
        (SecretRecord(version="1"), "its version was raised"),
        (SecretRecord(version="2", pending="a run"), "nobody ever received it"),
    ):
        change = only(plan([wanted], ROW, replace(recorded(wanted), secrets={"password": remembered})))
        assert (change.action, change.generation, reasons(change)) == ("update", None, {"password": reason})
