"""The one place where a driver's error becomes ours: by what it means; never with its values."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from provision.database.facts import (
    chain,
    facts_of_mysql,
    facts_of_postgresql,
    facts_of_sqlite,
    names_of_postgresql,
    sqlite_code,
)
from provision.database.meanings import (
    CLOSED,
    MYSQL,
    MYSQL_NAMES,
    POOLER,
    SPOKEN,
    SQLITE,
    SQLITE_RULE,
    SQLITE_TRIGGER,
    SQLSTATES,
    UNFIT,
    UNREACHABLE,
    Meaning,
)
from provision.errors import DatabaseError, Facts, ProvisionError, UnreachableError

_NAMES = re.compile(r"(?:no such table|no such column): ([\w., ]+)")
_DRIVERS = ("asyncpg", "asyncmy")
_POOLERS_STATE = "08P01"


@contextmanager
def translated() -> Iterator[None]:
    """Let nothing of a driver out: neither its traceback nor a message that may quote a row."""
    try:
        yield
    except ProvisionError:
        raise
    except DBAPIError as error:
        cause = _before_the_savepoint_went(error)
        raise _translate(cause.orig or cause) from None
    except (OSError, TimeoutError, PoolTimeoutError) as error:
        raise _unreachable(error) from None
    except SQLAlchemyError as error:
        # What a type of the application raises while it converts a value comes as a StatementError.
        facts = Facts(code=type(error).__name__) if isinstance(error, StatementError) else None
        raise DatabaseError(f"SQLAlchemy refused a statement ({type(error).__name__})", facts=facts) from None
    except Exception as error:
        if not type(error).__module__.startswith(_DRIVERS):
            raise
        raise _translate(error) from None


def _before_the_savepoint_went(error: DBAPIError) -> DBAPIError:
    """What ended SQLite's transaction, where the return to a savepoint of it is all that failed visibly."""
    first = error.__context__
    return first if "no such savepoint" in str(error.orig) and isinstance(first, DBAPIError) else error


def _translate(error: BaseException) -> DatabaseError:
    number = _mysql_number(error)
    if number is not None:
        return _of_number(error, number)
    if code := sqlite_code(error):
        return _of_sqlite(error, code)
    return _of_sqlstate(error, _sqlstate(error))


def _of_number(error: BaseException, number: int) -> DatabaseError:
    meaning = MYSQL.get(number)
    if meaning is None:
        return DatabaseError(f"the database refused a statement ({number})")
    text, pattern = str(error.args[-1]), MYSQL_NAMES.get(number)
    found = re.search(pattern, text) if pattern else None
    name = _without_database(found[1], number) if found else ""
    ours = meaning.with_details(f": {name}" if name else "", facts_of_mysql(text, number, name))
    ours.transient |= meaning is UNREACHABLE and _is_refused(error)
    return ours


def _without_database(name: str, number: int) -> str:
    """The server says `database.table` of a missing table, and quotes some names."""
    kind, _, name = name.replace("`", "").rpartition(" ")
    if number in (1142, 1146):
        name = name.rpartition(".")[2]
    return f"{kind} {name}".lstrip()


def _mysql_number(error: BaseException) -> int | None:
    """The number of asyncmy's errors, 0 for those without; None when it is another driver's error."""
    for link in chain(error):
        if type(link).__module__.startswith("asyncmy"):
            number = link.args[0] if link.args else 0
            return number if isinstance(number, int) else 0
    return None


def _of_sqlite(error: BaseException, code: str) -> DatabaseError:
    """The message of a trigger is the application's own, and may hold anything."""
    if code == "SQLITE_CONSTRAINT_TRIGGER":
        return SQLITE_TRIGGER.with_details(facts=facts_of_sqlite(error))
    text = str(error)
    meaning = next((meaning for words, meaning in SQLITE if words in text), None)
    if meaning is None and code.startswith("SQLITE_CONSTRAINT"):
        meaning = SQLITE_RULE
    if meaning is None:
        return DatabaseError(f"the database refused a statement ({code})")
    facts = facts_of_sqlite(error)
    names = ", ".join(f"{facts.table}.{column}" for column in facts.columns) or facts.constraint
    if found := _NAMES.search(text):
        names = found[1]
    return meaning.with_details(f": {names}" if names else "", facts)


def _of_sqlstate(error: BaseException, state: str) -> DatabaseError:
    meaning = SQLSTATES.get(state) or SQLSTATES.get(state[:2]) or _of_driver(error)
    if state == _POOLERS_STATE:
        meaning = next((found for words, found in POOLER if words in str(error)), meaning)
    if meaning is None:
        return DatabaseError(f"the database refused a statement ({state or type(error).__name__})")
    names = list(names_of_postgresql(error, state))
    if (pattern := SPOKEN.get(state)) and (spoken := re.search(pattern, str(error))):
        names.append(spoken[1])
    return meaning.with_details(f": {', '.join(names)}" if names else "", facts_of_postgresql(error, state))


def _of_driver(error: BaseException) -> Meaning | None:
    """What asyncpg cannot send in the column's type never reaches the server, nor what follows the session's end."""
    if "connection is closed" in str(error):
        return CLOSED
    is_unfit = any(
        type(link).__module__.startswith("asyncpg") and isinstance(link, ValueError) for link in chain(error)
    )
    return UNFIT if is_unfit else None


def _sqlstate(error: BaseException) -> str:
    """The innermost: the driver says that the connection was closed, and that because of what the server said."""
    states = [state for link in chain(error) if isinstance(state := getattr(link, "sqlstate", None), str)]
    return states[-1] if states else ""


def _unreachable(error: BaseException) -> UnreachableError:
    refused = _is_refused(error)
    why = os.strerror(errno.ECONNREFUSED) if refused else getattr(error, "strerror", None) or type(error).__name__
    found = UnreachableError(f"{UNREACHABLE.message} ({why})", hint=UNREACHABLE.hint)
    found.transient = refused
    return found


def _is_refused(error: BaseException) -> bool:
    """Whether nobody listens there yet, or any more; of a host with several addresses Python has a text alone."""
    return isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error)
