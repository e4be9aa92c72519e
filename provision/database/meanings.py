"""What the errors of each database mean, in words and with a hint: by SQLSTATE, by number, or by SQLite's words."""

from __future__ import annotations

from typing import NamedTuple

from provision.errors import DatabaseError, Facts, LockNotObtainedError, UnreachableError


class Meaning(NamedTuple):
    """Which error of ours it is, what it says, what to do; whether a row is to blame, and whether it passes."""

    error: type[DatabaseError]
    message: str
    hint: str
    of_row: bool = False
    transient: bool = False

    def with_details(self, details: str = "", facts: Facts | None = None) -> DatabaseError:
        """The error, its message completed by names that are no values; the facts if a row is to blame."""
        error = self.error(self.message + details, hint=self.hint, facts=facts if self.of_row else None)
        error.transient = self.transient
        return error


LOCKED = Meaning(
    LockNotObtainedError,
    "another run, or the application, holds a lock that this one needs",
    "wait for it to end, or wait longer: --lock-timeout 5m",
)
UNREACHABLE = Meaning(UnreachableError, "the database cannot be reached", "is it running, and is the URL right?")
_MISSING_TABLE = Meaning(
    DatabaseError,
    "a table is missing",
    "create the application's tables first, for example: alembic upgrade head",
)
_MISSING_COLUMN = Meaning(DatabaseError, "a column is missing", "migrate the application's tables to its models")
_UNIQUE = Meaning(
    DatabaseError, "a value that must be unique is taken by another row", "see which row holds it", of_row=True
)
REFERENCED = Meaning(
    DatabaseError,
    "other rows refer to a row that would be deleted, or a reference leads nowhere",
    "use on_remove: disable, or remove what refers to it first",
    of_row=True,
)
READ_ONLY = Meaning(
    DatabaseError,
    "the database is read-only for this login",
    "connect to a primary, as a login that may write and has no default_transaction_read_only",
)
_READ_ONLY_FILE = Meaning(
    DatabaseError,
    "the database's file cannot be written to",
    "see the permissions of the file and of its folder, in which SQLite makes a journal",
)
_LOST = Meaning(UnreachableError, "the connection to the database was lost, nothing was written", "run again")
# The driver does not tell why the server ended a session that was idle just then (asyncpg 0.32, which drops it).
CLOSED = _LOST._replace(
    hint="run again; if it is lost each time, see idle_in_transaction_session_timeout and transaction_timeout"
)
_LOGIN = Meaning(UnreachableError, "the database refused the login", "check user and password in the database URL")
_NO_DATABASE = Meaning(UnreachableError, "there is no database of that name", "check the database URL")
_REQUIRED = Meaning(DatabaseError, "a column that must not be empty has no value", "declare the field", of_row=True)
_TOO_LONG = Meaning(DatabaseError, "a text is longer than its column", "shorten it", of_row=True)
_CHECK = Meaning(DatabaseError, "a check of the database refuses a value", "see the constraint", of_row=True)
UNFIT = Meaning(
    DatabaseError, "a value does not fit its column", "see the column's type and character set", of_row=True
)
_OVERLAP = Meaning(
    DatabaseError, "an exclusion of the database: another row is in the way", "see the constraint", of_row=True
)
_TRIGGER = Meaning(
    DatabaseError, "a trigger of the database refused the row", "see what the trigger demands", of_row=True
)
_RULE = Meaning(DatabaseError, "a rule of the database refuses the row", "see the table's constraints", of_row=True)
_CHANGED = Meaning(
    DatabaseError, "the application changed the same rows at the same time", "run again", transient=True
)
_DEADLOCK = Meaning(
    DatabaseError, "a deadlock with the application was resolved against this run", "run again", transient=True
)
_PERMISSION = Meaning(DatabaseError, "this login has no permission for that", "grant it, or use another role")
_RESOURCES = Meaning(UnreachableError, "the server is out of resources", "see the server's log")
_NOT_NOW = Meaning(UnreachableError, "the server takes no connections now", "run again once it is up", transient=True)
_LIMIT = Meaning(
    UnreachableError, "the server has too many connections", "run again, or raise its limit", transient=True
)
_DISK_FULL = Meaning(DatabaseError, "the disk is full", "make room, then run again")
# PostgreSQL's, in its documentation's chapters "Statement Behavior" and "Lock Management".
_STATEMENT_TIMEOUT = Meaning(
    DatabaseError,
    "the server cancelled a statement: it took longer than statement_timeout, or somebody ended it",
    "raise it for this login: ALTER ROLE … SET statement_timeout = '5min'",
)
_IDLE_TIMEOUT = Meaning(
    UnreachableError,
    "the server ended the session: it was idle for longer than idle_in_transaction_session_timeout",
    "raise it for this login: ALTER ROLE … SET idle_in_transaction_session_timeout = '5min'",
)
_TRANSACTION_TIMEOUT = Meaning(
    UnreachableError,
    "the server ended the session: the transaction took longer than transaction_timeout",
    "raise it for this login: ALTER ROLE … SET transaction_timeout = '15min'",
)
_LOCK_TIMEOUT = LOCKED._replace(
    hint="wait for it to end, or wait longer: --lock-timeout 5m; a shorter lock_timeout of the login or server wins"
)
_FILE = Meaning(
    DatabaseError,
    "the database's file cannot be read or written",
    "see whether the disk is full, and what limits there are to a file's size, then run again",
)

