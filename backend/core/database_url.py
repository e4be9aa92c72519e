"""Database addresses: from text or parts to a SQLAlchemy URL with an async driver.

No message shows a password, nor any text that may hold one.
"""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "mysql": "mysql+asyncmy",
}
FLAGS = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip
HIGHEST_PORT = 65535


class SettingsError(ValueError):
    """A variable cannot be used; the message names it, says what is wrong, and never shows a password."""


def parse_url(text: str) -> URL:
    """DATABASE_URL with its async driver: `postgresql://` becomes `postgresql+asyncpg://`, and so on."""
    if "://" not in text:
        raise SettingsError("DATABASE_URL has no scheme; write it like postgresql://user@host/database")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # its message may show a piece of a password that is not escaped
        raise SettingsError(
            "DATABASE_URL is not a database URL; escape special characters in the password, / as %2F"
        ) from None
    if url.port is not None and not 1 <= url.port <= HIGHEST_PORT:
        raise SettingsError(f"DATABASE_URL has a port that is not between 1 and {HIGHEST_PORT}")
    return _with_ssl_of_asyncpg(url.set(drivername=_async_driver(url.drivername)))


def parse_type(text: str) -> str:
    """DATABASE_TYPE as one of the supported kinds of database."""
    if text not in DRIVERS:
        raise SettingsError(f"DATABASE_TYPE must be one of {', '.join(DRIVERS)}, not {text!r}")
    return text


def parse_port(text: str) -> int:
    """DATABASE_PORT as a number from 1 to 65535."""
    # Looked at before int(), which takes signs, underscores and other scripts' digits.
    if text.isascii() and text.isdecimal() and len(text) <= len(str(HIGHEST_PORT)):
        port = int(text)
        if 1 <= port <= HIGHEST_PORT:
            return port
    raise SettingsError(f"DATABASE_PORT must be a number between 1 and {HIGHEST_PORT}, not {text!r}")


def parse_flag(text: str) -> bool:
    """DATABASE_ECHO as a boolean."""
    try:
        return FLAGS[text.lower()]
    except KeyError:
        raise SettingsError(f"DATABASE_ECHO must be true or false, not {text!r}") from None


def parse_host(text: str) -> str:
    """DATABASE_HOST as a name, an address, or the folder of a PostgreSQL socket (it starts with `/`)."""
    # The text is not shown: whoever puts a whole URL here puts its password here.
    if not text.startswith("/") and any(mark in text for mark in "/@?# "):
        raise SettingsError("DATABASE_HOST must be a host name, an address, or the folder of a socket")
    return text


def place(url: URL) -> str:
    """Where a database is, for messages: its kind, name, host and port, without user and password."""
    kind = url.get_backend_name()
    if kind == "sqlite":
        return f"SQLite file {url.database}"
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{kind} database {url.database or '(default)'} at {host}{port}"


def _async_driver(scheme: str) -> str:
    kind = scheme.partition("+")[0]
    full = DRIVERS.get("postgresql" if kind == "postgres" else kind)
    if full is None:
        raise SettingsError(f"DATABASE_URL must start with one of {', '.join(f'{kind}://' for kind in DRIVERS)}")
    if scheme not in {kind, full}:
        raise SettingsError(f"DATABASE_URL names a driver that is not supported; write {kind}:// or {full}://")
    return full


def _with_ssl_of_asyncpg(url: URL) -> URL:
    """Hosting services write libpq's `sslmode`; asyncpg takes the same values as `ssl`."""
    if url.drivername != DRIVERS["postgresql"] or "sslmode" not in url.query:
        return url
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": url.query["sslmode"]})
