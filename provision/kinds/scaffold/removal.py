"""What seems to switch a row off, and what seems to give it power."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from provision.kinds.column import Family
from provision.kinds.scaffold.fields import word_for
from provision.kinds.scaffold.proposal import Entry, Plain
from provision.kinds.scaffold.survey import ColumnSurvey, TableSurvey
from provision.kinds.scaffold.words import (
    ACTIVE,
    ENDED,
    INACTIVE,
    POWERS,
    WORDS_OF_ACTIVE,
    WORDS_OF_DISABLED,
    snake,
)


@dataclass(slots=True, kw_only=True)
class Standing:
    """The fields that say whether a row counts and what it may do, and what switches it off."""

    entries: dict[str, Entry | None] = field(default_factory=dict)
    disable: dict[str, Plain] = field(default_factory=dict)
    privileges: list[str] = field(default_factory=list)
    active: dict[str, Plain] = field(default_factory=dict)
    powers: dict[str, Plain] = field(default_factory=dict)


def standing_of(table: TableSurvey, *, is_account: bool) -> Standing:
    """What the table has of such columns; `is_account` says that its rows may log in."""
    found = Standing()
    for column in table.columns.values():
        name = snake(column.name)
        if name in (*POWERS, *ACTIVE, *INACTIVE) and column.family in (Family.BOOLEAN, Family.INTEGER):
            _switch(column, name, found, is_account=is_account)
        elif name == "status":
            _status(column, found, is_account=is_account)
        elif name in ENDED and column.family is Family.INSTANT and column.facts.nullable:
            found.disable[word_for(column.name)] = "now"
            found.entries[column.name] = None
    return found


def _switch(column: ColumnSurvey, name: str, found: Standing, *, is_account: bool) -> None:
    word, on = word_for(column.name), name in ACTIVE
    said: dict[str, Plain] = {"type": "boolean"} if column.family is Family.INTEGER else {}
    said |= {"column": column.name} if word != column.name else {}
    if is_account:
        found.privileges.append(word)
    # A privilege that is on needs a safe value; others one only where the database has none.
    if on if is_account else column.is_required:
        said["default"] = on
    if on:
        found.active[word] = True
    if name in POWERS:
        found.powers[word] = True
    else:
        found.disable[word] = not on
    found.entries[column.name] = Entry(path=f"fields.{word}", value=said) if said else None


def _status(column: ColumnSurvey, found: Standing, *, is_account: bool) -> None:
    pair = _active_and_disabled(column)
    if pair is None:
        return
    said, on, off, remark = pair
    found.entries[column.name] = Entry(path="fields.status", value=said | {"default": on}, remark=remark)
    found.disable["status"] = off
    found.active["status"] = on
    if is_account:
        found.privileges.append("status")


def _active_and_disabled(column: ColumnSurvey) -> tuple[dict[str, Plain], Plain, Plain, str] | None:
    """What is said of a column `status`, and the two words that matter; None when they cannot be guessed."""
    named: dict[str, Plain] = {} if column.name == "status" else {"column": column.name}
    check = "check what it holds"
    match column.family:
        case Family.WORD:
            on = _first(column.facts.type.words, WORDS_OF_ACTIVE)
            off = _first(column.facts.type.words, WORDS_OF_DISABLED)
            return (named, on, off, "") if on and off else None
        case Family.TEXT:
            return named, WORDS_OF_ACTIVE[0], WORDS_OF_DISABLED[0], check
        case Family.INTEGER | Family.BOOLEAN:
            is_number = column.family is Family.INTEGER
            values: dict[str, Plain] = {"active": 1 if is_number else True, "disabled": 0 if is_number else False}
            return named | {"values": values}, "active", "disabled", check
        case _:
            return None


def _first(words: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    return next((word for want in wanted for word in words if word.lower() == want), "")


def removal_entries(found: Standing) -> Iterator[Entry]:
    """What becomes of a row whose manifest goes."""
    if found.disable:
        yield Entry(path="on_remove.disable", value=dict(found.disable))
    else:
        yield Entry(
            path="on_remove.default", value="delete", remark='delete its row, or leave it alone with "abandon"?'
        )
