"""Rolling back in the model of a database: what a plan did, as the ledger has it, and the plan that undoes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provision.core.deed import Deed, read_deed
from provision.core.plan import Change, Plan
from provision.core.planner import Question, make_plan
from provision.core.rollback import MADE_BY_THAT_RUN, Restoration, restore
from provision.core.state import Snapshot
from provision.core.value import Value
from tests.core.simulator import Wish, World, apply_plan
from tests.core.states import SHAPES


def deeds_of(plan: Plan) -> list[Deed]:
    """The changes of a plan once they are written to the ledger and read from it."""
    return [
        read_deed(str(change.address), change.action.value, change.source, list(_items(change)))
        for change in plan.changes
    ]


def question_of(restoration: Restoration, snapshot: Snapshot) -> Question:
    """What the planner is asked for a rollback."""
    return Question(
        resources=restoration.resources,
        snapshot=snapshot,
        shapes=SHAPES,
        prune=True,
        removable=restoration.removable,
        orphaned=MADE_BY_THAT_RUN,
    )


def roll_back(world: World, deeds: Sequence[Deed]) -> tuple[Restoration, Plan, World]:
    """What is restored, its plan, and the database after it; raises InvalidInputError where there is no plan."""
    restoration = restore(deeds, world.snapshot, SHAPES)
    plan = make_plan(question_of(restoration, world.snapshot))
    wish = Wish(resources=restoration.resources, passwords={}, prune=True)
    return restoration, plan, apply_plan(world, plan, wish)


def _items(change: Change) -> Iterator[Value]:
    for item in (*change.fields, *change.metadata):
        if item.sensitive:
            yield {"name": item.name, "sensitive": True}
        else:
            yield {"name": item.name, "before": item.before, "after": item.after}
    for gone in change.retires:
        yield {"retired": gone.generation, "reason": gone.reason}
    if change.previous is not None:
        yield {"previous": str(change.previous)}
