"""A reviewed exception lifts one guard of one plan, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.guards import Limits, Refusal, refusals
from provision.core.overrides import Lifted, Override, lift
from provision.core.plan import Action, Change, Plan
from provision.errors import Position
from tests.core.states import at

PLAN = "sha256:aa"
REMOVALS = Refusal(guard="removals", message="too many", hint="--max-removals 9")
FOREIGN = Refusal(guard="ownership", message="theirs", hint="--take-over")
DELIVERY = Refusal(guard="delivery", message="nowhere to go", hint="")


def override(guard: str, plan: str = PLAN, line: int = 3) -> Override:
    """An exception, as a policy file has it."""
    position = Position(file="policies/x.yaml", line=line, column=5)
    return Override(guard=guard, plan=plan, reason="the team left", position=position)


def lifted(*overrides: Override, spent: bool = False, found: tuple[Refusal, ...] = (REMOVALS, FOREIGN)) -> Lifted:
    """What these leave of two refusals."""
    return lift(found, overrides, PLAN, spent=spent)


def test_the_guard_it_names_is_lifted_and_that_is_said_with_file_line_and_reason() -> None:
    assert lifted(override("removals")) == Lifted(
        refusals=(FOREIGN,),
        warnings=("guard removals is lifted by policies/x.yaml:3: the team left",),
    )


def test_each_guard_needs_its_own() -> None:
    result = lifted(override("ownership", line=7), override("removals"))
    assert result.refusals == ()
    assert len(result.warnings) == 2


@pytest.mark.parametrize("other", [override("removals", "sha256:ab"), override("removals", PLAN[:-1]), override("")])
def test_one_for_another_plan_or_guard_is_not_used(other: Override) -> None:
    assert lifted(other) == Lifted(refusals=(REMOVALS, FOREIGN))


def test_several_refusals_of_one_guard_are_lifted_together_and_said_once() -> None:
    several = (FOREIGN, replace(FOREIGN, message="theirs too"))
    result = lifted(override("ownership"), override("ownership", line=9), found=several)
    assert result.refusals == ()
    assert result.warnings == ("guard ownership is lifted by policies/x.yaml:3: the team left",)


def test_one_that_was_used_up_lifts_nothing_and_the_hint_says_so() -> None:
    result = lifted(override("removals"), spent=True)
    assert result.warnings == ()
    assert [refusal.message for refusal in result.refusals] == ["too many", "theirs"]
    assert result.refusals[0].hint == (
        "--max-removals 9; the override at policies/x.yaml:3 was used up by the run that applied it"
    )
    assert result.refusals[1] == FOREIGN


def test_a_secret_that_goes_nowhere_is_never_lifted() -> None:
    (left,) = lifted(override("delivery"), found=(DELIVERY,)).refusals
    assert left.guard == "delivery"
    assert left.hint == "the override at policies/x.yaml:3 cannot lift it"


def test_what_guards_say_is_no_part_of_the_fingerprint_that_an_override_names() -> None:
    changes = tuple(Change(action=Action.DISABLE, address=at(f"User/u{n}"), reason="") for n in range(3))
    refused = Plan(changes=changes, managed=10, administrators={"User": (1, 0)}, foreign={at("User/u1"): "crm"})
    allowed = Plan(changes=changes, managed=1000)
    assert len(refusals(refused, Limits())) == 3
    assert refusals(allowed, Limits()) == ()
    assert refused.fingerprint() == allowed.fingerprint()
