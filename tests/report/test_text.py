"""The text that people read and grep."""

from __future__ import annotations

import pytest

from provision.core.plan import Action, Change, Reason
from provision.core.value import Value
from provision.report import text
from provision.report.values import shown
from provision.report.view import PlanView, Stage
from provision.report.wording import NO_CHANGES
from tests.report.examples import (
    ABANDON,
    ADOPT,
    CREATE,
    DELETE,
    DISABLE,
    PROBLEM,
    REFUSAL,
    RENAME,
    ROTATE,
    UPDATE,
    field,
    user,
    view,
)

EVERY_ACTION = """\
Project acme on sqlite:///acme.db

  + User/alice  (manifests/people.yaml:3)   # declared, and not in the database
      + email    = "alice@example.com"
      + password = (sensitive)
  ~ User/bob  (manifests/people.yaml:9)   # differs from the manifest
      ~ nickname = "Bob" -> "Robert"   # changed in the database
      ~ password = (sensitive)   # its version was raised
        lifecycle.on_remove: "disable" -> "delete"
        released: phone (left as it is, no longer managed)
  ~ User/carol will be renamed from User/caro  (manifests/people.yaml:15)
  ~ ApiKey/deploy-bot/ci will be rotated  (manifests/people.yaml:24)   # its rotation is due
      ~ key        = (sensitive)   # its rotation is due
                     delivered to file ../secrets/ci.env ACME_TOKEN
      ~ expires_at = null -> "2027-06-08T00:00:00Z" (100d after the apply)   \
# counted from the moment at which its secret was set
      - generation 1 will be revoked   # its overlap is over
        generation 2 stays valid until 2027-03-08T00:00:00Z
  ~ User/dave will be adopted  (manifests/people.yaml:21)   \
# exists already, and is managed from now on; managed by project other until now
  - ApiKey/deploy-bot/ci will be disabled  (manifests/old.yaml:4)   # no longer in the manifests
      - is_active  = true -> false
      - revoked_at = null -> (now)
  - User/erin will be deleted  (manifests/people.yaml:27)   # declared absent
  - User/frank will no longer be managed   # no longer in the manifests

Plan: 1 to add, 4 to change, 3 to remove."""

ONLY_PENDING = """\
Project acme on sqlite:///acme.db

Not in the manifests any more; removed only with --prune:

  - User/erin would be deleted  (manifests/people.yaml:27)   # declared absent

No changes. The database matches the manifests.
1 resource awaits removal; run with --prune."""


def test_every_action_has_a_verb_and_a_sign() -> None:
    for action in Action:
        change = Change(action=action, address=user("alice"), reason="because")
        assert "User/alice" in shown_plan(view(change))


def shown_plan(view: PlanView, *, colour: bool = False) -> str:
    return "\n".join(text.plan(view, colour=colour))


def test_each_action_has_its_sign_its_verb_its_source_and_its_reason() -> None:
    assert shown_plan(view(CREATE, UPDATE, RENAME, ROTATE, ADOPT, DISABLE, DELETE, ABANDON)) == EVERY_ACTION


def test_what_waits_for_prune_is_listed_apart_and_not_counted_as_a_removal() -> None:
    assert shown_plan(view(pending=(DELETE,))) == ONLY_PENDING


def test_two_resources_await_removal() -> None:
    assert shown_plan(view(CREATE, pending=(DELETE, DISABLE))).endswith(
        "Plan: 1 to add, 0 to change, 0 to remove.\n2 resources await removal; run with --prune."
    )


def test_an_outcome_is_told_in_the_past() -> None:
    lines = list(text.plan(view(CREATE, ADOPT, RENAME, DELETE, ABANDON, stage=Stage.APPLIED), colour=False))
    assert lines[-1] == "Apply complete: 1 added, 2 changed, 2 removed."
    assert any(line.startswith("  ~ User/dave was adopted  (") for line in lines)
    assert any(line.startswith("  ~ User/carol was renamed from User/caro  (") for line in lines)
    assert any(line.startswith("  - User/erin was deleted  (") for line in lines)
    assert any(line.startswith("  - User/frank is no longer managed   #") for line in lines)


