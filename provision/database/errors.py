"""The one place where a driver's error becomes ours: by what it means; never with its values."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from provision.database.meanings import MYSQL, MYSQL_NAMES, POOLER, SPOKEN, SPOKEN_ALONE, SQLSTATES, UNREACHABLE
from provision.errors import DatabaseError, ProvisionError, UnreachableError

_NAMES = re.compile(r"(?:no such table|no such column|constraint failed): ([\w., ]+)")
_DRIVERS = ("asyncpg", "asyncmy")


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
        if not type(error).__module__.startswith(_DRIVERS):
            raise
        raise _translate(error) from None


def _translate(error: BaseException) -> DatabaseError:
    number = _mysql_number(error)
    return _of_sqlstate_or_words(error) if number is None else _of_number(error, number)


def _of_number(error: BaseException, number: int) -> DatabaseError:
    meaning = MYSQL.get(number)
    if meaning is None:
        return DatabaseError(f"the database refused a statement ({number})")
    pattern = MYSQL_NAMES.get(number)
    found = re.search(pattern, str(error.args[-1])) if pattern else None
    ours = meaning.with_details(f": {_without_database(found[1], number)}" if found else "")
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
    for link in _chain(error):
        if type(link).__module__.startswith("asyncmy"):
            number = link.args[0] if link.args else 0
            return number if isinstance(number, int) else 0
    return None


def _of_sqlstate_or_words(error: BaseException) -> DatabaseError:
    state = _sqlstate(error)
    meaning = SQLSTATES.get(state) or SQLSTATES.get(state[:2])
    if meaning is None or state == "08P01":
        said, text = SPOKEN_ALONE if meaning is None else POOLER, str(error)
        meaning = next((found for words, found in said if words in text), meaning)
    if meaning is None:
        return DatabaseError(f"the database refused a statement ({state or type(error).__name__})")
    return meaning.with_details(_details(error, state))


def _sqlstate(error: BaseException) -> str:
    """The innermost: the driver says that the connection was closed, and that because of what the server said."""
    states = [state for link in _chain(error) if isinstance(state := getattr(link, "sqlstate", None), str)]
    return states[-1] if states else ""


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
    refused = _is_refused(error)
    why = os.strerror(errno.ECONNREFUSED) if refused else getattr(error, "strerror", None) or type(error).__name__
    found = UnreachableError(f"{UNREACHABLE.message} ({why})", hint=UNREACHABLE.hint)
    found.transient = refused
    return found


def _is_refused(error: BaseException) -> bool:
    """Whether nobody listens there yet, or any more; of a host with several addresses Python has a text alone."""
    return isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error)
