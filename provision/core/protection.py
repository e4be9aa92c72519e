"""What `protected` of provision.toml keeps a run from: that a resource stops working, goes, or gets another name."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from provision.core.address import Address
from provision.core.guards import Refusal, or_override
from provision.core.plan import Action, Change, Plan
from provision.core.shape import KindShape, Shapes
from provision.core.value import NOW, same

_DOES = {
    Action.DISABLE: "disabled",
    Action.DELETE: "deleted",
    Action.ABANDON: "abandoned",
    Action.RENAME: "renamed",
}


def endangered(plan: Plan, protected: tuple[str, ...], shapes: Shapes) -> Iterator[Refusal]:
    """A refusal for each resource that a pattern protects and that this plan would let go."""
    if not protected:
        return
    for change in plan.changes:
        address = change.previous or change.address
        what = _what(change, shapes[address.kind])
        if what and (pattern := _named(address, protected)):
            yield _refusal(address, what, pattern, change.source)
    renamed = {change.previous for change in plan.changes}
    for address, today in plan.moved.items():
        if address not in renamed and (pattern := _named(address, protected)):
            yield _refusal(address, f"renamed with its owner, to {today}", pattern, "")


def _what(change: Change, shape: KindShape) -> str:
    """What would become of it, in a word; nothing where it stays as it is, or is gone already."""
    if change.action is Action.ABANDON and change.primary_key is None:
        return ""
    return _DOES.get(change.action) or ("disabled" if _stops(change, shape) else "")


def _stops(change: Change, shape: KindShape) -> bool:
    """Whether a declared field disables it, in one of the ways that the kind knows."""
    disable = shape.disable or {}
    written = {item.name: item.after for item in change.fields if not item.sensitive and not change.makes_row}
    return any(
        written[name] is not None if value == NOW else same(written[name], value)
        for name, value in disable.items()
        if name in written
    )


def _named(address: Address, protected: tuple[str, ...]) -> str:
    return next((pattern for pattern in protected if fnmatchcase(str(address), pattern)), "")


def _refusal(address: Address, what: str, pattern: str, source: str) -> Refusal:
    place = f" ({source})" if source else ""
    return Refusal(
        guard="protected",
        message=f"{address} would be {what}{place}, and {pattern} is protected",
        hint=f"take it out of protected in [guards] of provision.toml, {or_override('protected')}",
    )
