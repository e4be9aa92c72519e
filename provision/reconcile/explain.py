"""Explain: what is known of a few resources, with a login that may only read, and without any secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from provision.core.account import Account, Mark
from provision.core.address import Address
from provision.core.deed import Deed, read_deed
from provision.core.explain import Facts, explain
from provision.core.past import Entry, history_of, names_of
from provision.core.planner import Question, addresses_to_observe
from provision.core.rename import Followed, Resources, follow
from provision.core.shape import Shapes
from provision.core.state import Record, Snapshot
from provision.database.binding.bound import shapes_of, tables_of
from provision.database.connect import Session, reading
from provision.database.ledger import ledger_exists, read_records
from provision.database.reading.history import PastChange, PastRun, Wanted, read_changes, read_runs
from provision.database.reading.observe import Inquiry, observe
from provision.errors import InvalidInputError, Problem
from provision.kinds.kind import Kinds
from provision.manifest.locate import refine
from provision.reconcile.job import Site, match
from provision.reconcile.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What can be told of the resources that were asked for, in that order."""

    project: str
    target: str
    accounts: tuple[Account, ...]


async def explain_resources(request: Request, addresses: Sequence[Address]) -> Explanation:
    """Tell what is known of each; raises InvalidInputError for those of which nothing is.

    No secret's source is read, and nothing is written.
    """
    declared, site = await match(request)
    shapes, resources = shapes_of(site.bindings), declared.declaration.resources
    _require_kinds(addresses, shapes)
    near = names_of(addresses, (), shapes)
    nearby = {address: item for address, item in resources.items() if address in near}
    async with reading(site.target, tables_of(site.bindings)) as session:
        followed = await _found(session, site, nearby, addresses)
        former = {today: old for old, today in followed.renamed.items()}
        entries = await _history(session, site, [*addresses, *former.values()])
    known = [
        Facts(
            address=address,
            shape=shapes[address.kind],
            secrets=declared.kinds[address.kind].secrets,
            resource=resources.get(address),
            row=followed.snapshot.rows.get(address),
            record=followed.snapshot.records.get(address),
            owner=followed.snapshot.foreign.get(address),
            renamed_from=former.get(address),
            history=tuple(history_of(former.get(address, address), entries, shapes)),
        )
        for address in addresses
    ]
    _require_known(known, resources, followed.snapshot.records)
    accounts = (replace(explain(facts), becomes=_becomes(facts.address, resources)) for facts in known)
    return Explanation(
        project=site.settings.project,
        target=site.target.shown,
        accounts=tuple(_located(account, declared.kinds) for account in accounts),
    )


async def _found(session: Session, site: Site, nearby: Resources, addresses: Sequence[Address]) -> Followed:
    """Rows and records under the names of today."""
    project, shapes = site.settings.project, shapes_of(site.bindings)
    ledger = await ledger_exists(session)
    everything = await read_records(session, project) if ledger else {}
    records = {address: record for address, record in everything.items() if address.kind in shapes}
    question = Question(
        resources=nearby, snapshot=Snapshot(rows={}, records=records), shapes=shapes, removable=frozenset(addresses)
    )
    inquiry = Inquiry(
        addresses=addresses_to_observe(question),
        declared=nearby.keys(),
        secrets=(),
        records=records,
        project=project,
        ledger=ledger,
    )
    return follow(nearby, await observe(session, inquiry, site.bindings), shapes)


async def _history(session: Session, site: Site, addresses: Sequence[Address]) -> list[Entry]:
    """Every change at these addresses, at their owners' and at all former ones, the newest first."""
    project, shapes = site.settings.project, shapes_of(site.bindings)
    changes: list[PastChange] = []
    deeds: list[Deed] = []
    seen: set[Address] = set()
    while pending := names_of(addresses, deeds, shapes) - seen:
        seen |= pending
        found = await read_changes(session, project, addresses={str(address) for address in pending})
        changes += found
        deeds += (read_deed(item.address, item.action, item.source, item.fields) for item in found)
    runs = await read_runs(session, project, Wanted(ids={change.run for change in changes}))
    place = {run.id: number for number, run in enumerate(runs)}
    pairs = sorted(zip(changes, deeds, strict=True), key=lambda pair: (place[pair[0].run], -pair[0].position))
    return [Entry(mark=_mark(change, deed, runs[place[change.run]]), deed=deed) for change, deed in pairs]


def _mark(change: PastChange, deed: Deed, run: PastRun) -> Mark:
    return Mark(
        run=run.id, at=run.started_at, actor=run.actor, action=deed.action, commit=run.commit, source=change.source
    )


def _require_kinds(addresses: Sequence[Address], shapes: Shapes) -> None:
    problems = []
    for address in addresses:
        shape = shapes.get(address.kind)
        if shape is None:
            hint = f"the kinds are: {', '.join(sorted(shapes))}"
            problems.append(Problem(message=f"{address}: there is no kind {address.kind}", hint=hint))
        elif len(address.key) != shape.width:
            hint = f"write {'/'.join([address.kind, *(f'<{name}>' for name in shape.key)])}"
            problems.append(
                Problem(
                    message=f"{address} has {len(address.key)} parts, and a {shape.name} {shape.width}", hint=hint
                )
            )
    if problems:
        raise InvalidInputError(problems)


def _require_known(known: Sequence[Facts], resources: Resources, records: Mapping[Address, Record]) -> None:
    problems = [
        Problem(
            message=f"{facts.address} is neither declared, nor in the ledger, nor in the database",
            hint=_alike(facts.address, [*resources, *records]),
        )
        for facts in known
        if not facts.is_known
    ]
    if problems:
        raise InvalidInputError(problems)


def _alike(address: Address, others: Sequence[Address]) -> str:
    """Which addresses were meant, perhaps."""
    texts = {str(other) for other in others if other.kind == address.kind}
    close = get_close_matches(str(address), sorted(texts), n=3)
    return f"did you mean {' or '.join(close)}?" if close else "an address is written as a plan shows it"


def _becomes(address: Address, resources: Resources) -> Address | None:
    """The resource that says it was called so formerly."""
    for other, item in resources.items():
        if other.kind == address.kind and any((*other.key[:-1], name) == address.key for name in item.previously):
            return other
    return None


def _located(account: Account, kinds: Kinds) -> Account:
    """The same with the line of each declared field, instead of that of its resource."""
    places = refine(
        [Problem(message="", position=item.place, path=f"spec.{item.name}") for item in account.fields], kinds
    )
    fields = (replace(item, place=found.position) for item, found in zip(account.fields, places, strict=True))
    return replace(account, fields=tuple(fields))
