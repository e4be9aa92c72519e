"""What stops a plan from being applied, and what lifts it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from provision.core.ceiling import Ceiling, parse_ceiling
from provision.core.guards import Limits, Rules, refusals
from provision.core.labels import unlabelled
from provision.core.plan import Action, Change, Plan
from provision.core.planner import make_plan
from provision.core.protection import endangered
from provision.core.state import Resource, Row
from tests.core.states import SHAPES, Known, ask, at, declared, found, plan, recorded


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
    assert guards(removing(11, managed=20), Limits(max_removals=parse_ceiling("11"))) == []


def test_a_number_holds_however_little_is_managed() -> None:
    none = Limits(max_removals=parse_ceiling("0"))
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
        ("12", Ceiling(count=12), "12"),
        ("0", Ceiling(count=0), "0"),
        (" 40% ", Ceiling(share=Fraction(2, 5)), "40%"),
        ("12.5%", Ceiling(share=Fraction(1, 8)), "12.5%"),
        ("100%", Ceiling(share=Fraction(1)), "100%"),
        ("0%", Ceiling(share=Fraction(0)), "0%"),
    ],
)
def test_a_number_or_a_share_is_read(text: str, expected: Ceiling, shown: str) -> None:
    assert parse_ceiling(text) == expected
    assert str(parse_ceiling(text)) == shown


@pytest.mark.parametrize("text", ["", "%", "-1", "1.5", "101%", "100.1%", "1e3", "٣", "1 %", "all", "1.%", "9" * 10])
def test_anything_else_is_no_limit(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^give a number such as 12, or a share such as 40%$|^a share is at most 100%$"
    ):
        parse_ceiling(text)


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
    limits = Limits(max_removals=Ceiling(count=99), allow_no_superuser=True, take_over=True)
    (refusal,) = refusals(plan([], found("User/alice"), last, prune=True), limits)
    assert refusal.message == "User/alice was applied with prevent_removal: true (people.yaml:3)"
    assert "prevent_removal: false" in refusal.hint


def test_every_reason_is_given_at_once() -> None:
    both = replace(removing(3, managed=10), administrators={"User": (1, 0)}, foreign={at("User/u1"): "crm"})
    assert guards(both) == ["removals", "administrators", "ownership"]


EVERYTHING = Plan(
    changes=removing(3, managed=10).changes,
    managed=10,
    administrators={"User": (2, 1)},
    foreign={at("User/u1"): "crm"},
    homeless=((at("User/u2"), "password"),),
    protected=(Change(action=Action.DELETE, address=at("User/u3"), reason="", recorded_source="old.yaml:7"),),
)
RULES = Rules(max_changes=Ceiling(count=0), min_superusers=2)


def test_each_refusal_names_what_lifts_it() -> None:
    found = refusals(EVERYTHING, Limits(), RULES)
    assert {refusal.guard: refusal.hint for refusal in found} == {
        "removals": "if that is what you want: --max-removals 3",
        "changes": "apply them in parts (--target), raise max_changes in [guards], "
        "or lift the guard changes for this plan: an override in policies/",
        "administrators": "declare another (is_superuser: true), or allow it: --allow-no-superuser",
        "ownership": "remove it from one of the two, or move it to this one: --take-over",
        "prevent_removal": "restore its manifest, set prevent_removal: false there and apply, then remove it",
        "delivery": "say where with deliver_to, or have it printed once, on a terminal: apply --print-secrets",
    }
    (none_left,) = refusals(Plan(changes=(), administrators={"User": (1, 0)}), Limits())
    assert none_left.hint == "declare one (is_superuser: true), or allow it: --allow-no-superuser"


@pytest.mark.parametrize(
    ("limits", "lifted"),
    [
        (Limits(max_removals=Ceiling(count=3)), "removals"),
        (Limits(allow_no_superuser=True), "administrators"),
        (Limits(take_over=True), "ownership"),
        (Limits(print_secrets=True), "delivery"),
    ],
)
def test_a_flag_lifts_its_own_guard_and_no_other(limits: Limits, lifted: str) -> None:
    before, after = refusals(EVERYTHING, Limits(), RULES), refusals(EVERYTHING, limits, RULES)
    assert after == tuple(refusal for refusal in before if refusal.guard != lifted)
    assert len(after) == len(before) - 1


def test_a_secret_with_nowhere_to_go_is_named() -> None:
    (refusal,) = refusals(Plan(changes=(), homeless=EVERYTHING.homeless), Limits())
    assert refusal.message == "the password of User/u2 would be generated, and has nowhere to go"


def rule_by(plan: Plan, rules: Rules, limits: Limits = Limits()) -> list[str]:  # noqa: B008  a frozen value
    """The messages of what says no under these rules of the project."""
    return [refusal.message for refusal in refusals(plan, limits, rules)]


def test_the_projects_limit_of_removals_holds_until_the_flag_takes_its_place() -> None:
    rules = Rules(max_removals=parse_ceiling("50%"))
    assert rule_by(removing(10, managed=20), rules) == []
    assert rule_by(removing(11, managed=20), rules) == [
        "11 of 20 managed resources would be removed; the limit is 50%"
    ]
    assert rule_by(removing(11, managed=20), rules, Limits(max_removals=Ceiling(count=11))) == []
    assert rule_by(removing(10, managed=20), rules, Limits(max_removals=Ceiling(count=9))) != []


@pytest.mark.parametrize(
    ("number", "managed", "limit", "allowed"),
    [
        (5, 20, "25%", True),
        (6, 20, "25%", False),
        (6, 9, "25%", True),
        (6, 0, "5", False),
        (5, 0, "5", True),
        (1, 0, "0", False),
    ],
)
def test_all_changes_count_against_the_limit_of_changes(
    number: int, managed: int, limit: str, *, allowed: bool
) -> None:
    changes = (Change(action=Action.CREATE, address=at(f"User/u{n}"), reason="") for n in range(number))
    result = Plan(changes=tuple(changes), managed=managed)
    rules = Rules(max_changes=parse_ceiling(limit))
    found = refusals(result, Limits(max_removals=Ceiling(count=99)), rules)
    assert [refusal.guard for refusal in found] == ([] if allowed else ["changes"])
    assert guards(result) == []
    for refusal in found:
        assert refusal.message == f"{number} resources would change, with {managed} managed; the limit is {limit}"
        assert "max_changes in [guards]" in refusal.hint
        assert "override in policies/" in refusal.hint


@pytest.mark.parametrize(
    ("before", "after", "least", "message"),
    [
        (3, 2, 2, None),
        (3, 1, 2, "only 1 enabled superuser would be left (User: 3 now, 1 afterwards; min_superusers is 2)"),
        (1, 1, 2, None),
        (1, 2, 3, None),
        (4, 2, 3, "only 2 enabled superusers would be left (User: 4 now, 2 afterwards; min_superusers is 3)"),
        (1, 0, 1, "no enabled superuser would be left (User: 1 now, 0 afterwards)"),
        (1, -1, 1, "no enabled superuser would be left (User: 1 now, 0 afterwards)"),
        (1, 0, 0, None),
        (0, 0, 1, None),
    ],
)
def test_fewer_superusers_than_the_project_wants_are_refused_where_the_run_makes_them_fewer(
    before: int, after: int, least: int, message: str | None
) -> None:
    result = Plan(changes=(), administrators={"User": (before, after)})
    rules = Rules(min_superusers=least)
    assert rule_by(result, rules) == ([message] if message else [])
    assert rule_by(result, rules, Limits(allow_no_superuser=True)) == []


def shielded(result: Plan, *protected: str) -> list[str]:
    """What these patterns keep the plan from."""
    return [refusal.message for refusal in endangered(result, protected, SHAPES)]


@pytest.mark.parametrize(
    ("on_remove", "word"), [("disable", "disabled"), ("delete", "deleted"), ("abandon", "abandoned")]
)
@pytest.mark.parametrize("pattern", ["User/root", "User/*", "*/root", "*"])
def test_what_is_protected_is_not_let_go(on_remove: str, word: str, pattern: str) -> None:
    root = declared("User/root", on_remove=on_remove)
    result = plan([], found("User/root"), recorded(root), prune=True)
    assert shielded(result, "User/other", pattern) == [
        f"User/root would be {word} (people.yaml:3), and {pattern} is protected"
    ]
    assert shielded(result, "User/other", "User/roo", "user/root") == []
    assert shielded(result) == []
    assert shielded(plan([], found("User/root"), recorded(root)), pattern) == []


def test_what_is_protected_is_not_declared_absent_either() -> None:
    absent = plan([declared("User/root", state="absent")], found("User/root"))
    assert shielded(absent, "User/root") == [
        "User/root would be disabled (people.yaml:3), and User/root is protected"
    ]


@pytest.mark.parametrize(
    ("resource", "row"),
    [
        (declared("User/root", status="disabled"), found("User/root")),
        (declared("Key/root/ci", active=False), found("Key/root/ci")),
        (declared("Key/root/ci", revoked_at="2027-01-01T00:00:00Z"), found("Key/root/ci")),
    ],
)
def test_what_is_protected_is_not_disabled_by_a_declared_field(resource: Resource, row: Row) -> None:
    (message,) = shielded(plan([resource], row, found("User/root")), "*/root*")
    assert message.startswith(f"{resource.address} would be disabled")


def test_what_is_protected_may_change_and_come_back() -> None:
    assert shielded(plan([declared("User/root", nickname="R")], found("User/root")), "User/root") == []
    back = plan([declared("User/root", status="active")], found("User/root", status="disabled"))
    assert shielded(back, "User/root") == []
    assert shielded(plan([declared("User/root", status="disabled")]), "User/root") == []


def test_what_is_protected_keeps_its_name_and_so_does_what_has_it_in_its_own() -> None:
    user, key = declared("User/root"), declared("Key/root/ci")
    known = (found("User/root"), found("Key/root/ci", 2), recorded(user), recorded(key, 2))
    result = plan([declared("User/boss", previously=("root",)), declared("Key/boss/ci")], *known)
    assert shielded(result, "User/root") == ["User/root would be renamed (people.yaml:3), and User/root is protected"]
    assert shielded(result, "Key/root/*") == [
        "Key/root/ci would be renamed with its owner, to Key/boss/ci, and Key/root/* is protected"
    ]
    assert shielded(result, "User/boss", "Key/boss/*") == []


def test_the_refusal_of_what_is_protected_names_the_setting_and_the_guard_that_an_override_lifts() -> None:
    result = plan([declared("User/root", state="absent")], found("User/root"))
    (refusal,) = endangered(result, ("User/root",), SHAPES)
    assert refusal.guard == "protected"
    assert refusal.hint == (
        "take it out of protected in [guards] of provision.toml, "
        "or lift the guard protected for this plan: an override in policies/"
    )


def test_what_is_protected_and_gone_already_may_be_forgotten() -> None:
    result = plan([], recorded(declared("User/root")), prune=True)
    assert shielded(result, "User/root") == []


def labels(resources: list[Resource], *known: Known, required: tuple[str, ...] = ("owner",)) -> list[str]:
    """What lacks a label when these are planned."""
    by_address = {resource.address: resource for resource in resources}
    return [refusal.message for refusal in unlabelled(plan(resources, *known), required, by_address)]


def test_what_is_written_needs_the_required_labels() -> None:
    new, adopted = declared("User/new"), declared("User/old")
    changed = declared("User/changed", nickname="C", labels={"owner": "x"})
    known = (found("User/old", 2), found("User/changed", 3), recorded(declared("User/changed"), 3))
    assert labels([new, adopted, changed], *known) == [
        "User/new (people.yaml:3) lacks the label owner",
        "User/old (people.yaml:3) lacks the label owner",
    ]
    assert labels([new], required=("owner", "team")) == ["User/new (people.yaml:3) lacks the labels owner, team"]
    assert labels([changed], *known, required=("owner", "team")) == [
        "User/changed (people.yaml:3) lacks the label team"
    ]
    assert labels([new], required=()) == []


def test_the_refusal_of_what_lacks_a_label_says_where_it_belongs_and_which_guard_an_override_lifts() -> None:
    new = declared("User/new")
    (refusal,) = unlabelled(plan([new]), ("owner",), {new.address: new})
    assert refusal.guard == "required_labels"
    assert refusal.hint == (
        "add it, as in metadata.labels: {owner: …}, "
        "or lift the guard required_labels for this plan: an override in policies/"
    )


def test_what_stays_as_it_is_and_what_goes_needs_no_label() -> None:
    same, gone = declared("User/same"), declared("User/gone", state="absent")
    known = (found("User/same"), recorded(same), found("User/gone", 2), recorded(declared("User/gone"), 2))
    assert labels([same, gone], *known) == []


def test_of_many_without_a_label_twenty_are_named() -> None:
    found = labels([declared(f"User/u{number:02}") for number in range(25)])
    assert len(found) == 21
    assert found[-1] == "5 more lack a required label"
    assert len(labels([declared(f"User/u{number:02}") for number in range(20)])) == 20