# PostgreSQL, appendix A ("PostgreSQL Error Codes"); a whole class is its first two characters.
SQLSTATES = {
    "08": UNREACHABLE,
    "08003": CLOSED,
    "28": _LOGIN,
    "3D000": _NO_DATABASE,
    "22": UNFIT,
    "22001": _TOO_LONG,
    "23": _RULE,
    "23001": REFERENCED,
    "23502": _REQUIRED,
    "23503": REFERENCED,
    "23505": _UNIQUE,
    "23514": _CHECK,
    "23P01": _OVERLAP,
    "25006": READ_ONLY,
    "25P03": _IDLE_TIMEOUT,
    "25P04": _TRANSACTION_TIMEOUT,
    "40001": _CHANGED,
    "40P01": _DEADLOCK,
    "42501": _PERMISSION,
    "42703": _MISSING_COLUMN,
    "42P01": _MISSING_TABLE,
    "44": _RULE,
    "53": _RESOURCES,
    "53100": _DISK_FULL,
    "53300": _LIMIT,
    "55P03": _LOCK_TIMEOUT,
    "57014": _STATEMENT_TIMEOUT,
    "57": _LOST,
    "57P03": _NOT_NOW,
    "P0": _TRIGGER,
}

# What PgBouncer says, always in English, under one code for everything (pgbouncer.org/config.html).
POOLER = (
    (
        "transaction blocks not allowed",
        Meaning(
            DatabaseError,
            "the pooler in between is in statement mode, in which nothing can be written as a whole",
            "connect to the server itself, or to a pool with pool_mode = transaction or session",
        ),
    ),
    ("no more connections allowed", _LIMIT),
    ("query_wait_timeout", _LIMIT),
    ("server_login_retry", _NOT_NOW),
    ("server login has been failing", _NOT_NOW),
    ("the database system is starting up", _NOT_NOW),
)

# What PostgreSQL names in its English message alone; a server that speaks another language leaves it out.
SPOKEN = {
    "42501": r"permission denied for (\w+ \w+)",
    "42703": r'column "?([\w.]+)',
    "42P01": r'relation "([^"]+)"',
}

# The messages of SQLite's result codes (sqlite.org/rescode.html); they hold names, never values.
SQLITE_TRIGGER = _TRIGGER
SQLITE_RULE = _RULE
SQLITE = (
    ("database is locked", LOCKED._replace(message=f"{LOCKED.message} (SQLite does not tell who it is)")),
    ("no such table", _MISSING_TABLE),
    ("no such column", _MISSING_COLUMN),
    ("UNIQUE constraint failed", _UNIQUE),
    ("FOREIGN KEY constraint failed", REFERENCED),
    ("NOT NULL constraint failed", _REQUIRED),
    ("CHECK constraint failed", _CHECK),
    ("datatype mismatch", UNFIT),
    ("cannot store", UNFIT),
    ("string or blob too big", _TOO_LONG),
    ("readonly database", _READ_ONLY_FILE),
    ("unable to open database file", UNREACHABLE),
    ("file is not a database", Meaning(UnreachableError, "the file is not an SQLite database", "check the URL")),
    ("disk is full", _DISK_FULL),
    ("disk I/O error", _FILE),
)

