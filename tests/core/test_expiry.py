"""When a key expires, which is counted from the moment at which it was made, and which ones are said to expire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.address import Address
from provision.core.moment import after
from provision.core.plan import Change
from provision.core.planner import make_plan
from provision.core.rotation import remember
from provision.core.state import Lifecycle, Presence, Rotation, SecretRecord, SecretRule
from tests.core.keys import CI, DAY, IGNORED, ONLY_CREATED, RULE, START, Key, on_day, row

LIFE = replace(RULE, rotation=None, lifetime=97 * DAY)
BOTH = replace(RULE, lifetime=97 * DAY)
MONTH = 30 * DAY


def expires(change: Change) -> list[tuple[object, object, float | None]]:
    return [(item.before, item.after, item.seconds) for item in change.fields if item.name == "expires_at"]


def test_a_new_key_expires_so_long_after_the_run() -> None:
    assert expires(Key(rule=LIFE, row=None, known=False).change(on_day(3))) == [(None, on_day(100), 97 * DAY)]


def test_a_moment_that_was_changed_in_the_database_is_brought_back() -> None:
    for found in (None, on_day(96), on_day(98)):
        key = Key(rule=LIFE, row=row(1, expires_at=found))
        assert expires(key.change(on_day(50))) == [(found, on_day(97), None)]
    assert Key(rule=LIFE, row=row(1, expires_at=on_day(97))).plan(on_day(50)).is_empty


def test_a_secret_that_lives_for_ever_does_not_hide_the_lifetime_of_the_next_one() -> None:
    key = Key(rule=LIFE, row=row(1, expires_at=on_day(5)))
    resource = replace(key.resource(), secrets={"pin": SecretRule(), "key": LIFE})
    (change,) = make_plan(replace(key.question(on_day(50)), resources={CI: resource})).changes
    assert expires(change) == [(on_day(5), on_day(97), None)]


def test_another_lifetime_is_counted_from_the_same_beginning() -> None:
    key = Key(rule=replace(LIFE, lifetime=10 * DAY), row=row(1, expires_at=on_day(97)))
    assert expires(key.change(on_day(50))) == [(on_day(97), on_day(10), None)]


@pytest.mark.parametrize("days", [0, 90])
def test_a_successor_expires_so_long_after_its_own_run_even_in_the_second_of_the_former(days: int) -> None:
    key = Key(rule=replace(BOTH, version="2"), row=row(1, expires_at=on_day(97)))
    change = key.change(on_day(days))
    assert change.action == "rotate"
    assert expires(change) == [(on_day(97), on_day(97 + days), 97 * DAY)]
    assert "expires_at" not in change.carried


@pytest.mark.parametrize("known", [True, False])
def test_what_nobody_has_counted_yet_is_counted_from_when_we_find_it(*, known: bool) -> None:
    key = Key(rule=LIFE, row=row(1, expires_at=on_day(5)), remembered=None, known=known)
    change = key.change(on_day(50))
    assert expires(change) == [(on_day(5), on_day(147), 97 * DAY)]
    kept = remember(change, key.resource(), {}, now=on_day(50), run="a run")
    assert kept == {"key": SecretRecord(set_at=on_day(50))}
    after_it = replace(key, known=True, row=row(1, expires_at=on_day(147)), remembered=kept["key"])
    assert after_it.plan(on_day(60)).is_empty


def test_a_rotation_declared_later_is_counted_from_then_and_remembered_once() -> None:
    key = Key(remembered=SecretRecord())
    change = key.change(on_day(50))
    assert (change.action, change.fields) == ("update", ())
    assert [(item.name, item.after, item.seconds) for item in change.metadata] == [("key.set_at", on_day(50), 0)]
    kept = remember(change, key.resource(), {"key": SecretRecord()}, now=on_day(50), run="a run")
    counted = replace(key, remembered=kept["key"])
    assert counted.plan(after(on_day(140), -1)).is_empty
    assert counted.change(on_day(140)).action == "rotate"


def test_a_secret_that_nobody_has_to_count_does_not_hide_the_next_one() -> None:
    key = Key(remembered=SecretRecord())
    resource = replace(key.resource(), secrets={"pin": SecretRule(), "key": RULE})
    (change,) = make_plan(replace(key.question(on_day(50)), resources={CI: resource})).changes
    assert [item.name for item in change.metadata] == ["key.set_at"]


def test_the_fractions_of_the_databases_clock_do_not_take_part() -> None:
    key = Key(rule=LIFE, row=None, known=False)
    assert expires(key.change("2026-01-04T00:00:00.999999Z")) == [(None, on_day(100), 97 * DAY)]


RULES = [RULE, LIFE, BOTH, replace(BOTH, version="2"), SecretRule(generated=True)]
rows = st.sampled_from([None, row(1), row(1, expires_at=on_day(97)), row(2, row(1)), row(1, active=False)])
records = st.sampled_from(
    [
        None,
        SecretRecord(),
        SecretRecord(set_at=START),
        SecretRecord(set_at=START, pending="a run"),
        SecretRecord(set_at=START, retiring={1: on_day(30)}),
    ]
)


keys = st.builds(
    Key,
    row=rows,
    remembered=records,
    rule=st.sampled_from(RULES),
    known=st.booleans(),
    ours=st.sampled_from([1, 2]),
)
days_after = st.sampled_from([1, 29.9999, 30, 89.9999, 90, 96.9999, 97, 500])


@given(key=keys, days=days_after, later=st.sampled_from([0.5, 1, 60]))
def test_a_plan_is_the_same_a_minute_later_when_nothing_becomes_due(key: Key, days: float, later: float) -> None:
    first, second = key.plan(on_day(days)), key.plan(after(on_day(days), later))
    crosses = any(on_day(days) < moment <= after(on_day(days), later) for moment in (on_day(30), on_day(90)))
    if not crosses:
        assert first.fingerprint() == second.fingerprint()
    if first.is_empty != second.is_empty or [c.action for c in first.changes] != [c.action for c in second.changes]:
        assert crosses
        assert first.fingerprint() != second.fingerprint()


def test_a_plan_is_another_one_when_something_becomes_due() -> None:
    moments = [after(on_day(day), second) for day in (7, 90) for second in (-1, 0)]
    key = Key(
        row=row(2, row(1), label="x"),
        ours=2,
        remembered=SecretRecord(set_at=START, retiring={1: on_day(7)}),
        fields={"label": "y"},
    )
    prints = [key.plan(moment).fingerprint() for moment in moments]
    assert prints[0] != prints[1]
    assert prints[1] == prints[2]
    assert prints[2] != prints[3]


def said(key: Key, now: str, within: float = MONTH) -> list[str]:
    return [item.at for item in replace(key, expiring_within=within).plan(now).expiring]


def test_what_expires_within_the_time_is_said_and_what_has_expired_as_well() -> None:
    key = Key(rule=LIFE, row=row(1, expires_at=on_day(97)))
    assert said(key, after(on_day(67), -1)) == []
    assert said(key, on_day(67)) == [on_day(97)]
    assert said(key, on_day(500)) == [on_day(97)]
    assert key.plan(on_day(500)).expiring == ()


def test_a_key_whose_rotation_comes_first_is_not_said_to_expire() -> None:
    at = on_day(97)
    assert said(Key(rule=BOTH, row=row(1, expires_at=at)), on_day(80)) == []
    late = replace(BOTH, rotation=Rotation(every=97 * DAY, overlap=DAY))
    assert said(Key(rule=late, row=row(1, expires_at=at)), on_day(80)) == [at]
    assert said(Key(rule=BOTH, row=row(1, expires_at=at)), on_day(91)) == []  # it is rotated by this plan


@pytest.mark.parametrize("lifecycle", [IGNORED, ONLY_CREATED])
def test_a_key_that_is_left_alone_is_said_to_expire_although_a_rotation_is_declared(lifecycle: Lifecycle) -> None:
    key = Key(rule=BOTH, row=row(1, expires_at=on_day(97)), lifecycle=lifecycle)
    assert said(key, on_day(80)) == [on_day(97)]


@pytest.mark.parametrize(
    "key",
    [
        Key(rule=LIFE, row=row(1, active=False, expires_at=on_day(97))),
        Key(rule=LIFE, row=row(1, expires_at=on_day(97)), lifecycle=Lifecycle(state=Presence.ABSENT)),
        Key(rule=replace(LIFE, lifetime=None), row=row(1)),
    ],
)
def test_what_does_not_work_or_never_expires_is_not_said_to(key: Key) -> None:
    assert said(key, on_day(90)) == []


def test_a_moment_that_this_plan_writes_is_the_one_that_counts() -> None:
    assert said(Key(rule=LIFE, row=row(1, expires_at=on_day(500))), on_day(80)) == [on_day(97)]
    assert said(Key(rule=LIFE, row=row(1, expires_at=on_day(81))), on_day(50), within=40 * DAY) == []
    assert said(Key(rule=LIFE, row=None, known=False), on_day(0), within=98 * DAY) == [on_day(97)]


def test_a_successor_works_whatever_became_of_the_former_one() -> None:
    rule = replace(LIFE, version="2")
    former = SecretRecord(set_at=START, version="1")
    key = Key(rule=rule, remembered=former, row=row(1, active=False, expires_at=on_day(5)))
    assert said(key, on_day(0), within=98 * DAY) == [on_day(97)]


def test_every_key_is_looked_at_and_the_next_to_expire_stands_first() -> None:
    key = Key(rule=SecretRule())
    states = {
        "absent": (row(1), Lifecycle(state=Presence.ABSENT)),
        "stopped": (row(1, active=False, expires_at=on_day(9)), Lifecycle()),
        "lasting": (row(1), Lifecycle()),
        "late": (row(1, expires_at=on_day(9)), Lifecycle()),
        "early": (row(1, expires_at=on_day(8)), Lifecycle()),
    }
    asked = key.question(on_day(0))
    places = {name: Address("Token", (name,)) for name in states}
    resources = {
        places[name]: replace(key.resource(), address=places[name], lifecycle=lifecycle)
        for name, (_, lifecycle) in states.items()
    }
    rows = {places[name]: replace(found, address=places[name]) for name, (found, _) in states.items()}
    snapshot = replace(asked.snapshot, rows=rows, records={})
    found = make_plan(replace(asked, resources=resources, snapshot=snapshot, expiring_within=MONTH)).expiring
    assert [(item.address.key[0], item.at) for item in found] == [("early", on_day(8)), ("late", on_day(9))]


def test_a_secret_that_is_left_alone_does_not_hide_the_rotation_of_the_next_one() -> None:
    key = Key(rule=RULE, row=row(1, expires_at=on_day(97)))
    resource = replace(
        key.resource(),
        secrets={"pin": RULE, "key": RULE},
        lifecycle=Lifecycle(ignore_changes=frozenset({"pin"})),
    )
    asked = replace(key.question(on_day(80)), resources={CI: resource}, expiring_within=MONTH)
    assert make_plan(asked).expiring == ()
