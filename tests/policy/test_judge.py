"""Which rule is broken by what: every resource as it will be, every change, and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.plan import Plan
from provision.core.planner import Question
from provision.core.rotation import Forced
from provision.core.state import Resource, Rotation, SecretRule, SecretUpdate
from provision.policy import Policies
from provision.policy.judge import MOST_SHOWN, judge
from tests.core.states import Known, at, declared, found, recorded
from tests.policy.writing import broken, judged, policies, question, rule

OWNED = rule("has(resource.labels.owner)", "owned", when="resource.spec.is_superuser", kinds=["User"])


def test_a_violation_names_rule_address_file_and_line_and_shows_no_value() -> None:
    amy = declared("User/amy", is_superuser=True, nickname="hunter2")
    [refusal] = judged(policies(OWNED), question([amy])).refusals
    assert refusal.guard == "policy"
    assert refusal.message == "User/amy (people.yaml:3): so it has to be (policy people/owned)"
    assert refusal.hint == "correct it, or the rule at people.yaml:6"
    assert (refusal.rule, refusal.address, refusal.source) == ("people/owned", "User/amy", "people.yaml:3")


def test_a_warning_says_the_same_and_refuses_nothing() -> None:
    amy = declared("User/amy", is_superuser=True)
    judgement = judged(policies(OWNED | {"severity": "warn"}), question([amy]))
    assert judgement.refusals == ()
    [warning] = judgement.warnings
    message, _, hint = warning.partition(" Hint: ")
    assert message == "User/amy (people.yaml:3): so it has to be (policy people/owned)."
    assert hint == "correct it, or the rule at people.yaml:6"


def test_it_is_the_state_after_the_run_that_counts() -> None:
    root = found("User/amy", is_superuser=True)
    demoted = declared("User/amy", is_superuser=False)
    assert broken(question([demoted], root, recorded(demoted)), OWNED) == []
    promoted = declared("User/amy", is_superuser=True)
    assert broken(question([promoted], found("User/amy"), recorded(demoted)), OWNED) == ["people/owned User/amy"]


def test_what_nobody_declares_any_more_is_judged_until_it_is_removed() -> None:
    known = found("User/amy", is_superuser=True), recorded(declared("User/amy", is_superuser=True))
    assert broken(question([], *known), OWNED) == ["people/owned User/amy"]
    assert broken(question([], *known, prune=True), OWNED) == []


def test_a_field_that_git_does_not_manage_is_judged_as_it_is_found() -> None:
    amy = declared("User/amy", nickname="Amy")
    root = found("User/amy", is_superuser=True, nickname="Amy")
    assert broken(question([amy], root, recorded(amy)), OWNED) == ["people/owned User/amy"]


@pytest.mark.parametrize(
    ("kinds", "addresses"),
    [([], ["Key/amy/ci", "User/amy"]), (["User"], ["User/amy"]), (["K*"], ["Key/amy/ci"]), (["Team"], [])],
)
def test_a_rule_is_about_the_kinds_that_it_names(kinds: list[str], addresses: list[str]) -> None:
    asked = question([declared("User/amy"), declared("Key/amy/ci")])
    assert broken(asked, rule("false", kinds=kinds)) == [f"people/rule {address}" for address in addresses]


@pytest.mark.parametrize(
    "expression",
    [
        'resource.kind == "Key" && resource.name == "ci" && resource.address == "Key/amy/ci"',
        'resource.spec.user == "amy" && resource.spec.scopes == ["a"]',
        'resource.spec == {"user": "amy", "scopes": ["a"]} && resource["spec"].user == "amy"',
        'resource.spec["user"] == "amy" && resource.spec.scopes[0] == "a"',
        'resource.labels == {"a.b": "x"} && resource.declared && resource.managed',
        'resource.secrets.key.generated && resource.secrets.key.update == "on_create"',
        'resource.secrets.key.version == "2" && resource.secrets.key.expires_in == 90 * 24 * 3600',
        "resource.secrets.key.rotation <= 3600 && size(resource.secrets) == 2",
        "!has(resource.secrets.pin.version) && !has(resource.secrets.pin.rotation)",
        'resource.secrets.pin.update == "always" && !has(resource.spec.key) && !has(resource.spec.pin)',
        'now == timestamp("2026-11-25T00:00:00Z")',
    ],
)
def test_a_rule_sees_a_resource_as_manifests_write_it_and_of_secrets_their_terms(expression: str) -> None:
    made = SecretRule(
        generated=True, version="2", lifetime=90 * 86400.0, rotation=Rotation(every=3600.0, overlap=0.0)
    )
    secrets = {"key": made, "pin": SecretRule(update=SecretUpdate.ALWAYS)}
    key = declared("Key/amy/ci", secrets=secrets, labels={"a.b": "x"}, scopes=["a"])
    assert broken(question([key, declared("User/amy")]), rule(expression, kinds=["Key"])) == []


@pytest.mark.parametrize(
    "expression",
    [
        'change.action == "update" && change.reason == "differs from the manifest"',
        'change.fields.email.before == "old@example.com" && change.fields.email.after == "new@example.com"',
        'change.fields.email.reason == "changed in the manifest" && !change.fields.email.sensitive',
        'change.before.email == "old@example.com" && change.after.email == "new@example.com"',
        "change.fields.password.sensitive && change.fields.password.after == null",
        "!has(change.after.password) && !has(change.before.password)",
        "size(change.fields) == 2 && change.after.status == change.before.status",
        "resource.spec == change.after",
        "!has(change.after.team) && change.fields.email.after != null",
    ],
)
def test_a_rule_over_changes_sees_each_field_before_and_after_and_no_secret(expression: str) -> None:
    secrets = {"password": SecretRule(version="2")}
    was = recorded(declared("User/amy", email="old@example.com", secrets={"password": SecretRule(version="1")}))
    now = declared("User/amy", email="new@example.com", secrets=secrets)
    asked = question([now], found("User/amy", email="old@example.com"), was)
    assert broken(asked, rule(expression, over="change")) == []


def test_a_field_without_a_value_is_not_there_whether_null_or_unknown() -> None:
    amy, bob = declared("User/amy", email=None), declared("User/bob")
    asked = question([amy, bob], found("User/bob", email=None), recorded(bob))
    assert broken(asked, rule("!has(resource.spec.email)"), rule("!('email' in resource.spec)", "other")) == []


def test_a_rule_over_changes_is_about_what_changes_alone() -> None:
    amy, bob = declared("User/amy"), declared("User/bob")
    asked = question([amy, bob], found("User/amy"), recorded(amy))
    assert broken(asked, rule("false", over="change")) == ["people/rule User/bob"]


def test_a_removal_can_be_forbidden_and_shows_what_is_lost() -> None:
    amy = declared("User/amy", on_remove="delete")
    asked = question([], found("User/amy", nickname="A"), recorded(amy), prune=True)
    never = rule('change.action != "delete"', "never", over="change")
    seen = rule('resource.spec.nickname == "A" && change.after == {} && !resource.managed', "seen", over="change")
    assert broken(asked, never, seen) == ["people/never User/amy"]


def test_a_rule_that_cannot_be_evaluated_is_broken_and_says_so() -> None:
    [refusal] = judged(policies(rule('resource.spec.mail.endsWith("x")')), question([declared("User/amy")])).refusals
    assert refusal.message == (
        "User/amy (people.yaml:3): the policy people/rule could not be evaluated: "
        "no such field: mail; ask with has() whether it is there"
    )
    assert refusal.hint == "correct the rule at people.yaml:6"


@pytest.mark.parametrize("key", ["when", "require"])
def test_an_error_is_a_violation_in_the_condition_too(key: str) -> None:
    keys = {"when": "true", "require": "true", key: "resource.spec.zzz"}
    made = rule(keys["require"], when=keys["when"])
    assert broken(question([declared("User/amy")]), made) == ["people/rule User/amy"]


def test_a_value_that_has_no_type_in_cel_breaks_the_rules_that_meet_it() -> None:
    odd = declared("User/amy", nickname="\ud800")
    rules = rule("resource.spec.nickname == ''", "a"), rule("true", "b")
    assert broken(question([odd]), *rules) == ["people/a User/amy", "people/b User/amy"]
    assert broken(question([odd]), rule('resource.name == "amy"')) == []


def test_of_many_violations_the_first_are_told_and_the_others_counted() -> None:
    many = [declared(f"User/u{number:03}") for number in range(MOST_SHOWN + 7)]
    refusals = judged(policies(rule("false")), question(many)).refusals
    assert len(refusals) == MOST_SHOWN + 1
    assert refusals[0].address == "User/u000"
    assert refusals[-1].message == "7 more break the policy people/rule (people.yaml:6)"


def test_judging_that_takes_too_long_refuses_the_plan() -> None:
    judgement = judged(policies(rule("true")), question([declared("User/amy")]), seconds=0)
    assert [refusal.message for refusal in judgement.refusals] == ["the policies were not done after 0 s"]


def test_a_rotation_that_was_asked_for_is_judged_alone() -> None:
    amy, bob = declared("User/amy"), declared("User/bob")
    known = found("User/amy"), recorded(amy), found("User/bob", 2), recorded(bob, 2)
    asked = replace(question([amy, bob], *known), forced={at("User/bob"): Forced()})
    refusals = judge(policies(rule("false")), Plan(changes=()), asked).refusals
    assert [refusal.address for refusal in refusals] == ["User/bob"]


def test_without_rules_nothing_is_judged() -> None:
    assert judged(Policies(), question([declared("User/amy")])).refusals == ()


RULES = [
    rule("resource.spec.nickname != 'N0'", "a"),
    rule("has(resource.spec.email)", "b", severity="warn"),
    rule("resource.spec.zzz", "c", kinds=["User"]),
    rule("size(resource.spec) > 1 && resource.name != 'u1'", "d", when="resource.spec.nickname != 'N2'"),
    rule("change.after == resource.spec && change.action != 'update'", "e", over="change"),
    rule("change.fields.exists(name, change.fields[name].after == null)", "f", over="change"),
]


@st.composite
def worlds(draw: st.DrawFn) -> Question:
    """Some users: declared, found, remembered, or some of it."""
    resources: list[Resource] = []
    known: list[Known] = []
    for number in range(draw(st.integers(1, 5))):
        name = f"User/u{number}"
        fields: dict[str, Any] = {"nickname": f"N{draw(st.integers(0, 2))}"}
        if draw(st.booleans()):
            fields["email"] = f"u{number}@example.com"
        item = declared(name, **fields)
        if draw(st.booleans()):
            resources.append(item)
        if draw(st.booleans()):
            known += [found(name, number, nickname="N1"), recorded(item, number)]
    return question(resources, *known, prune=draw(st.booleans()))


@given(worlds(), st.permutations(RULES), st.randoms(use_true_random=False))
def test_neither_the_order_of_rules_nor_of_resources_nor_other_rules_change_a_verdict(
    world: Question, rules: list[dict[str, Any]], random: Any
) -> None:
    def verdicts(asked: Question, *some: dict[str, Any]) -> set[str]:
        judgement = judged(policies(*some), asked)
        told = [refusal.message for refusal in judgement.refusals] + list(judgement.warnings)
        assert len(set(told)) == len(told)
        return {text.partition(". Hint")[0] for text in told}

    turned = list(world.resources.items())
    random.shuffle(turned)
    other_way = replace(world, resources=dict(turned))
    together = verdicts(world, *RULES)
    assert verdicts(other_way, *rules) == together
    assert {text for each in RULES for text in verdicts(world, each)} == together
