"""When a key gets a successor, and what becomes of the ones before it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.moment import after
from provision.core.plan import Action, Change, FieldChange, Reason
from provision.core.planner import make_plan
from provision.core.rotation import Forced, remember
from provision.core.state import Lifecycle, OnRemove, Presence, Rotation, Row, SecretRecord, SecretRule
from tests.core.keys import CI, DAY, IGNORED, ONLY_CREATED, RULE, START, Key, on_day, row

LOST = SecretRecord(set_at=START, pending="a run")
NOW, FORCED = Forced(revoke_now=True), Forced()
seconds = st.floats(min_value=1, max_value=10_000 * DAY).map(round).map(float)


def retired(change: Change) -> dict[int, str]:
    return {item.generation: item.reason for item in change.retires}


@given(every=seconds, early=seconds)
def test_a_successor_is_due_exactly_when_the_time_has_passed(every: float, early: float) -> None:
    key = Key(rule=replace(RULE, rotation=Rotation(every=every, overlap=DAY)))
    due = after(START, every)
    assert key.change(due).action == "rotate"
    assert key.change(after(due, early)).action == "rotate"
    assert key.plan(after(due, -1)).is_empty
    assert key.plan(after(due, -0.000001)).is_empty
    assert key.plan(after(due, -min(early, every))).is_empty


def test_however_many_rotations_were_missed_there_is_one_change_and_one_generation() -> None:
    change = Key(row=row(4, row(3, active=False)), ours=4).change(on_day(90 * 20))
    assert (change.action, change.generation, change.reason) == ("rotate", 5, "its rotation is due")
    assert (retired(change), change.retiring) == ({}, {4: on_day(90 * 20 + 7)})


@pytest.mark.parametrize("staged", [True, False])
def test_a_key_that_is_not_delivered_is_never_due(*, staged: bool) -> None:
    key = Key(remembered=LOST, staged=staged)
    reasons = [change.reason for change in key.plan(on_day(1000)).changes]
    assert reasons == ([] if staged else ["nobody ever received it"])


@pytest.mark.parametrize(
    "key",
    [
        Key(row=row(1, active=False)),
        Key(row=replace(row(1), fields={**row(1).fields, "active": False})),
        Key(row=replace(row(1), fields={**row(1).fields, "revoked_at": START})),
        Key(lifecycle=IGNORED),
        Key(lifecycle=ONLY_CREATED),
        Key(rule=replace(RULE, rotation=None)),
    ],
)
def test_a_key_that_was_stopped_ignored_or_left_alone_has_no_successor(key: Key) -> None:
    assert key.plan(on_day(1000)).is_empty


def test_a_renamed_key_is_rotated_by_the_next_run() -> None:
    change = Key(name="build", previously=("ci",)).change(on_day(1000))
    assert (change.action, change.fields, change.generation) == ("rename", (), None)


@pytest.mark.parametrize(
    "key",
    [
        Key(remembered=LOST),
        Key(rule=replace(RULE, version="2"), remembered=SecretRecord(set_at=START, version="1")),
    ],
)
def test_what_a_rename_puts_off_is_not_forgotten(key: Key) -> None:
    key = replace(key, name="build", previously=("ci",))
    change = key.change(on_day(1))
    assert (change.action, change.fields) == ("rename", ())
    assert key.remembered is not None
    kept = remember(change, key.resource(), {"key": key.remembered}, now=on_day(1), run="another")
    assert kept["key"] == key.remembered


def test_a_version_of_a_renamed_key_that_nobody_knew_is_taken_as_it_is() -> None:
    key = Key(name="build", previously=("ci",), rule=replace(RULE, version="2"))
    kept = remember(key.change(on_day(1)), key.resource(), {}, now=on_day(1), run="another")
    assert kept["key"] == SecretRecord(version="2", set_at=on_day(1))


def test_a_lost_key_goes_at_once_and_those_before_it_wait_for_the_whole_new_overlap() -> None:
    former = SecretRecord(set_at=START, pending="a run", retiring={1: on_day(1), 2: on_day(3)})
    change = Key(row=row(3, row(2), row(1)), ours=3, remembered=former).change(on_day(2))
    assert change.reason == "nobody ever received it"
    assert retired(change) == {3: "nobody ever received it"}
    assert change.retiring == {1: on_day(9), 2: on_day(9)}


@pytest.mark.parametrize(
    "key",
    [
        Key(forced=FORCED),
        Key(forced=Forced(overlap=7 * DAY)),
        Key(rule=replace(RULE, version="2")),
    ],
)
def test_a_lost_key_goes_at_once_whatever_it_is_replaced_for(key: Key) -> None:
    former = SecretRecord(set_at=START, pending="a run", retiring={1: on_day(1)})
    change = replace(key, row=row(2, row(1)), ours=2, remembered=former).change(on_day(2))
    assert retired(change) == {2: "nobody ever received it"}
    assert change.retiring == {1: on_day(9)}


def test_a_key_that_waits_for_delivery_is_not_lost_and_keeps_the_ones_before_it() -> None:
    former = SecretRecord(set_at=START, pending="a run", retiring={1: on_day(1)})
    key = Key(row=row(2, row(1)), ours=2, remembered=former, staged=True)
    assert key.plan(on_day(5)).is_empty
    change = replace(key, forced=FORCED).change(on_day(5))
    assert (retired(change), change.retiring) == ({}, {1: on_day(12), 2: on_day(12)})


@pytest.mark.parametrize("rule", [RULE, replace(RULE, rotation=None)])
def test_a_lost_key_that_somebody_has_stopped_stays_stopped(rule: SecretRule) -> None:
    assert Key(rule=rule, row=row(2, row(1), active=False), ours=2, remembered=LOST).plan(on_day(200)).is_empty


def test_a_lost_key_under_one_of_the_applications_goes_and_the_other_stays_for_the_overlap() -> None:
    change = Key(row=row(2, row(1)), remembered=LOST).change(on_day(1))
    assert (change.generation, retired(change)) == (3, {1: "nobody ever received it"})
    assert change.retiring == {2: on_day(8)}


def test_our_key_under_one_of_the_applications_is_retired_with_it() -> None:
    change = Key(row=row(2, row(1)), remembered=SecretRecord(set_at=START)).change(on_day(90))
    assert (retired(change), change.retiring) == ({}, {1: on_day(97), 2: on_day(97)})
    change = Key(row=row(2, row(1, active=False))).change(on_day(90))
    assert (retired(change), change.retiring) == ({}, {2: on_day(97)})


def test_generations_that_we_do_not_count_are_left_alone() -> None:
    key = Key(row=row(5, row(4), row(3), row(2), row(1)), ours=5)
    assert key.plan(on_day(1)).is_empty
    change = replace(key, remembered=SecretRecord(set_at=START, retiring={3: on_day(1)})).change(on_day(1))
    assert (change.action, retired(change), change.fields) == ("retire", {3: "its overlap is over"}, ())
    assert change.reason == "it has a successor"
    assert change.primary_key == (50,)
    assert change.retires[0].primary_key == (30,)
    assert [item.name for item in change.retires[0].fields] == ["active", "revoked_at"]


def test_an_overlap_is_over_exactly_at_its_end() -> None:
    key = Key(row=row(2, row(1)), ours=2, remembered=SecretRecord(set_at=START, retiring={1: on_day(7)}))
    assert key.plan(after(on_day(7), -1)).is_empty
    assert retired(key.change(on_day(7))) == {1: "its overlap is over"}


def test_a_former_key_revoked_by_hand_is_not_written_again() -> None:
    key = Key(
        row=row(2, row(1, active=False)), ours=2, remembered=SecretRecord(set_at=START, retiring={1: on_day(7)})
    )
    assert key.plan(on_day(8)).is_empty
    assert key.change(on_day(90)).retiring == {2: on_day(97)}


def test_the_overlaps_of_earlier_successions_go_on_beside_a_new_one() -> None:
    remembered = SecretRecord(set_at=START, retiring={1: on_day(89), 2: on_day(91)})
    change = Key(row=row(3, row(2), row(1)), ours=3, remembered=remembered).change(on_day(90))
    assert retired(change) == {1: "its overlap is over"}
    assert change.retiring == {2: on_day(91), 3: on_day(97)}


@given(alive=st.lists(st.booleans(), max_size=4), pending=st.sampled_from([None, "a run"]), staged=st.booleans())
def test_after_a_leak_everything_that_works_stops(alive: list[bool], pending: str | None, *, staged: bool) -> None:
    older: list[Row] = [row(number, active=works) for number, works in enumerate(alive, start=1)]
    count = len(older)
    remembered = SecretRecord(set_at=START, pending=pending, retiring=dict.fromkeys(range(1, count), on_day(1)))
    key = Key(row=row(count + 1, *older), ours=count + 1, remembered=remembered, staged=staged, forced=NOW)
    change = key.change(on_day(0))
    assert set(retired(change).values()) == {"revoked at once, as asked"}
    assert set(retired(change)) == {count + 1} | {number for number, works in enumerate(alive, start=1) if works}
    assert change.retiring == {}
    assert change.generation == count + 2


def test_an_overlap_that_was_asked_for_counts_instead_of_the_declared_one() -> None:
    assert Key(forced=Forced(overlap=60.0)).change(on_day(3)).retiring == {1: after(on_day(3), 60)}
    assert Key(forced=FORCED).change(on_day(3)).retiring == {1: on_day(10)}


def test_without_an_overlap_the_former_key_is_to_stop_with_the_run_that_replaces_it() -> None:
    key = Key(rule=replace(RULE, rotation=None, version="2"), remembered=SecretRecord(set_at=START, version="1"))
    assert key.change(on_day(3)).retiring == {1: on_day(3)}


def test_other_changes_come_with_the_end_of_an_overlap() -> None:
    key = Key(row=row(2, row(1)), ours=2, remembered=SecretRecord(set_at=START, retiring={1: on_day(7)}))
    change = replace(key, fields={"active": True, "label": "x"}, row=row(2, row(1), label="y")).change(on_day(8))
    assert (change.action, retired(change)) == ("update", {1: "its overlap is over"})


def test_the_next_generation_takes_over_all_but_what_stops_a_row() -> None:
    found = row(1, expires_at=on_day(300), label="x", comment=None)
    change = Key(row=found).change(on_day(90))
    assert change.carried == {"label": "x"}
    change = Key(row=found, fields={"expires_at": on_day(300), "active": True}).change(on_day(90))
    assert change.carried == {"label": "x", "expires_at": on_day(300), "active": True}
    change = Key(row=found, fields={"label": "y"}).change(on_day(90))
    assert change.carried == {}
    assert [(item.name, item.after) for item in change.fields] == [("label", "y"), ("key", None)]


def test_what_is_pending_is_remembered_with_the_run_that_made_it() -> None:
    key = Key(remembered=SecretRecord(set_at=START, retiring={9: on_day(1)}, fingerprint="of the former one"))
    change = key.change(on_day(90))
    assert key.remembered is not None
    kept = remember(change, key.resource(), {"key": key.remembered}, now=on_day(90), run="this run")
    assert kept == {"key": SecretRecord(set_at=on_day(90), pending="this run", retiring={1: on_day(97)})}


def test_what_has_stopped_is_not_remembered_any_more() -> None:
    remembered = SecretRecord(set_at=START, retiring={1: on_day(7), 2: on_day(9)})
    key = Key(row=row(3, row(2), row(1)), ours=3, remembered=remembered)
    kept = remember(key.change(on_day(8)), key.resource(), {"key": remembered}, now=on_day(8), run="this run")
    assert kept == {"key": replace(remembered, retiring={2: on_day(9)})}


def test_a_removal_stops_every_generation_whoever_made_it() -> None:
    key = Key(row=row(3, row(2), row(1, active=False)), ours=3)
    (change,) = make_plan(replace(key.question(on_day(1)), resources={}, prune=True)).changes
    assert (change.action, change.address) == ("disable", CI)
    assert retired(change) == {2: "removed"}


def test_a_key_that_is_declared_absent_stops_with_every_generation_unless_it_stays() -> None:
    rows = row(3, row(2), row(1, active=False))
    for on_remove, stopped in ((OnRemove.DISABLE, {2: "removed"}), (OnRemove.ABANDON, {}), (OnRemove.DELETE, {})):
        absent = Lifecycle(state=Presence.ABSENT, on_remove=on_remove)
        change = Key(row=rows, ours=3, lifecycle=absent).change(on_day(1))
        assert (change.action.value, retired(change)) == (on_remove.value, stopped)


def test_a_stranger_of_which_only_a_former_generation_works_is_stopped_where_it_is_declared_absent() -> None:
    key = Key(row=row(2, row(1), active=False), known=False, lifecycle=Lifecycle(state=Presence.ABSENT))
    assert retired(key.change(on_day(1))) == {1: "removed"}
    assert replace(key, row=row(2, row(1, active=False), active=False)).plan(on_day(1)).is_empty


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (SecretRule(version="2"), SecretRecord(version="2")),
        (SecretRule(version="2", lifetime=DAY), SecretRecord(version="2", set_at=START)),
        (SecretRule(generated=True), SecretRecord(set_at=START, pending="this run")),
    ],
)
def test_a_secret_that_is_written_is_remembered_with_its_version_and_what_is_counted_from_it(
    rule: SecretRule, kept: SecretRecord
) -> None:
    key = Key(row=None, known=False, rule=rule)
    assert remember(key.change(START), key.resource(), {}, now=START, run="this run") == {"key": kept}


def test_a_secret_that_is_written_into_its_row_leaves_the_former_generations_to_their_time() -> None:
    key = Key(row=row(2, row(1)), ours=2)
    known = {"key": SecretRecord(version="1", retiring={1: on_day(7)}), "pin": SecretRecord(version="1")}
    rules = {"key": SecretRule(version="1"), "pin": SecretRule(version="2")}
    resource = replace(key.resource(), secrets=rules)
    written = FieldChange(name="pin", before=None, after=None, reason=Reason.SECRET_VERSION, sensitive=True)
    change = Change(action=Action.UPDATE, address=CI, reason="", fields=(written,))
    kept = remember(change, resource, {**known, "pin": known["key"]}, now=START, run="this run")
    assert kept == {"key": known["key"], "pin": SecretRecord(version="2", retiring={1: on_day(7)})}


def test_a_rotation_brings_all_else_that_differs_and_has_the_place_of_its_declaration() -> None:
    key = Key(forced=FORCED, fields={"label": "x"}, row=row(1, label="x"))
    resource = replace(key.resource(), labels={"team": "red"}, fields={})
    (change,) = make_plan(replace(key.question(START), resources={CI: resource})).changes
    assert [item.name for item in change.metadata] == ["labels"]
    assert (change.released, change.source) == (("label",), "keys.yaml:1")


def test_a_row_that_nobody_has_counted_is_followed_by_the_first_generation() -> None:
    change = Key(row=replace(row(1), generation=None), forced=NOW).change(START)
    assert (change.generation, set(retired(change))) == (1, {0})
