"""From what was found of tables to a binding for each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from provision.errors import InvalidInputError, Problem
from provision.kinds.scaffold.fields import entry_for, field_entry, is_touched, word_for
from provision.kinds.scaffold.keys import Key, choose_key
from provision.kinds.scaffold.links import Association, associations, followed, kinds_in, list_name
from provision.kinds.scaffold.proposal import Entry, KindNames, Plain, Proposal
from provision.kinds.scaffold.removal import Standing, removal_entries, standing_of
from provision.kinds.scaffold.secrets import SecretColumn, secrets_of
from provision.kinds.scaffold.survey import Survey, TableSurvey
from provision.kinds.scaffold.words import BARE_SECRETS, LOGIN, POWERS, kind_names, reference_name, snake


def propose(survey: Survey, taken: Collection[str] = ()) -> list[Proposal]:
    """A binding for each table that was asked for; raises InvalidInputError where no column can be a key."""
    found = list(associations(survey))
    tables = {table.id: table for table in kinds_in(survey, found)}
    names = kind_names({id_: table.bare for id_, table in tables.items()}, sorted(taken))
    keys = dict(_keys(tables))
    missing = [table for table in tables.values() if table.id not in keys or not table.primary_key]
    if missing:
        raise InvalidInputError([_no_key(table) for table in missing])
    return [_Proposer(table, tables, names, found, keys[table.id]).propose() for table in tables.values()]


def _keys(tables: Mapping[str, TableSurvey]) -> Iterator[tuple[str, Key]]:
    """A key for each table that can have one; none names a table whose own key leads back to it."""
    leads: dict[str, set[str]] = {}
    for id_, table in tables.items():
        owners = {
            column: name
            for column, name in followed(table, tables).items()
            if id_ not in _reached(_target(table, column), leads)
        }
        key = choose_key(table, owners, _unfit(table))
        if key is not None:
            leads[id_] = {_target(table, column) for column in key.columns if column in owners}
            yield id_, key


def _reached(start: str, leads: Mapping[str, set[str]]) -> set[str]:
    reached, pending = set(), [start]
    while pending:
        id_ = pending.pop()
        if id_ not in reached:
            reached.add(id_)
            pending += leads.get(id_, ())
    return reached


def _target(table: TableSurvey, column: str) -> str:
    leads_to = table.columns[column].leads_to
    return leads_to[0] if leads_to else ""


def _unfit(table: TableSurvey) -> set[str]:
    """Columns that are no part of a name: secrets and what goes with them, states, logins."""
    secrets = list(secrets_of(table))
    unfit = {column for secret in secrets for column in (secret.column, *secret.beside.values())}
    unfit |= standing_of(table, is_account=False).entries.keys()
    return unfit | {name for name in table.columns if snake(name) in BARE_SECRETS or LOGIN.search(snake(name))}


def _no_key(table: TableSurvey) -> Problem:
    if not table.primary_key:
        return Problem(message=f"{table.name} has no primary key", hint="rows without one cannot be told apart")
    hint = "name the tables that it leads to in the same call, or bind it by hand"
    return Problem(message=f"no column of {table.name} can name its rows", hint=hint)


class _Proposer:
    """Proposes the binding of one table."""

    def __init__(
        self,
        table: TableSurvey,
        tables: Mapping[str, TableSurvey],
        names: KindNames,
        found: Sequence[Association],
        key: Key,
    ) -> None:
        self._table = table
        self._tables = tables
        self._names = names
        self._found = found
        self._key = key
        self._followed = followed(table, tables)
        self._secrets: list[SecretColumn] = list(secrets_of(table))
        is_account = bool(self._secrets) or any(snake(name) in POWERS for name in table.columns)
        self._standing: Standing = standing_of(table, is_account=is_account)

    def propose(self) -> Proposal:
        """The whole of it."""
        entries = (
            *self._of_key(),
            *self._of_standing(),
            *self._touch(),
            *self._references(),
            *self._lists(),
            *self._of_secrets(),
            *self._fields(),
        )
        return Proposal(kind=self._names[self._table.id], table=self._table.name, entries=entries)

    def _of_key(self) -> Iterator[Entry]:
        words = [self._word(name) for name in self._key.columns]
        remark = "" if self._key.is_unique else "the database does not keep it unique: is this what names a row?"
        yield Entry(path="key", value=list(words), remark=remark)
        if not self._key.is_unique:
            yield Entry(path="assume_unique", value=True)
        if self._key.generation:
            yield Entry(path="generation", value=self._key.generation, remark="the row with the highest one counts")

    def _of_standing(self) -> Iterator[Entry]:
        standing = self._standing
        if standing.privileges:
            yield Entry(path="privileges", value=list(standing.privileges))
        if standing.powers:
            yield Entry(path="administrators", value=dict([*standing.powers.items()][:1]) | standing.active)
        yield from removal_entries(standing)

    def _touch(self) -> Iterator[Entry]:
        touched: dict[str, Plain] = {}
        for which in ("created", "updated"):
            names: list[Plain] = [c.name for c in self._table.columns.values() if is_touched(c) == which]
            touched |= {which: names} if names else {}
        if touched:
            yield Entry(path="touch", value=touched)

    def _references(self) -> Iterator[Entry]:
        for column in self._table.columns.values():
            if column.leads_to is None:
                continue
            target = column.leads_to[0]
            if column.name in self._followed:
                value: dict[str, Plain] = {"kind": self._names[target], "column": column.name}
                yield Entry(path=f"references.{self._followed[column.name]}", value=value)
                continue
            known = target in self._tables
            remark = f"leads to {'.'.join(column.leads_to)}, which is no primary key of one column"
            remark = remark if known else f"leads to {target}: name it in the same call"
            value = {"kind": "…", "column": column.name}
            yield Entry(
                path=f"references.{reference_name(column.name)}", value=value, remark=remark, only_a_hint=True
            )
            if column.is_required:
                yield field_entry(column.name, {"hidden": True}, "a new row needs it, so none can be made before")

    def _lists(self) -> Iterator[Entry]:
        taken = [*map(snake, self._table.columns), *self._followed.values()]
        for item in self._found:
            source, target = item.source.leads_to, item.target.leads_to
            if source is None or target is None or self._table.id not in (source[0], target[0]):
                continue
            if source[0] in self._tables and target[0] in self._tables:
                if source[0] == self._table.id:
                    yield self._list(item, self._names[target[0]], taken)
                continue
            other = target[0] if source[0] == self._table.id else source[0]
            yield Entry(
                remark=f"{item.table.name} joins it to {other}: name that in the same call for a list of names"
            )

    def _list(self, item: Association, kind: str, taken: list[str]) -> Entry:
        name = list_name(item, self._table, kind, taken)
        taken.append(name)
        value: dict[str, Plain] = {
            "kind": kind,
            "through": item.table.name,
            "source": item.source.name,
            "target": item.target.name,
        }
        return Entry(path=f"references.{name}", value=value)

    def _of_secrets(self) -> Iterator[Entry]:
        for secret in self._secrets:
            value: dict[str, Plain] = {"secret": secret.codec}
            if secret.column != secret.field:
                value["column"] = secret.column
            value |= dict(secret.beside)
            remark = "as the stored ones are" if secret.is_seen else "a guess: see how the application hashes it"
            yield Entry(path=f"fields.{secret.field}", value=value, remark=remark)

    def _fields(self) -> Iterator[Entry]:
        used = {column for secret in self._secrets for column in (secret.column, *secret.beside.values())}
        used |= self._followed.keys()
        for column in self._table.columns.values():
            name = column.name
            if name in self._standing.entries:
                entry = self._standing.entries[name]
            elif name == self._key.generation:
                entry = field_entry(name, {"hidden": True, "default": 1}) if column.is_required else None
            elif name in self._key.columns:
                entry = self._of_key_column(name)
            elif name in used or column.leads_to or is_touched(column):
                entry = None
            else:
                entry = entry_for(column, self._table)
            if entry:
                yield entry

    def _of_key_column(self, name: str) -> Entry | None:
        if name in self._followed:
            return None
        said: dict[str, Plain] = {"ignore_case": True} if name in self._table.folded else {}
        is_same = word_for(name) == name
        return None if is_same and not said else field_entry(name, said)

    def _word(self, column: str) -> str:
        return self._followed.get(column) or word_for(column)
