"""What stops a plan from being applied, and what lifts it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from provision.core.guards import Limits, MaxRemovals, parse_max_removals, refusals
from provision.core.plan import Action, Change, Plan
from provision.core.planner import make_plan
from provision.core.state import Resource
from tests.core.states import ask, at, declared, found, plan, recorded


def removing(number: int, *, managed: int, action: Action = Action.DISABLE) -> Plan:
    """A plan that removes so many of what is managed."""
    changes = (Change(action=action, address=at(f"User/u{n}"), reason="") for n in range(number))
    return Plan(changes=tuple(changes), managed=managed)


def guards(plan: Plan, limits: Limits = Limits()) -> list[str]:  # noqa: B008  a frozen value
    """The guards that say no."""
    return [refusal.guard for refusal in refusals(plan, limits)]


@pytest.mark.parametrize(
    ("number", "managed", "allowed"),
    [
        (9, 9, True),
        (2, 10, True),
        (3, 10, False),
        (3, 12, True),
        (4, 12, False),
        (25, 100, True),
        (26, 100, False),
        (0, 0, True),
    ],
)
def test_a_quarter_may_go_at_once_and_below_ten_there_is_no_limit(
    number: int, managed: int, *, allowed: bool
) -> None:
    assert guards(removing(number, managed=managed)) == ([] if allowed else ["removals"])


def test_the_refusal_names_the_flag_with_the_number_that_lifts_it() -> None:
    (refusal,) = refusals(removing(11, managed=20), Limits())
    assert refusal.message == "11 of 20 managed resources would be removed; the limit is 25%"
    assert refusal.hint == "if that is what you want: --max-removals 11"
    assert guards(removing(11, managed=20), Limits(max_removals=parse_max_removals("11"))) == []


def test_a_number_holds_however_little_is_managed() -> None:
    none = Limits(max_removals=parse_max_removals("0"))
    assert guards(removing(1, managed=2), none) == ["removals"]
    assert guards(removing(0, managed=2), none) == []


@pytest.mark.parametrize(
    ("action", "counted"), [(Action.DELETE, True), (Action.DISABLE, True), (Action.ABANDON, False)]
)
def test_what_is_only_forgotten_is_not_a_removal(action: Action, *, counted: bool) -> None:
    assert guards(removing(10, managed=10, action=action)) == (["removals"] if counted else [])


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("12", MaxRemovals(count=12), "12"),
        ("0", MaxRemovals(count=0), "0"),
        (" 40% ", MaxRemovals(share=Fraction(2, 5)), "40%"),
        ("12.5%", MaxRemovals(share=Fraction(1, 8)), "12.5%"),
        ("100%", MaxRemovals(share=Fraction(1)), "100%"),
        ("0%", MaxRemovals(share=Fraction(0)), "0%"),
    ],
)
def test_a_number_or_a_share_is_read(text: str, expected: MaxRemovals, shown: str) -> None:
    assert parse_max_removals(text) == expected
    assert str(parse_max_removals(text)) == shown


@pytest.mark.parametrize("text", ["", "%", "-1", "1.5", "101%", "100.1%", "1e3", "٣", "1 %", "all", "1.%", "9" * 10])
def test_anything_else_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match=r"give a number such as 12|at most 100%"):
        parse_max_removals(text)


def test_the_last_enabled_superuser_is_not_lost_by_removal() -> None:
    root = declared("User/root", is_superuser=True, on_remove="disable")
    question = ask([], found("User/root", is_superuser=True), recorded(root), prune=True, administrators=1)
    result = make_plan(question)
    assert result.administrators == {"User": (1, 0)}
    assert guards(result) == ["administrators"]
    assert guards(result, Limits(allow_no_superuser=True)) == []
    assert guards(make_plan(replace(question, prune=False))) == []


@pytest.mark.parametrize(
    "root", [declared("User/root", is_superuser=False), declared("User/root", status="disabled")]
)
def test_the_last_enabled_superuser_is_not_lost_by_an_update(root: Resource) -> None:
    question = ask([root], found("User/root", is_superuser=True), administrators=1)
    assert guards(make_plan(question)) == ["administrators"]


def test_another_superuser_anywhere_in_the_table_is_enough() -> None:
    question = ask(
        [declared("User/root", is_superuser=False)], found("User/root", is_superuser=True), administrators=2
    )
    assert make_plan(question).administrators == {"User": (2, 1)}
    assert guards(make_plan(question)) == []


def test_a_superuser_that_this_run_creates_counts() -> None:
    resources = [
        declared("User/new", is_superuser=True, status="active"),
        declared("User/root", state="absent", on_remove="delete"),
    ]
    question = ask(resources, found("User/root", is_superuser=True), administrators=1)
    assert make_plan(question).administrators == {"User": (1, 1)}


@pytest.mark.parametrize(
    "new", [declared("User/new", is_superuser=True, status="disabled"), declared("User/new", status="active")]
)
def test_whoever_is_disabled_or_has_no_power_does_not_count(new: Resource) -> None:
    resources = [new, declared("User/root", state="absent")]
    question = ask(resources, found("User/root", is_superuser=True), administrators=1)
    assert make_plan(question).administrators == {"User": (1, 0)}


def test_a_superuser_that_is_only_forgotten_keeps_its_power() -> None:
    root = recorded(declared("User/root", on_remove="abandon"))
    question = ask([], found("User/root", is_superuser=True), root, prune=True, administrators=1)
    assert make_plan(question).administrators == {"User": (1, 1)}


def test_a_database_that_never_had_a_superuser_is_no_reason_to_refuse() -> None:
    assert guards(make_plan(ask([declared("User/alice")]))) == []


def test_a_row_of_another_project_is_taken_over_only_on_request() -> None:
    question = ask([declared("User/alice")], found("User/alice"), foreign={"User/alice": "crm"})
    (refusal,) = refusals(make_plan(question), Limits())
    assert refusal.message == "User/alice is managed by another project, 'crm'"
    assert "--take-over" in refusal.hint
    assert guards(make_plan(question), Limits(take_over=True)) == []


def test_a_row_of_another_project_that_this_run_does_not_touch_is_no_conflict() -> None:
    question = ask([declared("User/bob")], found("User/alice"), foreign={"User/alice": "crm"})
    assert guards(make_plan(question)) == []


def test_protection_is_lifted_by_no_flag() -> None:
    last = recorded(declared("User/alice", prevent_removal=True))
    limits = Limits(max_removals=MaxRemovals(count=99), allow_no_superuser=True, take_over=True)
    (refusal,) = refusals(plan([], found("User/alice"), last, prune=True), limits)
    assert refusal.message == "User/alice was applied with prevent_removal: true (people.yaml:3)"
    assert "prevent_removal: false" in refusal.hint


def test_every_reason_is_given_at_once() -> None:
    both = replace(removing(3, managed=10), administrators={"User": (1, 0)}, foreign={at("User/u1"): "crm"})
    assert guards(both) == ["removals", "administrators", "ownership"]