def test_applying_nothing_says_so_and_still_reports_completion() -> None:
    lines = list(text.plan(view(stage=Stage.APPLIED), colour=False))
    assert lines[-2:] == [NO_CHANGES, "Apply complete: 0 added, 0 changed, 0 removed."]


@pytest.mark.parametrize(
    ("stage", "words"), [(Stage.PLANNED, "Apply would be refused"), (Stage.REFUSED, "Refused")], ids=str
)
def test_a_refusal_names_what_lifts_it(stage: Stage, words: str) -> None:
    lines = list(text.plan(view(DELETE, stage=stage, refusals=(REFUSAL,), warnings=("slow parser",)), colour=False))
    assert lines[-4:] == [
        "Warning: slow parser",
        f"{words}: 3 of 10 would be removed. Hint: --max-removals 3",
        "",
        "Plan: 0 to add, 0 to change, 1 to remove.",
    ]


def test_colour_adds_nothing_but_colour() -> None:
    everything = view(CREATE, UPDATE, DELETE, refusals=(REFUSAL,), warnings=("slow parser",))
    coloured = shown_plan(everything, colour=True)
    for sign, number in (("+", "32"), ("~", "33"), ("-", "31")):
        assert f"  \x1b[{number}m{sign}\x1b[0m User/" in coloured
    for sequence in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"):
        coloured = coloured.replace(sequence, "")
    assert coloured == shown_plan(everything)


def test_now_is_a_moment_in_a_removal_and_a_text_elsewhere() -> None:
    update = Change(action=Action.UPDATE, address=user("x"), reason="", fields=(field("nickname", "then", "now"),))
    assert '~ nickname = "then" -> "now"   #' in shown_plan(view(update))
    assert "- revoked_at = null -> (now)" in shown_plan(view(DISABLE))


def test_several_released_fields_share_a_line() -> None:
    update = Change(action=Action.UPDATE, address=user("x"), reason="", released=("email", "phone"))
    assert "released: email, phone (left as they are, no longer managed)" in shown_plan(view(update))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ('say "hi"\n', r'"say \"hi\"\n"'),
        ("Zoë", '"Zoë"'),
        (["a", 1], '["a", 1]'),
        ({"b": 1, "a": None}, '{"a": null, "b": 1}'),
        ("2027-06-30T00:00:00Z", '"2027-06-30T00:00:00Z"'),
        ("x" * 200, '"' + "x" * 200 + '"'),
        ("x" * 1201, '"' + "x" * 200 + '…" (1,201 characters)'),
        ([1] * 100, "[" + "1, " * 66 + "1… (300 characters)"),
    ],
    ids=repr,
)
def test_values_look_like_json_and_long_ones_are_cut(value: Value, expected: str) -> None:
    assert shown(value) == expected


def test_problems_are_lines_with_their_place_and_a_hint_and_are_counted() -> None:
    assert list(text.problems((PROBLEM, PROBLEM), colour=False)) == [
        *["manifests/people.yaml:12:1: spec.email: not an e-mail address. Hint: write a@b.c"] * 2,
        "",
        "2 problems found.",
    ]


def test_a_reason_beside_each_updated_field_tells_drift_from_a_change_in_git() -> None:
    fields = tuple(field(reason.name, 1, 2, reason) for reason in (Reason.MANIFEST, Reason.DRIFT, Reason.BOTH))
    update = Change(action=Action.UPDATE, address=user("x"), reason="", fields=fields)
    lines = [line.strip() for line in text.plan(view(update), colour=False)]
    assert "~ MANIFEST = 1 -> 2   # changed in the manifest" in lines
    assert "~ DRIFT    = 1 -> 2   # changed in the database" in lines
    assert "~ BOTH     = 1 -> 2   # changed in the manifest and in the database" in lines
