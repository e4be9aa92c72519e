"""Holding a run to what was approved: a saved plan, or the fingerprint of one."""

from __future__ import annotations

from collections.abc import Iterator

from provision.core.address import Address, parse_address
from provision.core.planner import Question
from provision.core.sighting import Sightings, moved, sightings
from provision.errors import InvalidInputError, Problem
from provision.reconcile.job import Job
from provision.reconcile.saved.document import SavedPlan
from provision.reconcile.saved.stale import stale
from provision.report.view import PlanView
from provision.secrets.seal import Seal

KEY_HINT = "set PROVISION_FINGERPRINT_KEY (make one with: openssl rand -hex 32)"


def require_approved(job: Job, question: Question, view: PlanView) -> None:
    """Raise StalePlanError when anything differs from what was approved."""
    approval = job.request.approval
    if approval is None:
        return
    if approval.document is not None:
        planned = {parse_address(row.address): row.found for row in approval.document.rows}
        require_unmoved(planned, seen_digests(sightings(question, view.plan), job.seal))
    if view.fingerprint is None:
        message = "the plan has private values, which could be guessed by its fingerprint without a key"
        raise InvalidInputError([Problem(message=message, hint=KEY_HINT)])
    if view.fingerprint != approval.fingerprint:
        changes = _other_changes(approval.document, view) if approval.document else ()
        raise stale([*changes, f"the plan's fingerprint is {view.fingerprint} now"])


def seen_digests(seen: Sightings, seal: Seal) -> dict[Address, dict[str, str]]:
    """What was seen, value by value as a digest."""
    return {
        address: {name: seal.of_value(address, name, value) for name, value in found.items()}
        for address, found in seen.items()
    }


def require_unmoved(before: Sightings, after: Sightings) -> None:
    """Raise StalePlanError with the rows and fields that moved."""
    if different := list(map(str, moved(before, after))):
        raise stale(different)


def _other_changes(document: SavedPlan, view: PlanView) -> Iterator[str]:
    """The resources that other things would be done to than was planned."""
    planned = {str(change.get("address")): str(change.get("action")) for change in document.changes}
    now = {str(change.address): change.action.value for change in view.plan.changes}
    for address in sorted(planned.keys() | now.keys()):
        then, today = planned.get(address, "nothing"), now.get(address, "nothing")
        if then != today:
            yield f"{address}: {then} was planned, and now it is {today}"
