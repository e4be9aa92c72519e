"""The plan as data: counts, source and fingerprint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.plan import Action, Change, FieldChange, Plan, Reason, Summary
from provision.core.state import SecretRule
from tests.core.states import THERE, at, declared, found, plan, recorded

FIELD = FieldChange(name="email", before="a@x.org", after="b@x.org", reason=Reason.DRIFT)
CHANGE = Change(
    action=Action.UPDATE,
    address=at("User/alice"),
    reason="changed in the database",
    fields=(FIELD,),
    metadata=(replace(FIELD, name="labels", reason=Reason.LIFECYCLE),),
    released=("desk",),
    primary_key=(1,),
)


def fingerprint(*changes: Change) -> str:
    """The fingerprint of a plan with these changes."""
    return Plan(changes=changes).fingerprint()


def test_changes_are_counted_by_sign() -> None:
    changes = tuple(replace(CHANGE, action=action) for action in Action)
    assert Plan(changes=changes, unchanged=4).summary() == Summary(add=1, change=5, remove=3, unchanged=4)


def test_what_is_managed_and_unchanged_is_counted_and_removals_are_not_unchanged() -> None:
    kept, gone = declared("User/kept"), declared("User/gone")
    result = plan([kept], found("User/kept", 1), recorded(kept, 1), found("User/gone", 2), recorded(gone, 2))
    assert (result.managed, result.unchanged, result.summary().remove) == (2, 1, 0)


@pytest.mark.parametrize(
    "other",
    [
        replace(CHANGE, action=Action.ADOPT),
        replace(CHANGE, address=at("User/bob")),
        replace(CHANGE, primary_key=(2,)),
        replace(CHANGE, primary_key=None),
        replace(CHANGE, fields=(replace(FIELD, before=None),)),
        replace(CHANGE, fields=(replace(FIELD, after=None),)),
        replace(CHANGE, fields=(replace(FIELD, name="nickname"),)),
        replace(CHANGE, fields=()),
        replace(CHANGE, metadata=()),
        replace(CHANGE, released=()),
        replace(CHANGE, fields=CHANGE.metadata, metadata=CHANGE.fields),
    ],
)
def test_whatever_would_be_written_is_part_of_the_fingerprint(other: Change) -> None:
    assert fingerprint(other) != fingerprint(CHANGE)


@pytest.mark.parametrize(
    "other",
    [
        replace(CHANGE, reason="another"),
        replace(CHANGE, position=THERE),
        replace(CHANGE, fields=(replace(FIELD, reason=Reason.MANIFEST),)),
    ],
)
def test_what_is_only_said_about_a_change_is_not(other: Change) -> None:
    assert fingerprint(other) == fingerprint(CHANGE)


def test_neither_order_nor_repetition_escapes_the_fingerprint() -> None:
    other = replace(CHANGE, address=at("User/bob"))
    assert len({fingerprint(), fingerprint(CHANGE), fingerprint(CHANGE, other), fingerprint(other, CHANGE)}) == 4


def test_the_source_is_the_manifest_or_else_what_the_ledger_remembers() -> None:
    assert replace(CHANGE, position=THERE, recorded_source="old.yaml:1").source == "others.yaml:8"
    assert replace(CHANGE, recorded_source="old.yaml:1").source == "old.yaml:1"


GENERATED = SecretRule(generated=True)


@pytest.mark.parametrize(
    ("rule", "homeless"),
    [
        (GENERATED, ["password"]),
        (replace(GENERATED, deliver_to=("file key",)), []),
        (SecretRule(), []),
    ],
)
def test_a_plan_names_the_secrets_that_would_be_generated_with_nowhere_to_go(
    rule: SecretRule, homeless: list[str]
) -> None:
    gone = recorded(declared("User/gone", secrets={"password": GENERATED}), 2)
    alice = declared("User/alice", nickname="A", secrets={"password": rule})
    result = plan([alice], found("User/gone", 2), gone, prune=True)
    assert result.homeless == tuple((at("User/alice"), name) for name in homeless)
    assert plan([alice], found("User/alice"), recorded(alice)).homeless == ()