_CANCELLED = Meaning(DatabaseError, "the server cancelled a statement", "run again")
_MAX_TIME = "the server cancelled a statement: it took longer than "
_NO_HOST = Meaning(UnreachableError, "the database lets nobody in from this machine", "grant the login for this host")

# dev.mysql.com/doc/mysql-errors and mariadb.com/kb/en/mariadb-error-codes: 1000 and up are the server's, 2000 to 2999
# the driver's, and what has no number is about the connection as well.
MYSQL = {
    0: _LOST,
    1020: _CHANGED,
    1021: _DISK_FULL,
    1040: _LIMIT,
    1044: Meaning(UnreachableError, "this login may not use that database", "grant it, or check the database URL"),
    1045: _LOGIN,
    1047: _NOT_NOW,  # a Galera node that is not in its cluster
    1048: _REQUIRED,
    1049: _NO_DATABASE,
    1053: _LOST,
    1054: _MISSING_COLUMN,
    1062: _UNIQUE,
    1114: _DISK_FULL,
    1129: _NO_HOST,
    1130: _NO_HOST,
    1142: _PERMISSION,
    1143: _PERMISSION,
    1146: _MISSING_TABLE,
    1153: Meaning(DatabaseError, "a statement is longer than the server takes", "raise max_allowed_packet"),
    1203: _LIMIT,
    1205: LOCKED,  # after innodb_lock_wait_timeout, which is ours
    1213: _DEADLOCK,
    1216: REFERENCED,
    1217: REFERENCED,
    1226: _LIMIT,
    1227: _PERMISSION,
    1264: UNFIT,
    1265: UNFIT,
    1290: READ_ONLY,
    1292: UNFIT,
    1369: _RULE,
    1317: _CANCELLED,
    1364: _REQUIRED,
    1366: UNFIT,
    1406: _TOO_LONG,
    1412: Meaning(DatabaseError, "a table was altered while it was read", "run again"),
    1451: REFERENCED,
    1452: REFERENCED,
    1586: _UNIQUE,
    1644: _TRIGGER,
    1665: Meaning(
        DatabaseError,
        "the server's binary log is kept by statement, which excludes READ COMMITTED",
        "set binlog_format to MIXED or ROW",
    ),
    1690: UNFIT,
    1698: _LOGIN,
    1792: READ_ONLY,
    1836: READ_ONLY,
    1927: _LOST,
    1969: Meaning(DatabaseError, f"{_MAX_TIME}max_statement_time", "raise it for this login or on the server"),
    2002: UNREACHABLE,
    2003: UNREACHABLE,
    2005: UNREACHABLE,
    2006: _LOST,
    2013: _LOST,
    2055: _LOST,
    2059: Meaning(UnreachableError, "the driver does not know this login's way of authentication", "use another"),
    3024: Meaning(DatabaseError, f"{_MAX_TIME}max_execution_time", "raise it for this login or on the server"),
    3058: LOCKED,
    3159: Meaning(
        UnreachableError, "the server demands an encrypted connection", "add ?ssl_ca=/path/to/ca.pem to the URL"
    ),
    3819: _CHECK,
    4025: _CHECK,
    4031: _LOST,
}

# Where those messages name something; each is tied to the side of the message that holds no value of a row.
MYSQL_NAMES = {
    1048: r"^Column '([\w$]+)'",
    1054: r"^Unknown column '([\w$.]+)'",
    1062: r" for key '([\w$.-]+)'$",
    1586: r" for key '([\w$.-]+)'$",
    1142: r" for (table [\w$.`]+)$",
    1146: r"^Table '([\w$.-]+)' doesn't exist",
    1264: r" for column ([\w$.`]+) at row \d+$",
    1265: r" for column ([\w$.`]+) at row \d+$",
    1292: r" for column ([\w$.`]+) at row \d+$",
    1364: r"^Field '([\w$]+)'",
    1366: r" for column ([\w$.`]+) at row \d+$",
    1406: r"^Data too long for column '([\w$]+)'",
    1451: r"CONSTRAINT `([\w$]+)` FOREIGN KEY",
    1452: r"CONSTRAINT `([\w$]+)` FOREIGN KEY",
    3819: r"^Check constraint '([\w$]+)'",
    4025: r"^CONSTRAINT `([\w$.]+)` failed",
}
