"""From all that is known of a resource to what can be told of it, field by field. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from provision.core.account import Account, FieldAccount, Mark, Standing
from provision.core.address import Address
from provision.core.past import Entry
from provision.core.shape import KindShape
from provision.core.state import Presence, Record, Resource, Row
from provision.core.value import same


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of one address: `history` has the newest first, `secrets` are the kind's secret fields.

    `owner` is another project that manages the row, `renamed_from` the name under which it was found.
    """

    address: Address
    shape: KindShape
    secrets: Collection[str] = ()
    resource: Resource | None = None
    row: Row | None = None
    record: Record | None = None
    owner: str | None = None
    renamed_from: Address | None = None
    history: tuple[Entry, ...] = ()

    @property
    def last(self) -> Record | None:
        """What was applied last to the row that is there; nothing when that is another one now."""
        return self.record if self.record and (self.row is None or self.record.is_of(self.row)) else None

    @property
    def wanted(self) -> Resource | None:
        """What is declared, unless that is its absence."""
        found = self.resource
        return found if found and found.lifecycle.state is not Presence.ABSENT else None

    @property
    def is_known(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.resource or self.row or self.record or self.history)


def explain(facts: Facts) -> Account:
    """What can be told of one resource."""
    resource, row, record = facts.resource, facts.row, facts.record
    described = resource or record
    expires = row.fields.get(facts.shape.expires) if row and facts.shape.expires else None
    return Account(
        address=facts.address,
        exists=row is not None,
        remembered=facts.last is not None,
        declared_at=resource.position if resource else None,
        source=record.source if record else "",
        owner=facts.owner,
        renamed_from=facts.renamed_from,
        lifecycle=described.lifecycle if described else None,
        labels=described.labels if described else {},
        generation=row.generation if row else None,
        older=len(row.older) if row else 0,
        expires=expires if isinstance(expires, str) else None,
        last=next((entry.mark for entry in facts.history), None),
        fields=tuple(_fields(facts)),
    )


def _fields(facts: Facts) -> Iterator[FieldAccount]:
    known = [item.fields for item in (facts.wanted, facts.row, facts.last) if item]
    plain = dict.fromkeys(name for fields in known for name in fields if name not in facts.secrets)
    yield from (_plain(name, facts) for name in plain)
    remembered = [item.secrets for item in (facts.wanted, facts.last) if item]
    secret = dict.fromkeys([name for secrets in remembered for name in secrets] + sorted(facts.secrets))
    if known:
        yield from (_secret(name, facts) for name in secret)


def _plain(name: str, facts: Facts) -> FieldAccount:
    wanted, row, last = facts.wanted, facts.row, facts.last
    return FieldAccount(
        name=name,
        standing=_standing(name, facts),
        found=row.fields.get(name) if row else None,
        declared=wanted.fields.get(name) if wanted else None,
        applied=last.fields.get(name) if last else None,
        defaulted=wanted is not None and name in wanted.defaulted,
        place=wanted.position if wanted and name in wanted.fields and name not in wanted.defaulted else None,
        set_by=_set_by(name, facts),
    )


def _standing(name: str, facts: Facts) -> Standing:
    wanted, row, last = facts.wanted, facts.row, facts.last
    if facts.owner is not None:
        return Standing.ELSEWHERE
    if wanted is None or name not in wanted.fields:
        return _undeclared(name, facts)
    if row is not None and _is_kept(name, wanted):
        return Standing.KEPT
    if row is None or last is None or name not in last.fields:
        return Standing.PENDING
    drifted = not same(row.fields.get(name), last.fields[name])
    pending = not same(wanted.fields[name], last.fields[name])
    if pending:
        # When the row has the declared value already, nobody has to choose.
        return Standing.BOTH if drifted and not same(row.fields.get(name), wanted.fields[name]) else Standing.PENDING
    return Standing.DRIFTED if drifted else Standing.APPLIED


def _undeclared(name: str, facts: Facts) -> Standing:
    wanted, last = facts.wanted, facts.last
    counted = wanted is not None and any(rule.lifetime is not None for rule in wanted.secrets.values())
    if counted and name == facts.shape.expires:
        return Standing.DERIVED
    if last is not None and (name in last.fields or name in last.secrets):
        return Standing.UNDECLARED
    return Standing.RELEASED if _was_declared(name, facts) else Standing.UNMANAGED


def _is_kept(name: str, wanted: Resource) -> bool:
    return name in wanted.lifecycle.ignore_changes or wanted.lifecycle.state is Presence.CREATED


def _was_declared(name: str, facts: Facts) -> bool:
    """Whether a run has written it because a manifest said so; a removal writes what no manifest says."""
    written = (entry.deed for entry in facts.history if not entry.deed.action.is_removal)
    return any(name in deed.fields or name in deed.secrets for deed in written)


def _secret(name: str, facts: Facts) -> FieldAccount:
    wanted = facts.wanted
    rule = wanted.secrets.get(name) if wanted else None
    remembered = facts.last.secrets.get(name) if facts.last else None
    if facts.owner is not None:
        standing = Standing.ELSEWHERE
    elif wanted is None or rule is None:
        standing = _undeclared(name, facts)
    elif facts.row is not None and _is_kept(name, wanted):
        standing = Standing.KEPT
    else:
        fresh = remembered is not None and rule.version in (None, remembered.version) and facts.row is not None
        standing = Standing.APPLIED if fresh else Standing.PENDING
    return FieldAccount(
        name=name,
        standing=standing,
        sensitive=True,
        place=wanted.position if wanted and rule else None,
        set_by=_set_by(name, facts),
        set_at=remembered.set_at if remembered else None,
        undelivered=bool(remembered and remembered.pending),
    )


def _set_by(name: str, facts: Facts) -> Mark | None:
    """The last run that wrote the field."""
    return next((item.mark for item in facts.history if name in item.deed.fields or name in item.deed.secrets), None)
