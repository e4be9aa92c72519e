"""What a run did to one resource, as the ledger remembers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from provision.core.address import Address, parse_address
from provision.core.plan import Action
from provision.core.value import Value

Transition = tuple[Value, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One change of a run: `fields` hold the values before and after it, `secrets` are those that it wrote.

    `retired` are the generations that it stopped; `previous` is the address until then where it renamed the row.
    What only the ledger remembers (labels, lifecycle) stands among the fields, under names that no row has.
    """

    action: Action
    address: Address
    source: str = ""
    fields: Mapping[str, Transition] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    retired: tuple[int, ...] = ()
    previous: Address | None = None


def read_deed(address: str, action: str, source: str, items: Sequence[Value]) -> Deed:
    """Read a change from the ledger's texts and its list of items; what is not known here is passed over."""
    known = [item for item in items if isinstance(item, Mapping)]
    previous = next((str(item["previous"]) for item in known if "previous" in item), None)
    return Deed(
        action=Action(action),
        address=parse_address(address),
        source=source,
        fields=dict(_fields(known)),
        secrets=tuple(str(item["name"]) for item in known if item.get("sensitive") and "name" in item),
        retired=tuple(number for item in known if isinstance(number := item.get("retired"), int)),
        previous=parse_address(previous) if previous else None,
    )


def _fields(items: Sequence[Mapping[str, Value]]) -> Iterator[tuple[str, Transition]]:
    # Fields come first: one that is called like a part of the metadata wins.
    for item in reversed(items):
        if "name" in item and not item.get("sensitive") and "after" in item:
            yield str(item["name"]), (item.get("before"), item["after"])
