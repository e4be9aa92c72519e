"""Which resources a run is about: `--target`, `--exclude` and `-l`, with what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from provision.core.address import Address
from provision.core.references import references_of
from provision.core.rename import Resources
from provision.core.shape import Shapes
from provision.core.state import Record, Resource
from provision.errors import InvalidInputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Patterns of addresses (`User/alice`, `ApiKey/deploy-bot/*`) and labels that all have to be there."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.targets or self.excludes or self.labels)

    def names(self, address: Address, labels: Mapping[str, str]) -> bool:
        """Whether an address with these labels is asked for; what depends on it is another matter."""
        text = str(address)
        wanted = not self.targets or any(fnmatchcase(text, pattern) for pattern in self.targets)
        return wanted and labels.items() >= self.labels.items() and not self.leaves_out(address)

    def leaves_out(self, address: Address) -> bool:
        """Whether an address is excluded by name."""
        return any(fnmatchcase(str(address), pattern) for pattern in self.excludes)


def in_scope(resources: Resources, shapes: Shapes, selection: Selection) -> Resources:
    """The resources selected, with all that they refer to, and without those that refer to something excluded."""
    if selection.is_everything:
        return resources
    named = [address for address, item in resources.items() if selection.names(address, item.labels)]
    chosen = _closure(named, lambda address: _named_by(address, resources, shapes))
    kept = {address for address in chosen if not _depends_on_excluded(address, resources, shapes, selection)}
    return {address: item for address, item in resources.items() if address in kept}


def removable(resources: Resources, records: Mapping[Address, Record], selection: Selection) -> frozenset[Address]:
    """The records that nobody declares any more and that are selected.

    Raises InvalidInputError for a pattern or a label that nothing matches: a misspelt target is not an empty plan.
    """
    orphans = {address: record for address, record in records.items() if address not in resources}
    if selection.is_everything:
        return frozenset(orphans)
    _require_matches(selection, {**resources, **orphans})
    return frozenset(address for address, item in orphans.items() if selection.names(address, item.labels))


def _require_matches(selection: Selection, known: Mapping[Address, Resource | Record]) -> None:
    texts = [str(address) for address in known]
    problems = [
        Problem(message=f"no resource matches {pattern}", hint="an address looks like User/alice or ApiKey/bot/*")
        for pattern in (*selection.targets, *selection.excludes)
        if not any(fnmatchcase(text, pattern) for text in texts)
    ]
    problems += (
        Problem(message=f"no resource has the label {key}={value}", hint="see metadata.labels in the manifests")
        for key, value in selection.labels.items()
        if not any(item.labels.get(key) == value for item in known.values())
    )
    if problems:
        raise InvalidInputError(problems)


def _depends_on_excluded(address: Address, resources: Resources, shapes: Shapes, selection: Selection) -> bool:
    reached = _closure([address], lambda item: _named_by(item, resources, shapes))
    return any(selection.leaves_out(item) for item in reached)


def _named_by(address: Address, resources: Resources, shapes: Shapes) -> Iterator[Address]:
    """What a resource refers to; nothing for a row that is only looked up."""
    if address in resources:
        yield from (target for _, target in references_of(resources[address], shapes))


def _closure(start: Iterable[Address], follow: Callable[[Address], Iterable[Address]]) -> set[Address]:
    reached: set[Address] = set()
    pending = list(start)
    while pending:
        address = pending.pop()
        if address not in reached:
            reached.add(address)
            pending.extend(follow(address))
    return reached
