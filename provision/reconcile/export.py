"""Export: the rows that are there as manifests, with all that they refer to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from provision.core.address import Address
from provision.core.keys import named, owners_of
from provision.core.shape import Shapes, creation_order
from provision.core.state import Row
from provision.database.binding.bound import shapes_of, tables_of
from provision.database.connect import reading
from provision.database.reading.everything import read_everything
from provision.errors import InvalidInputError, Problem
from provision.manifest.export import Exporter
from provision.reconcile.job import Site, open_site
from provision.reconcile.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The manifests of each kind, in the order in which kinds refer to each other, and what could not be written."""

    manifests: Mapping[str, str]
    warnings: tuple[str, ...]


async def export(request: Request, kinds: Collection[str], patterns: Collection[str]) -> Export:
    """Read the selected rows and what they refer to; raises InvalidInputError for what nothing matches.

    It takes a constant number of queries: one for each kind that is reached, and one for each of its lists.
    """
    site = await open_site(request)
    shapes = shapes_of(site.bindings)
    wanted = _wanted_kinds(kinds, patterns, shapes)
    async with reading(site.target, tables_of(site.bindings)) as session:
        rows = await read_everything(session, site.bindings, _reached_kinds(wanted, shapes))
    chosen = [address for address in rows if address.kind in wanted and _matches(address, patterns)]
    _require_matches(chosen, patterns)
    return _written(site, shapes, {address: rows[address] for address in _reached(chosen, rows, shapes)})


def _wanted_kinds(kinds: Collection[str], patterns: Collection[str], shapes: Shapes) -> set[str]:
    unknown = sorted(set(kinds) - shapes.keys())
    if unknown:
        hint = f"the kinds are: {', '.join(sorted(shapes))}"
        raise InvalidInputError([Problem(message=f"there is no kind {name}", hint=hint) for name in unknown])
    declared = [name for name, shape in shapes.items() if not shape.lookup]
    named_kinds = [pattern.partition("/")[0] for pattern in patterns] or ["*"]
    return {
        name
        for name in declared
        if name in (kinds or shapes) and any(fnmatchcase(name, pattern) for pattern in named_kinds)
    }


def _reached_kinds(wanted: Iterable[str], shapes: Shapes) -> set[str]:
    reached: set[str] = set()
    pending = list(wanted)
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += [*shapes[name].references.values(), *shapes[name].links.values()]
    return reached


def _matches(address: Address, patterns: Collection[str]) -> bool:
    return not patterns or any(fnmatchcase(str(address), pattern) for pattern in patterns)


def _require_matches(chosen: Collection[Address], patterns: Collection[str]) -> None:
    texts = [str(address) for address in chosen]
    hint = "an address looks like User/alice or ApiKey/bot/*; quote it, so that the shell leaves it alone"
    problems = [
        Problem(message=f"no row matches {pattern}", hint=hint)
        for pattern in patterns
        if not any(fnmatchcase(text, pattern) for text in texts)
    ]
    if problems:
        raise InvalidInputError(problems)


def _reached(chosen: Iterable[Address], rows: Mapping[Address, Row], shapes: Shapes) -> set[Address]:
    reached: set[Address] = set()
    pending = list(chosen)
    while pending:
        address = pending.pop()
        if address not in reached and address in rows:
            reached.add(address)
            pending += _references(rows[address], shapes)
    return reached


def _references(row: Row, shapes: Shapes) -> list[Address]:
    shape = shapes[row.address.kind]
    found = [owner for _, owner in owners_of(row.address, shapes)]
    for name, kind in (*shape.references.items(), *shape.links.items()):
        found += named(kind, row.fields.get(name), shapes)
    return found


def _written(site: Site, shapes: Shapes, rows: Mapping[Address, Row]) -> Export:
    """Write each row; one that cannot be written is gone for those that refer to it, which are written again."""
    exporters = {
        kind: Exporter(site.bindings[kind].kind, shapes)
        for kind in {address.kind for address in rows}
        if not shapes[kind].lookup
    }
    left_out: dict[Address, Mapping[str, str]] = {}
    while True:
        found = {
            address: exporters[address.kind].write(row, rows)
            for address, row in rows.items()
            if address.kind in exporters
        }
        lost = {address: item.left_out for address, item in found.items() if not item.text}
        left_out |= lost
        if not lost:
            break
        rows = {address: row for address, row in rows.items() if address not in lost}
    skipped = frozenset(left_out)
    left_out |= {address: item.left_out for address, item in found.items() if item.left_out}
    manifests: dict[str, str] = {}
    for kind in creation_order(shapes):
        texts = [found[address].text for address in sorted(found) if address.kind == kind]
        if texts:
            manifests[kind] = "---\n".join(["\n".join([*exporters[kind].heading(), texts[0]]), *texts[1:]])
    return Export(manifests=manifests, warnings=tuple(_warnings(left_out, skipped)))


def _warnings(left_out: Mapping[Address, Mapping[str, str]], skipped: Collection[Address]) -> Iterator[str]:
    for address, fields in sorted(left_out.items()):
        for name, why in sorted(fields.items()):
            what = "there is no manifest for it" if address in skipped else "the field is left out"
            yield f"{address}: {name} {why}; {what}"
