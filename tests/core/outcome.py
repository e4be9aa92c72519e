"""What a run has to lead to, computed straight from the rules and without a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provision.core.address import Address
from provision.core.rename import follow
from provision.core.state import OnRemove, Presence, Record, Resource, Row, SecretUpdate
from provision.core.value import NOW, Value, canonical_json
from tests.core.simulator import FIELDS, Wish, World
from tests.core.states import SHAPES

Table = dict[Address, dict[str, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The rows and passwords after a run, under the names of today, whether a database would allow them or not."""

    rows: Table
    passwords: Mapping[Address, str | None]


def outcome(world: World, wish: Wish) -> Outcome:
    """Follow the rules for each resource on its own."""
    today = follow(wish.resources, world.snapshot, SHAPES).snapshot
    rows = {address: dict(row.fields) for address, row in today.rows.items()}
    passwords = {address: world.passwords.get(row.primary_key) for address, row in today.rows.items()}
    for address, resource in wish.resources.items():
        row, last = today.rows.get(address), today.records.get(address)
        if resource.lifecycle.state is Presence.ABSENT:
            if row:
                _remove(address, resource.lifecycle.on_remove, rows)
        elif row is None:
            if not (last and resource.lifecycle.state is Presence.CREATED):
                rows[address] = {name: resource.fields.get(name) for name in FIELDS[address.kind]}
                passwords[address] = wish.passwords[address] if resource.secrets else None
        elif resource.lifecycle.state is Presence.PRESENT:
            ignored = resource.lifecycle.ignore_changes
            rows[address] |= {name: value for name, value in resource.fields.items() if name not in ignored}
            if _sets_password(resource, row, last):
                passwords[address] = wish.passwords[address]
    for address, last in today.records.items() if wish.prune else ():
        row = today.rows.get(address)
        lifecycle = last.lifecycle
        ours = row is not None and row.primary_key == last.primary_key
        kept = lifecycle.prevent_removal or lifecycle.state is Presence.CREATED
        if address not in wish.resources and ours and not kept:
            _remove(address, lifecycle.on_remove, rows)
    return Outcome(rows=rows, passwords={address: passwords[address] for address in rows})


def violations(rows: Table) -> Iterator[str]:
    """What a database would refuse: values held twice, references to nothing."""
    held: set[object] = set()
    for address, fields in rows.items():
        for group in SHAPES[address.kind].unique:
            values = [fields[name] for name in group]
            if None not in values:
                value = (address.kind, group, canonical_json(values))
                if value in held:
                    yield f"{address}: {value} is held twice"
                held.add(value)
        if address.kind == "Key" and Address("User", address.key[:-1]) not in rows:
            yield f"{address} has no owner"
        team = fields.get("team")
        if team is not None and Address("Team", (str(team),)) not in rows:
            yield f"{address} has no team"


def _remove(address: Address, on_remove: OnRemove, rows: Table) -> None:
    if on_remove is OnRemove.DELETE:
        del rows[address]
    elif on_remove is OnRemove.DISABLE:
        for name, value in (SHAPES[address.kind].disable or {}).items():
            if value != NOW:
                rows[address][name] = value
            elif rows[address][name] is None:
                rows[address][name] = "2026-11-24T00:00:00Z"


def _sets_password(resource: Resource, row: Row, last: Record | None) -> bool:
    rule = resource.secrets.get("password")
    if rule is None or "password" in resource.lifecycle.ignore_changes:
        return False
    ours = last is not None and last.primary_key == row.primary_key
    applied = last.secrets.get("password") if last else None
    raised = ours and rule.version not in (None, applied.version if applied else None)
    return raised or rule.update is SecretUpdate.ALWAYS
