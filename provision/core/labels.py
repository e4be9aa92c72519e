"""The labels that a project requires of what it declares."""

from __future__ import annotations

from collections.abc import Iterator

from provision.core.guards import Refusal, or_override
from provision.core.plan import Action, Plan
from provision.core.rename import Resources

# A successor comes by the calendar and not by an edit: without a label it is better than an old key that stays.
_ASKED = (Action.CREATE, Action.ADOPT, Action.RENAME, Action.UPDATE)
# More of the same would hide what else is refused.
_SHOWN = 20


def unlabelled(plan: Plan, required: tuple[str, ...], resources: Resources) -> Iterator[Refusal]:
    """A refusal for each resource that would be written without a required label; from the 21st on, one for all."""
    if not required:
        return
    lacking = [
        (change, missing)
        for change in plan.changes
        if change.action in _ASKED
        and (missing := [label for label in required if label not in resources[change.address].labels])
    ]
    for change, missing in lacking[:_SHOWN]:
        which = f"the label {missing[0]}" if len(missing) == 1 else f"the labels {', '.join(missing)}"
        yield _refusal(f"{change.address} ({change.source}) lacks {which}", missing[0])
    if len(lacking) > _SHOWN:
        yield _refusal(f"{len(lacking) - _SHOWN:,} more lack a required label", required[0])


def _refusal(message: str, label: str) -> Refusal:
    return Refusal(
        guard="required_labels",
        message=message,
        hint=f"add it, as in metadata.labels: {{{label}: …}}, {or_override('required_labels')}",
    )
