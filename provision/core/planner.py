"""From states to a plan: who changes, in which order, and what has to be cleared away first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from provision.core.address import Address, Slot
from provision.core.diff import compare, remove
from provision.core.expiry import soon_expired
from provision.core.forced import not_rotated
from provision.core.moment import whole
from provision.core.order import in_order
from provision.core.plan import Action, Change, Expiry, Plan
from provision.core.privacy import concealed
from provision.core.references import dangling, looked_up
from provision.core.rename import Resources, follow, former_addresses
from provision.core.rotation import Forced
from provision.core.shape import KindShape, Shapes
from provision.core.state import Row, Snapshot
from provision.core.subject import Subject, Verdicts
from provision.core.uniqueness import taken_by_others, to_vacate
from provision.core.value import same
from provision.errors import InvalidInputError, Position, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the planner: the resources in scope, what was found, and whether removals are wanted.

    `removable` are the records that may be removed once nobody declares them; None stands for all of them.
    `staged` are the secrets that a former run made and left to be delivered. With `forced` it is about nothing but
    the rotations asked for. `expiring_within` asks, in seconds, what will have expired by then. `orphaned` says why
    nobody declares what is removed. `looked_at` are fields that decided what the resources are, in a rollback.
    """

    resources: Resources
    snapshot: Snapshot
    shapes: Shapes
    verdicts: Verdicts = field(default_factory=dict)
    prune: bool = False
    removable: Collection[Address] | None = None
    staged: Collection[Slot] = ()
    forced: Mapping[Address, Forced] = field(default_factory=dict)
    expiring_within: float | None = None
    orphaned: str = "no longer in the manifests"
    looked_at: Mapping[Address, Collection[str]] = field(default_factory=dict)


def addresses_to_observe(question: Question) -> set[Address]:
    """Every address to look up: declared, formerly so called, only referred to, or remembered and removable."""
    formerly = former_addresses(question.resources, question.shapes)
    remembered = question.snapshot.records if question.removable is None else question.removable
    return {*question.resources, *remembered, *formerly, *looked_up(question.resources, question.shapes)}


def make_plan(question: Question) -> Plan:
    """Compute the plan; raises InvalidInputError for changes that the database could only refuse."""
    followed = follow(question.resources, question.snapshot, question.shapes)
    question = replace(question, snapshot=followed.snapshot, removable=_moved(question.removable, followed.moved))
    came_from = {new: old for old, new in followed.renamed.items()}
    changes = list(_declared_changes(question, came_from))
    if question.forced:
        changes = [change for change in changes if change.address in question.forced]
    rows = question.snapshot.rows
    orphans = in_order(_orphan_changes(question), rows, question.shapes).changes
    orphans = tuple(concealed(orphans, question.shapes))
    protected = {
        change.address
        for change in orphans
        if change.action is not Action.ABANDON and question.snapshot.records[change.address].lifecycle.prevent_removal
    }
    if question.prune:
        changes += (change for change in orphans if change.address not in protected)
    order = in_order(changes, rows, question.shapes)
    ordered = tuple(concealed(order.changes, question.shapes))
    problems = [
        *not_rotated(question.forced, changes, question.resources),
        *order.problems,
        *_incomplete(ordered, question.shapes),
        *taken_by_others(ordered, rows, question.shapes),
        *dangling(ordered, rows, question.shapes),
    ]
    if problems:
        raise InvalidInputError(sorted(problems, key=_place))
    touched = {change.address for change in changes}
    return Plan(
        changes=ordered,
        pending=() if question.prune else orphans,
        unchanged=len(question.resources.keys() - touched),
        managed=len(question.snapshot.records),
        vacate=tuple(sorted({*to_vacate(ordered, rows, question.shapes), *order.emptied})),
        deferred=order.deferred,
        moved=followed.moved,
        foreign={address: owner for address, owner in question.snapshot.foreign.items() if address in touched},
        protected=tuple(change for change in orphans if change.address in protected) if question.prune else (),
        administrators=dict(_administrators(changes, question)),
        homeless=tuple(_homeless(ordered, question.resources)),
        expiring=tuple(_expiring(ordered, question)),
    )


def _moved(removable: Collection[Address] | None, moved: Mapping[Address, Address]) -> Collection[Address] | None:
    return None if removable is None else frozenset(moved.get(address, address) for address in removable)


def _declared_changes(question: Question, came_from: Mapping[Address, Address]) -> Iterator[Change]:
    rows, records = question.snapshot.rows, question.snapshot.records
    now = whole(question.snapshot.now)
    for address, resource in question.resources.items():
        change = compare(
            Subject(
                resource=resource,
                row=rows.get(address),
                record=records.get(address),
                shape=question.shapes[address.kind],
                renamed_from=came_from.get(address),
                verdicts=question.verdicts,
                now=now,
                staged=question.staged,
                forced=question.forced.get(address),
            )
        )
        if change is not None:
            yield change


def _orphan_changes(question: Question) -> Iterator[Change]:
    for address, record in question.snapshot.records.items():
        if address not in question.resources and (question.removable is None or address in question.removable):
            row = question.snapshot.rows.get(address)
            yield remove(record, row, question.shapes[address.kind], reason=question.orphaned)


def _incomplete(changes: Iterable[Change], shapes: Shapes) -> Iterator[Problem]:
    for change in changes:
        if change.action is not Action.CREATE:
            continue
        written = {item.name for item in change.fields if item.sensitive or item.after is not None}
        for name in sorted(shapes[change.address.kind].required - written):
            yield Problem(
                message=f"{change.address} would be created without it, and the database requires it",
                position=change.position,
                path=f"spec.{name}",
                hint=f"declare {name}",
            )


def _homeless(changes: Iterable[Change], resources: Resources) -> Iterator[Slot]:
    """The secrets that would be generated with nowhere to go."""
    for change in changes:
        for item in change.fields:
            rule = resources[change.address].secrets.get(item.name) if item.sensitive else None
            if rule is not None and rule.generated and not rule.deliver_to:
                yield change.address, item.name


def _expiring(changes: Iterable[Change], question: Question) -> Iterator[Expiry]:
    if question.expiring_within is None:
        return
    by_address = {change.address: change for change in changes}
    found = soon_expired(question.resources, question.snapshot, by_address, question.shapes, question.expiring_within)
    yield from sorted(found, key=lambda item: (item.at, item.address))


def _place(problem: Problem) -> tuple[Position, str, str]:
    return problem.position or Position(file="", line=0), problem.path, problem.message


def _administrators(changes: list[Change], question: Question) -> Iterator[tuple[str, tuple[int, int]]]:
    for kind, before in question.snapshot.administrators.items():
        shape = question.shapes[kind]
        gained = sum(
            _gain(change, question.snapshot.rows.get(change.address), shape)
            for change in changes
            if change.address.kind == kind
        )
        yield kind, (before, before + gained)


def _gain(change: Change, row: Row | None, shape: KindShape) -> int:
    wanted = shape.administrators or {}
    found = row.fields if row else {}
    after = {**found, **{item.name: item.after for item in change.fields if not item.sensitive}}
    had = row is not None and all(same(found.get(name), value) for name, value in wanted.items())
    gone = change.action is Action.DELETE or (change.action is Action.ABANDON and row is None)
    has = not gone and all(same(after.get(name), value) for name, value in wanted.items())
    return has - had
