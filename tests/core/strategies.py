"""Random databases and random wishes, small enough that names and values collide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st

from provision.core.address import Address
from provision.core.rename import Resources, ambiguous_renames
from provision.core.state import (
    Lifecycle,
    OnRemove,
    Presence,
    PrimaryKey,
    Record,
    Resource,
    Row,
    SecretRecord,
    SecretRule,
    SecretUpdate,
    Snapshot,
)
from provision.core.value import Fields, Value
from provision.errors import Position
from tests.core.simulator import Wish, World, administrators
from tests.core.states import SHAPES

TEAMS = [Address("Team", (name,)) for name in ("t1", "t2")]
USERS = [Address("User", (name,)) for name in ("u1", "u2", "u3", "u4")]
KEYS = [Address("Key", (*user.key, name)) for user in USERS[:3] for name in ("k1", "k2")]
ADDRESSES = [*TEAMS, *USERS, *KEYS]

VALUES: Mapping[str, Mapping[str, st.SearchStrategy[Value]]] = {
    "Team": {"title": st.sampled_from([None, "a", "b"]), "active": st.booleans()},
    "User": {
        "nickname": st.sampled_from([None, "a", "b"]),
        "email": st.sampled_from([None, "e1", "e2", "e3", "e4", "e5"]),
        "desk": st.sampled_from([None, "d1", "d2"]),
        "floor": st.sampled_from([None, 1, 2]),
        "team": st.sampled_from([None, None, "t1", "t2"]),
        "status": st.sampled_from(["active", "disabled"]),
        "is_superuser": st.booleans(),
    },
    "Key": {
        "scopes": st.sampled_from([[], ["a"], [1], [True]]),
        "active": st.booleans(),
        "revoked_at": st.sampled_from([None, "2026-01-01T00:00:00Z"]),
    },
}

lifecycles = st.builds(
    Lifecycle,
    state=st.sampled_from([Presence.PRESENT] * 4 + [Presence.CREATED, Presence.ABSENT]),
    on_remove=st.sampled_from(OnRemove),
    prevent_removal=st.sampled_from([False, False, False, True]),
    ignore_changes=st.frozensets(st.sampled_from(["email", "title", "password"]), max_size=2),
)
remembered = st.builds(
    Lifecycle,
    state=st.sampled_from([Presence.PRESENT] * 4 + [Presence.CREATED]),
    on_remove=st.sampled_from(OnRemove),
    prevent_removal=st.sampled_from([False, False, False, True]),
)
rules = st.builds(SecretRule, update=st.sampled_from(SecretUpdate), version=st.sampled_from([None, "1", "2"]))
labels = st.sampled_from([{}, {}, {"team": "red"}, {"team": "blue"}])
texts = st.sampled_from(["p1", "p2"])


@st.composite
def some_fields(draw: st.DrawFn, kind: str) -> Fields:
    """Values for a part of the fields of a kind."""
    names = draw(st.lists(st.sampled_from(list(VALUES[kind])), unique=True, max_size=4))
    return {name: draw(VALUES[kind][name]) for name in names}


@st.composite
def databases(draw: st.DrawFn) -> Mapping[Address, Row]:
    """Rows that keep all constraints."""
    rows: dict[Address, Row] = {}
    taken: set[object] = set()
    for number, address in enumerate(draw(st.lists(st.sampled_from(ADDRESSES), unique=True, max_size=9))):
        fields = {name: draw(values) for name, values in VALUES[address.kind].items()}
        for group in SHAPES[address.kind].unique:
            held = (group, tuple(map(repr, (fields[name] for name in group))))
            if held in taken:
                fields[group[-1]] = None
            taken.add(held)
        rows[address] = Row(address=address, primary_key=(number,), fields=fields)
    for address, row in list(rows.items()):
        team = row.fields.get("team")
        if team is not None and Address("Team", (str(team),)) not in rows:
            rows[address] = replace(row, fields={**row.fields, "team": None})
    return {a: row for a, row in rows.items() if a.kind != "Key" or Address("User", a.key[:-1]) in rows}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A database whose rows are ours, another project's or nobody's; some records have lost their row."""
    rows = draw(databases())
    records: dict[Address, Record] = {}
    foreign: dict[Address, str] = {}
    for address in ADDRESSES:
        row = rows.get(address)
        whose = draw(
            st.sampled_from(["ours", "ours", "nobody", "made anew", "foreign"] if row else ["nobody"] * 4 + ["ours"])
        )
        if whose in ("ours", "made anew"):
            key = row.primary_key if row and whose == "ours" else (100 + ADDRESSES.index(address),)
            records[address] = draw(known(address, key, row))
        elif whose == "foreign":
            foreign[address] = "crm"
    passwords = {row.primary_key: draw(texts) for row in rows.values() if row.address.kind == "User"}
    snapshot = Snapshot(rows=rows, records=records, foreign=foreign, administrators={"User": administrators(rows)})
    return World(snapshot=snapshot, passwords=passwords)


