"""What to say of single columns: what a new row needs, what is a moment, and what no manifest can write."""

from __future__ import annotations

import re

from provision.kinds.column import Family
from provision.kinds.naming import field_name
from provision.kinds.scaffold.proposal import Entry, Plain
from provision.kinds.scaffold.survey import ColumnSurvey, TableSurvey
from provision.kinds.scaffold.words import BARE_SECRETS, CREATED, LOGIN, UPDATED, snake
from provision.kinds.scalar_types import can_be_written

_UUID_LENGTHS = (32, 36)
_EMPTY: dict[Family, Plain] = {
    Family.TEXT: "",
    Family.BOOLEAN: False,
    Family.INTEGER: 0,
    Family.NUMBER: 0,
    Family.DECIMAL: 0,
    Family.LIST: [],
    Family.JSON: [],
}
_NUMBERS = (Family.INTEGER, Family.NUMBER, Family.DECIMAL)
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_]+")


def word_for(column: str) -> str:
    """What people write for a column, as provision.toml has it."""
    name = _NOT_A_NAME.sub("_", field_name(column))
    return name if not name[:1].isdigit() else f"column_{name}"


def field_entry(column: str, said: dict[str, Plain], remark: str = "") -> Entry:
    """The binding of a field, with its column where the name is not the same."""
    word = word_for(column)
    named: dict[str, Plain] = {} if word == column else {"column": column}
    return Entry(path=f"fields.{word}", value=named | said, remark=remark)


def is_touched(column: ColumnSurvey) -> str:
    """Which list of `touch` a moment belongs to; nothing for others, and where the database sees to it."""
    if column.family is not Family.INSTANT or column.facts.is_generated:
        return ""
    if snake(column.name) in UPDATED:
        return "updated"
    return "created" if snake(column.name) in CREATED and not column.facts.has_default else ""


def entry_for(column: ColumnSurvey, table: TableSurvey) -> Entry | None:
    """What has to be said of a column that is neither key, reference nor secret; None where nothing has."""
    if column.facts.is_generated:
        return None
    if not can_be_written(column.facts.type):
        return _hidden(column, f"{column.facts.type.named}, which no manifest can write")
    if column.facts.is_primary:
        return _primary(column)
    whose = _not_peoples(column)
    return _hidden(column, whose) if whose else _needed(column, table) or _renamed(column, table)


def _not_peoples(column: ColumnSurvey) -> str:
    """Why people should not write a column, where its name says so."""
    name = snake(column.name)
    if LOGIN.search(name):
        return "the application's own"
    if name in BARE_SECRETS:
        return 'a secret? Bind it with secret = "…", or leave it to the application'
    return "made by the database" if name in CREATED and column.family is Family.INSTANT else ""


def _hidden(column: ColumnSurvey, remark: str) -> Entry:
    said: dict[str, Plain] = {"hidden": True}
    if column.is_required and column.family is Family.INSTANT:
        said["generate"] = "now"
    elif column.is_required and column.family in _EMPTY:
        said["default"] = _EMPTY[column.family]
    elif column.is_required:
        remark = f"{remark}; a new row needs it from a trigger"
    return field_entry(column.name, said, remark)


def _primary(column: ColumnSurvey) -> Entry | None:
    if not column.is_required:
        return None
    if _is_uuid(column) or (column.family is Family.TEXT and _has_room_for_uuid(column)):
        said: dict[str, Plain] = {"generate": "uuid4", "hidden": True}
        return field_entry(column.name, _uuid_type(column) | said)
    word = word_for(column.name)
    return Entry(path=f"fields.{word}", value={"column": column.name}, remark="nothing makes it, so people write it")


def _needed(column: ColumnSurvey, table: TableSurvey) -> Entry | None:
    """What a new row gets where a manifest says nothing and the database has no default."""
    if not column.is_required:
        return None
    if _is_uuid(column):
        made: dict[str, Plain] = {"generate": "uuid4"}
        return field_entry(column.name, _uuid_type(column) | made)
    if column.family is Family.INSTANT:
        return field_entry(column.name, {"generate": "now"})
    is_unique = frozenset([column.name]) in table.unique
    # A number that nobody wrote could be a price: people have to write it.
    if column.family not in _EMPTY or column.family in _NUMBERS or is_unique:
        return None
    remark = "or {}" if column.family is Family.JSON else ""
    return field_entry(column.name, {"default": _EMPTY[column.family]}, remark)


def _renamed(column: ColumnSurvey, table: TableSurvey) -> Entry | None:
    """A name of its own for a column whose name would be another one's as well."""
    same = [other for other in table.columns if field_name(other) == field_name(column.name)]
    if same.index(column.name) == 0:
        return None
    word = f"{word_for(column.name)}_{same.index(column.name) + 1}"
    return Entry(path=f"fields.{word}", value={"column": column.name})


def _is_uuid(column: ColumnSurvey) -> bool:
    return column.family is Family.UUID or _is_uuid_text(column)


def _uuid_type(column: ColumnSurvey) -> dict[str, Plain]:
    return {"type": "uuid"} if _is_uuid_text(column) else {}


def _is_uuid_text(column: ColumnSurvey) -> bool:
    is_named = snake(column.name).endswith(("uuid", "guid")) or column.facts.is_primary
    return column.family is Family.TEXT and column.facts.type.length in _UUID_LENGTHS and is_named


def _has_room_for_uuid(column: ColumnSurvey) -> bool:
    return (column.facts.type.length or max(_UUID_LENGTHS)) >= max(_UUID_LENGTHS)
