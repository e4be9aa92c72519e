"""Where references lead: what a foreign key holds of the other table, and which association joins two kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, Table

from provision.database.binding.bound import BoundField, BoundLink, BoundReference
from provision.database.binding.codec import codec_for, key_codec_for, primary_codec_for
from provision.database.binding.families import column_type
from provision.database.binding.origin import Origin, has_value, leads_to, target_of
from provision.database.binding.reflection import Tables, missing_table
from provision.database.binding.value_codec import ValueCodec
from provision.errors import Problem
from provision.kinds.column import Family
from provision.kinds.kind import Kind
from provision.kinds.naming import column_of
from provision.settings import FieldBinding, Settings, settings_problem


class Linker:
    """Finds the columns of one kind's references, and adds to `problems` what does not fit."""

    def __init__(
        self, kind: Kind, settings: Settings, origins: Mapping[str, Origin], tables: Tables, problems: list[Problem]
    ) -> None:
        self.kind = kind
        self.settings = settings
        self.origins = origins
        self.tables = tables
        self.problems = problems

    def reference(self, name: str, field: BoundField) -> BoundReference:
        """The reference whose column is `field`."""
        kind = self.kind.binding.references[name].kind
        to, by_name = self._target(("references", name, "column"), kind, field.column)
        return BoundReference(field=field, kind=kind, to=to, by_name=by_name)

    def link(self, name: str) -> BoundLink | None:
        """The association of a list of names; None when there is no such table."""
        binding = self.kind.binding.references[name]
        path = ("references", name)
        table = self._association(name)
        if table is None:
            missing = missing_table(
                self.settings, ("kinds", self.kind.name, *path, "through"), binding.through or "", is_view=False
            )
            self.problems.append(missing)
            return None
        source = self._side(path, table, binding.source, self.kind.name, "source")
        target = self._side(path, table, binding.target, binding.kind, "target")
        if source is None or target is None:
            return None
        _, by_name = self._target((*path, "source"), self.kind.name, source)
        if by_name:
            self._complain((*path, "source"), f"{source.name} holds a name", "it has to hold the primary key")
        to, _ = self._target((*path, "target"), binding.kind, target)
        values = tuple(self._values(path, table, binding.set))
        self._require_all_set(path, table, {source, target, *(field.column for field, _ in values)})
        return BoundLink(table=table, source=source, target=target, kind=binding.kind, to=to, values=values)

    def _association(self, name: str) -> Table | None:
        wanted = self.kind.binding.references[name].through or ""
        known = self.origins[self.kind.name].table.metadata.tables.get(wanted)
        return known if known is not None else self.tables.get(wanted)

    def _side(
        self, path: tuple[str, ...], table: Table, said: str | None, kind: str, side: str
    ) -> Column[Any] | None:
        """The association's column for a kind: the one that is said, or the only one that leads there."""
        if said is not None:
            if said in table.columns:
                return table.columns[said]
            known = ", ".join(sorted(table.columns.keys()))
            self._complain((*path, side), f"{table.fullname} has no column {said}", f"its columns are: {known}")
            return None
        wanted = self.origins[kind].table.fullname
        found = [
            column
            for column in table.columns
            if any(leads_to(key, self.origins[kind]) for key in column.foreign_keys)
        ]
        if len(found) != 1:
            said = "several columns that lead" if found else "no column that leads"
            self._complain(path, f"{table.fullname} has {said} to {wanted}", f'add {side} = "…"')
            return None
        return found[0]

    def _target(self, path: tuple[str, ...], kind: str, column: Column[Any]) -> tuple[BoundField, bool]:
        """What a column holds of the row that it leads to, and whether that is the row's name."""
        origin, binding = self.origins[kind], self.settings.kinds[kind]
        by_column = {item.name: name for name, item in origin.columns.items()}
        led_to = [target_of(key)[2] for key in column.foreign_keys if leads_to(key, origin)]
        primary = list(origin.table.primary_key.columns)
        wanted = led_to[0] if led_to else (primary[0].name if len(primary) == 1 else "")
        named = origin.columns.get(column_of(binding.key[-1], binding))
        if len(primary) == 1 and wanted == primary[0].name:
            said = next((item.type for name, item in binding.fields.items() if (item.column or name) == wanted), None)
            codec = _holding(column, primary[0], said)
            return BoundField(attribute=by_column[wanted], column=primary[0], codec=codec), False
        if named is not None and wanted == named.name and binding.key[-1] not in binding.references:
            codec = key_codec_for(named, binding.fields.get(binding.key[-1]))
            return BoundField(attribute=by_column[wanted], column=named, codec=codec), True
        message = f"{column.name} leads to {origin.table.fullname}.{wanted or '(several columns)'}"
        hint = f"a reference holds the primary key of a {kind}, of one column, or its name"
        self._complain(path, message, hint)
        return BoundField(attribute="", column=column), False

    def _values(
        self, path: tuple[str, ...], table: Table, values: Mapping[str, Any]
    ) -> Iterator[tuple[BoundField, Any]]:
        for name, value in values.items():
            if name in table.columns:
                field = BoundField(attribute=name, column=table.columns[name])
                yield replace(field, codec=codec_for(field.column, None)), value
            else:
                known = ", ".join(sorted(table.columns.keys()))
                self._complain((*path, "set"), f"{table.fullname} has no column {name}", f"its columns are: {known}")

    def _require_all_set(self, path: tuple[str, ...], table: Table, known: set[Column[Any]]) -> None:
        for column in table.columns:
            if column not in known and not has_value(column):
                self._complain(path, f"nothing sets {table.fullname}.{column.name}", f"add set.{column.name} = …")

    def _complain(self, path: tuple[str, ...], message: str, hint: str) -> None:
        self.problems.append(settings_problem(self.settings, ("kinds", self.kind.name, *path), message, hint))


def _holding(column: Column[Any], primary: Column[Any], said: str | None) -> ValueCodec:
    """The codec of a column that holds a primary key; only one of the two may know that it is a UUID."""
    if Family.UUID in (column_type(column.type).family, column_type(primary.type, said).family):
        return codec_for(column, FieldBinding(type="uuid"))
    return primary_codec_for(column)
