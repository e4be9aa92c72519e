"""What a driver's error tells of the row that was refused: the names in it, and none of its values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provision.errors import Facts

# `UNIQUE constraint failed: table.column, table.column`, or `index 'name'`; of a check, its name or its text.
_SQLITE_COLUMNS = re.compile(r"constraint failed: ([\w .]+\.[\w (),.-]+)$")
_SQLITE_INDEX = re.compile(r"constraint failed: index '([^']+)'$")
_SQLITE_CHECK = re.compile(r"^CHECK constraint failed: (.+)$", re.DOTALL)
_SQLITE_TYPE = re.compile(r"^cannot store \w+ value in \w+ column (.+)\.([^.]+)$")
_MYSQL_KEY = re.compile(r"\(`[^`]+`\.`([^`]+)`, CONSTRAINT `([^`]+)` FOREIGN KEY \(([^)]+)\)")
_MYSQL_CONSTRAINTS = frozenset({1062, 1586, 3819, 4025})
_MYSQL_COLUMNS = frozenset({1048, 1264, 1265, 1292, 1364, 1366, 1406})
# `PL/pgSQL function refuse() line 3 at RAISE`, whichever language the server speaks.
_FUNCTION = re.compile(r"^PL/pgSQL\S*(?: \S+)? ([\w.]+)\(", re.MULTILINE)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that it came from."""
    while error is not None:
        yield error
        error = error.__cause__


def facts_of_postgresql(error: BaseException, state: str) -> Facts:
    """The names that the server sends apart from its message; those in an exception of a trigger may be anything."""
    known = {} if state.startswith("P0") else _fields(error)
    column = known.get("column_name")
    return Facts(
        table=known.get("table_name", ""),
        columns=(column,) if column else (),
        constraint=known.get("constraint_name", ""),
        code=state,
    )


def names_of_postgresql(error: BaseException, state: str) -> tuple[str, ...]:
    """The same for people; of a trigger, the function in which it raised."""
    if not state.startswith("P0"):
        return tuple(_fields(error).values())
    contexts = (context for link in chain(error) if isinstance(context := getattr(link, "context", None), str))
    return tuple(f"{found[1]}()" for context in contexts if (found := _FUNCTION.search(context)))[:1]


def facts_of_sqlite(error: BaseException) -> Facts:
    """The names in its message, which has no values, unless a trigger wrote it."""
    code = sqlite_code(error)
    if code == "SQLITE_CONSTRAINT_TRIGGER":
        return Facts(code=code)
    text = str(error)
    if found := _SQLITE_CHECK.search(text) or _SQLITE_INDEX.search(text):
        return Facts(constraint=found[1], code=code)
    if found := _SQLITE_TYPE.search(text):
        return Facts(table=found[1], columns=(found[2],), code=code)
    if found := _SQLITE_COLUMNS.search(text):
        places = [name.rpartition(".") for name in found[1].split(", ")]
        return Facts(table=places[0][0], columns=tuple(column for _, _, column in places), code=code)
    return Facts(code=code)


def sqlite_code(error: BaseException) -> str:
    """SQLite's name of an error (sqlite.org/rescode.html); empty for that of another driver."""
    return next((str(name) for link in chain(error) if (name := getattr(link, "sqlite_errorname", None))), "")


def facts_of_mysql(text: str, number: int, name: str) -> Facts:
    """What a message names, given the name that was found in it."""
    if key := _MYSQL_KEY.search(text):
        columns = tuple(column.strip("` ") for column in key[3].split(","))
        return Facts(table=key[1], columns=columns, constraint=key[2], code=str(number))
    if number in _MYSQL_CONSTRAINTS:
        return Facts(constraint=name, code=str(number))
    column = name.rpartition(".")[2].strip("`")
    return Facts(columns=(column,) if number in _MYSQL_COLUMNS and column else (), code=str(number))


def _fields(error: BaseException) -> dict[str, str]:
    found: dict[str, str] = {}
    for link in chain(error):
        for kind in ("table_name", "column_name", "constraint_name"):
            if isinstance(name := getattr(link, kind, None), str):
                found.setdefault(kind, name)
    return found