@st.composite
def known(draw: st.DrawFn, address: Address, primary_key: PrimaryKey, row: Row | None) -> Record:
    """A record, of which some fields agree with the row."""
    fields = dict(draw(some_fields(address.kind)))
    for name in fields:
        if row and draw(st.booleans()):
            fields[name] = row.fields[name]
    secrets = (
        {"password": SecretRecord(version=draw(st.sampled_from([None, "1", "2"])))} if address.kind == "User" else {}
    )
    return Record(
        address=address,
        primary_key=primary_key,
        fields=fields,
        secrets=secrets,
        labels=draw(labels),
        lifecycle=draw(remembered),
    )


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    """Declarations that validation would let pass, but for their references and unique values."""
    chosen = draw(st.lists(st.sampled_from(ADDRESSES), unique=True, max_size=9))
    resources = {address: draw(resource(address)) for address in chosen}
    passwords = {address: draw(texts) for address in chosen}
    return Wish(resources=_clear(resources), passwords=passwords, prune=draw(st.booleans()))


@st.composite
def scenarios(draw: st.DrawFn) -> tuple[World, Wish]:
    """A database and a wish, which in half of the cases passes on what the database holds."""
    world, wish = draw(worlds()), draw(wishes())
    resources = dict(wish.resources)
    if draw(st.booleans()):
        resources |= draw(renamings(world, resources))
    if draw(st.booleans()):
        resources |= draw(exchanges(world, resources))
    if draw(st.sampled_from([True, True, True, False])):
        resources = _resolved(resources, world)
    passwords = {address: wish.passwords.get(address, "p1") for address in resources}
    return world, replace(wish, resources=_clear(resources), passwords=passwords)


@st.composite
def exchanges(draw: st.DrawFn, world: World, resources: Resources) -> Resources:
    """All users that are there or declared, their e-mail addresses and desks passed round among them."""
    rows = {address: row.fields for address, row in world.snapshot.rows.items() if address.kind == "User"}
    users = sorted(rows.keys() | {address for address in resources if address.kind == "User"})
    values = [{name: rows.get(user, {}).get(name) for name in ("email", "desk", "floor")} for user in users]
    changed = {}
    for user, value in zip(users, draw(st.permutations(values)), strict=True):
        item = resources.get(user) or draw(resource(user))
        changed[user] = replace(item, fields={**item.fields, **value})
    return changed


@st.composite
def renamings(draw: st.DrawFn, world: World, resources: Resources) -> Resources:
    """Rows that nobody declares, given new names."""
    changed: dict[Address, Resource] = {}
    for address in world.snapshot.rows:
        same_owner = [a for a in ADDRESSES if a.kind == address.kind and a.key[:-1] == address.key[:-1]]
        free = [a for a in same_owner if a not in world.snapshot.rows and a not in changed]
        if address not in resources and free:
            today = draw(st.sampled_from(free))
            item = resources.get(today) or draw(resource(today))
            changed[today] = replace(item, previously=(address.key[-1],))
    return changed


@st.composite
def resource(draw: st.DrawFn, address: Address) -> Resource:
    """One declaration."""
    fields = draw(some_fields(address.kind))
    names = sorted({item.key[-1] for item in ADDRESSES if item.kind == address.kind} - {address.key[-1]})
    return Resource(
        address=address,
        fields=fields,
        position=Position(file="random.yaml", line=ADDRESSES.index(address) + 1),
        secrets={"password": draw(rules)} if address.kind == "User" and draw(st.booleans()) else {},
        defaulted=frozenset(fields.keys() & {"is_superuser"}) if draw(st.booleans()) else frozenset(),
        previously=tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=2))),
        labels=draw(labels),
        lifecycle=draw(lifecycles),
    )


def _resolved(resources: Resources, world: World) -> dict[Address, Resource]:
    """The same without references to what is neither declared nor there."""
    known = resources.keys() | world.snapshot.rows.keys()
    resolved = {}
    for address, item in resources.items():
        if address.kind == "Key" and Address("User", address.key[:-1]) not in known:
            continue
        nowhere = Address("Team", (str(item.fields.get("team")),)) not in known
        resolved[address] = (
            replace(item, fields={**item.fields, "team": None}) if nowhere and "team" in item.fields else item
        )
    return resolved


def _clear(resources: Resources) -> Resources:
    """The same without former names that are not clear."""
    clear = dict(resources)
    while problems := list(ambiguous_renames(clear)):
        for address, item in clear.items():
            if item.position == problems[0].position:
                clear[address] = replace(item, previously=())
    return clear
