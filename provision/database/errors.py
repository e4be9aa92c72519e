"""The one place where a driver's error becomes ours: by SQLSTATE, or by SQLite's words; never with its values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from provision.errors import DatabaseError, LockNotObtainedError, ProvisionError, UnreachableError


class _Meaning(NamedTuple):
    error: type[DatabaseError]
    message: str
    hint: str


_LOCKED = _Meaning(
    LockNotObtainedError,
    "another run, or the application, holds a lock that this one needs",
    "wait for it to end, or wait longer: --lock-timeout 5m",
)
_MISSING_TABLE = _Meaning(
    DatabaseError,
    "a table is missing",
    "create the application's tables first, for example: alembic upgrade head",
)
_UNIQUE = _Meaning(DatabaseError, "a value that must be unique is taken by another row", "see which row holds it")
_REFERENCED = _Meaning(
    DatabaseError,
    "other rows refer to a row that would be deleted, or a reference leads nowhere",
    "use on_remove: disable, or remove what refers to it first",
)
_READ_ONLY = _Meaning(DatabaseError, "the database is read-only for this login", "use a role that may write")
_UNREACHABLE = _Meaning(UnreachableError, "the database cannot be reached", "is it running, and is the URL right?")
_LOST = _Meaning(UnreachableError, "the connection to the database was lost, nothing was written", "run again")
_LOGIN = _Meaning(UnreachableError, "the database refused the login", "check user and password in the database URL")
_REQUIRED = _Meaning(DatabaseError, "a column that must not be empty has no value", "declare the field")

# PostgreSQL, appendix A ("PostgreSQL Error Codes"); a whole class is its first two characters.
SQLSTATES = {
    "08": _UNREACHABLE,
    "08003": _LOST,
    "28": _LOGIN,
    "3D000": _Meaning(UnreachableError, "there is no database of that name", "check the database URL"),
    "22001": _Meaning(DatabaseError, "a text is longer than its column", "shorten it"),
    "23502": _REQUIRED,
    "23503": _REFERENCED,
    "23505": _UNIQUE,
    "23514": _Meaning(DatabaseError, "a check of the database refuses a value", "see the constraint"),
    "25006": _READ_ONLY,
    "25P03": _LOST,
    "40001": _Meaning(DatabaseError, "the application changed the same rows at the same time", "run again"),
    "40P01": _Meaning(DatabaseError, "a deadlock with the application was resolved against this run", "run again"),
    "42501": _Meaning(DatabaseError, "this login has no permission for that", "grant it, or use another role"),
    "42703": _Meaning(DatabaseError, "a column is missing", "migrate the application's tables to its models"),
    "42P01": _MISSING_TABLE,
    "53": _Meaning(UnreachableError, "the server is out of resources", "see the server's log"),
    "55P03": _LOCKED,
    "57014": _Meaning(DatabaseError, "the server cancelled a statement (statement_timeout?)", "raise that limit"),
    "57": _LOST,
    "57P03": _Meaning(UnreachableError, "the server takes no connections now", "run again once it is up"),
}

# What PostgreSQL names in its English message alone; a server that speaks another language leaves it out.
SPOKEN = {
    "42501": r"permission denied for (\w+ \w+)",
    "42703": r'column "?([\w.]+)',
    "42P01": r'relation "([^"]+)"',
}

# The messages of SQLite's result codes (sqlite.org/rescode.html); they hold names, never values.
SQLITE = (
    ("database is locked", _LOCKED),
    ("no such table", _MISSING_TABLE),
    ("no such column", SQLSTATES["42703"]),
    ("UNIQUE constraint failed", _UNIQUE),
    ("FOREIGN KEY constraint failed", _REFERENCED),
    ("NOT NULL constraint failed", _REQUIRED),
    ("CHECK constraint failed", SQLSTATES["23514"]),
    ("readonly database", _READ_ONLY),
    ("unable to open database file", _UNREACHABLE),
    ("file is not a database", _Meaning(UnreachableError, "the file is not an SQLite database", "check the URL")),
    ("disk is full", _Meaning(DatabaseError, "the disk is full", "make room, then run again")),
)
_NAMES = re.compile(r"(?:no such table|no such column|constraint failed): ([\w., ]+)")


@contextmanager
def translated() -> Iterator[None]:
    """Let nothing of a driver out: neither its traceback nor a message that may quote a row."""
    try:
        yield
    except ProvisionError:
        raise
    except DBAPIError as error:
        raise _translate(error.orig or error) from None
    except (OSError, TimeoutError, PoolTimeoutError) as error:
        raise _unreachable(error) from None
    except SQLAlchemyError as error:
        raise DatabaseError(f"SQLAlchemy refused a statement ({type(error).__name__})") from None
    except Exception as error:
        if not type(error).__module__.startswith("asyncpg"):
            raise
        raise _translate(error) from None


def _translate(error: BaseException) -> DatabaseError:
    state = _sqlstate(error)
    meaning = SQLSTATES.get(state) or SQLSTATES.get(state[:2])
    if meaning is None:
        text = str(error)
        meaning = next((meaning for words, meaning in SQLITE if words in text), None)
    if meaning is None:
        return DatabaseError(f"the database refused a statement ({state or type(error).__name__})")
    return meaning.error(meaning.message + _details(error, state), hint=meaning.hint)


def _sqlstate(error: BaseException) -> str:
    for link in _chain(error):
        state = getattr(link, "sqlstate", None)
        if isinstance(state, str):
            return state
    return ""


def _details(error: BaseException, state: str) -> str:
    """Names of a table, column or constraint, where the driver tells them apart from values."""
    found: dict[str, str] = {}
    for link in _chain(error):
        for kind in ("table_name", "column_name", "constraint_name"):
            if isinstance(name := getattr(link, kind, None), str):
                found.setdefault(kind, name)
    names = list(found.values())
    if match := _NAMES.search(str(error)) if not state else None:
        names.append(match[1])
    if (pattern := SPOKEN.get(state)) and (spoken := re.search(pattern, str(error))):
        names.append(spoken[1])
    return f": {', '.join(names)}" if names else ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _unreachable(error: BaseException) -> UnreachableError:
    why = getattr(error, "strerror", None) or type(error).__name__
    return UnreachableError(f"{_UNREACHABLE.message} ({why})", hint=_UNREACHABLE.hint)
