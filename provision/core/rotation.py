"""When a key gets a successor, what becomes of the ones before it, and when a row stops working. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from provision.core.moment import after, has_come
from provision.core.plan import Action, Change, FieldChange, Reason, Retirement
from provision.core.shape import KindShape
from provision.core.state import Resource, Row, SecretRecord, SecretRule
from provision.core.value import NOW, Value, same


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A rotation that somebody asked for: `overlap` in seconds instead of the declared one, or none at all."""

    overlap: float | None = None
    revoke_now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """What becomes of the older generations: those that stop working now, and when the others do."""

    retires: tuple[Retirement, ...] = ()
    retiring: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A row of a kind, at a moment by the database's clock."""

    row: Row
    shape: KindShape
    now: str


def is_disabled(row: Row, shape: KindShape) -> bool:
    """Whether somebody has stopped it from working, in whatever of the ways that the kind knows."""
    return any(_is_disabled(row, name, value) for name, value in (shape.disable or {}).items())


def disabling(row: Row, shape: KindShape) -> tuple[FieldChange, ...]:
    """What is to be written so that the row stops working; nothing when it has."""
    return tuple(
        FieldChange(name=name, before=row.fields[name], after=value, reason=Reason.REMOVAL)
        for name, value in (shape.disable or {}).items()
        if not _is_disabled(row, name, value)
    )


def is_due(rule: SecretRule, remembered: SecretRecord, sight: Sight) -> bool:
    """Whether the key wants a successor; never one that somebody has disabled, nor one that was not delivered."""
    if rule.rotation is None or remembered.set_at is None or remembered.pending is not None:
        return False
    if is_disabled(sight.row, sight.shape):
        return False
    return has_come(after(remembered.set_at, rule.rotation.every), sight.now)


def succeed(sight: Sight, remembered: SecretRecord, asked: Forced, *, ours: Row, lost: bool) -> Succession:
    """What becomes of the generations before a new one, which takes the place of the row.

    `asked` says how. `ours` is the one that we made last: the row, or an older one where the application has made
    others since. If it was `lost` before anybody received it, it goes at once. Those before one that is not
    delivered, lost or not, stay for the whole overlap: nobody has had anything to use in their place.
    """
    row, shape = sight.row, sight.shape
    end = after(sight.now, asked.overlap or 0.0)
    if asked.revoke_now:
        return Succession(retires=_retired([row, *row.older], shape, "revoked at once, as asked"))
    alive = {older.generation for older in row.older if disabling(older, shape)}
    waiting = {number: at for number, at in remembered.retiring.items() if number in alive}
    leaving = (older.generation for older in (row, ours) if older is row or older.generation in alive)
    leaves = {number: end for number in leaving if number is not None}
    if remembered.pending is not None:
        retires = _retired([ours] if lost else [], shape, Reason.SECRET_UNDELIVERED)
        retiring = dict.fromkeys(waiting, end) | leaves
        gone = {ours.generation} if lost else set()
    else:
        retires = _over(sight, remembered)
        retiring = leaves | waiting
        gone = {item.generation for item in retires}
    return Succession(retires=retires, retiring={number: at for number, at in retiring.items() if number not in gone})


def overdue(sight: Sight, secrets: Mapping[str, SecretRecord]) -> tuple[Retirement, ...]:
    """The former generations whose overlap is over; none as long as their successor is not delivered."""
    return tuple(
        retirement
        for remembered in secrets.values()
        if remembered.retiring and remembered.pending is None
        for retirement in _over(sight, remembered)
    )


def every_older(row: Row, shape: KindShape, reason: str) -> tuple[Retirement, ...]:
    """Every former generation that still works: all go when their key goes."""
    return _retired(row.older, shape, reason)


def expiry(
    resource: Resource, sight: Sight, secrets: Mapping[str, SecretRecord], written: Collection[str]
) -> FieldChange | None:
    """The change of the moment at which the row expires, where it is counted from that at which a secret was set."""
    name, now = sight.shape.expires, sight.now
    for secret, rule in resource.secrets.items():
        if rule.lifetime is None or name is None:
            continue
        remembered = secrets.get(secret, SecretRecord())
        fresh = secret in written or remembered.set_at is None
        wanted = after(now if fresh or remembered.set_at is None else remembered.set_at, rule.lifetime)
        found = sight.row.fields[name]
        # A new row has nothing yet, whatever the former one holds.
        if secret in written or not same(found, wanted):
            seconds = rule.lifetime if fresh else None
            return FieldChange(name=name, before=found, after=wanted, reason=Reason.LIFETIME, seconds=seconds)
    return None


def first_expiry(resource: Resource, shape: KindShape, now: str) -> Iterator[FieldChange]:
    """The moment at which a new row expires."""
    for rule in resource.secrets.values():
        if rule.lifetime is not None and shape.expires is not None:
            wanted = after(now, rule.lifetime)
            yield FieldChange(
                name=shape.expires, before=None, after=wanted, reason=Reason.LIFETIME, seconds=rule.lifetime
            )


def remember(
    change: Change, resource: Resource, secrets: Mapping[str, SecretRecord], *, now: str, run: str
) -> dict[str, SecretRecord]:
    """What the ledger is to remember of each declared secret after this change.

    What this run generated with somewhere to go is pending until it is there. A version that a rename has put off
    is not remembered yet.
    """
    written = {item.name for item in change.fields if item.sensitive}
    retired = {item.generation for item in change.retires}
    found: dict[str, SecretRecord] = {}
    for name, rule in resource.secrets.items():
        known = secrets.get(name, SecretRecord())
        retiring = {number: at for number, at in known.retiring.items() if number not in retired}
        timed = rule.rotation is not None or rule.lifetime is not None
        if name in written:
            found[name] = SecretRecord(
                version=rule.version,
                set_at=now if timed or rule.generated else None,
                pending=run if rule.generated else None,
                retiring=change.retiring if change.generation is not None else retiring,
            )
        else:
            set_at = now if timed and known.set_at is None else known.set_at
            is_put_off = change.action is Action.RENAME and rule.generated and name in secrets
            version = known.version if is_put_off else rule.version
            found[name] = replace(known, version=version, set_at=set_at, retiring=retiring)
    return found


def _over(sight: Sight, remembered: SecretRecord) -> tuple[Retirement, ...]:
    over = {number: at for number, at in remembered.retiring.items() if has_come(at, sight.now)}
    rows = [older for older in sight.row.older if older.generation in over]
    return _retired(rows, sight.shape, "its overlap is over")


def _retired(rows: Iterable[Row], shape: KindShape, reason: str) -> tuple[Retirement, ...]:
    found = ((row, disabling(row, shape)) for row in rows)
    return tuple(
        Retirement(primary_key=row.primary_key, generation=row.generation or 0, fields=fields, reason=str(reason))
        for row, fields in found
        if fields
    )


def _is_disabled(row: Row, name: str, value: Value) -> bool:
    return row.fields[name] is not None if value == NOW else same(row.fields[name], value)
