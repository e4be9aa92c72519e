"""Which database a run is for: found from the environment, the settings or the application, shown without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from provision.database.imports import value_of
from provision.errors import DatabaseError, InvalidInputError, Problem
from provision.settings import Settings

# Our driver for each kind of database; a URL may name another one, as synchronous applications do.
DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+asyncmy",
    "mariadb": "mariadb+asyncmy",
}
VARIABLES = ("PROVISION_DATABASE_URL", "DATABASE_URL")
EMBEDDED_FILE = "provision.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A database to work on; `embedded` when nobody named one and it is the SQLite file beside provision.toml."""

    url: URL = field(repr=False)  # drivers take passwords in the query as well, and SQLAlchemy shows that
    embedded: bool = False

    @property
    def identity(self) -> str:
        """Which database it is, whoever connects to it and in whatever way."""
        if self.is_sqlite:
            return f"sqlite:///{Path(self.url.database or '').absolute()}"
        host = self.url.host or self.url.query.get("host") or ""
        port = f":{self.url.port}" if self.url.port else ""
        return f"{self.url.get_backend_name()}://{host}{port}/{self.url.database}"

    @property
    def shown(self) -> str:
        """For people: no driver, no password, and no query, where drivers take passwords too."""
        plain = self.url.set(drivername=self.url.get_backend_name(), password=None, query={})
        return plain.render_as_string()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of ours rather than a server."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        name = self.url.database if self.is_sqlite else None
        return Path(name) if name and name != ":memory:" else None


def find_target(settings: Settings, environ: Mapping[str, str]) -> Target:
    """The first that is given: PROVISION_DATABASE_URL, DATABASE_URL, [database] url, url_from, the embedded default.

    `url_from` is imported from the application, whose folder must be on `sys.path` by now.
    """
    for variable in VARIABLES:
        if environ.get(variable):
            return Target(url=_parse(environ[variable], variable))
    if settings.database.url:
        return Target(url=_parse(settings.database.url, "database.url", folder=settings.root))
    if settings.database.url_from:
        url = value_of(settings, ("database", "url_from"), settings.database.url_from)
        if url is not None:
            return Target(url=_parse(str(url), settings.database.url_from))
    file = settings.root / EMBEDDED_FILE
    return Target(url=URL.create("sqlite+aiosqlite", database=str(file)), embedded=True)


def target_at(url: str, source: str) -> Target:
    """The database of a URL that somebody gave; `source` is where, for an error."""
    return Target(url=_parse(url, source))


def _parse(text: str, source: str, *, folder: Path | None = None) -> URL:
    hint = (
        "write it as postgresql://user:password@host:5432/database, mysql://user:password@host:3306/database, "
        "mariadb://… or sqlite:///path/to/file.db"
    )
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise _invalid(f"{source} is not a database URL", hint) from None
    driver = DRIVERS.get(url.drivername.partition("+")[0])
    if driver is None:
        raise _invalid(f"{source} names {url.drivername}, which is not supported", hint)
    if driver.endswith("+asyncmy"):
        _require_asyncmy()
        if not url.database:
            raise _invalid(f"{source} names no database", hint)
    url = _with_ssl_of_asyncpg(url.set(drivername=driver))
    relative = driver.startswith("sqlite") and url.database not in (None, "", ":memory:")
    if relative and folder is not None:
        url = url.set(database=str(folder / str(url.database)))
    return url


def _require_asyncmy() -> None:
    try:
        import_module("asyncmy")
    except ImportError:
        raise DatabaseError(
            "MySQL and MariaDB are reached through asyncmy, which is not installed",
            hint="pip install 'provision-db[mysql]'",
        ) from None


def _with_ssl_of_asyncpg(url: URL) -> URL:
    """Hosting services write libpq's `sslmode`; asyncpg takes the same values as `ssl`."""
    mode = url.query.get("sslmode") if url.get_backend_name() == "postgresql" else None
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode}) if mode else url


def _invalid(message: str, hint: str) -> InvalidInputError:
    return InvalidInputError([Problem(message=message, hint=hint)])
