"""The settings of the backend, read from environment variables."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL

from backend.core.database_url import (
    DRIVERS,
    SettingsError,
    parse_flag,
    parse_host,
    parse_port,
    parse_type,
    parse_url,
)

Value = TypeVar("Value")

# Beside the backend's folder, wherever the command is started.
EMBEDDED_DATABASE = Path(__file__).resolve().parents[2] / "provision.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says; each field is named like its variable, in lower case."""

    database_url: URL | None = None
    database_type: str = "sqlite"
    database_host: str | None = None
    database_port: int | None = None
    database_user: str | None = None
    database_password: str | None = field(default=None, repr=False)
    database_schema: str | None = None
    database_echo: bool = False

    @property
    def url(self) -> URL:
        """The address of the database, with its async driver; SettingsError if the variables contradict."""
        if self.database_url is not None:
            return self.database_url
        if self.database_type == "sqlite":
            self._refuse_server_variables()
            return URL.create(DRIVERS["sqlite"], database=self.database_schema or str(EMBEDDED_DATABASE))
        if self.database_schema is None:
            raise SettingsError("DATABASE_SCHEMA is not set; it names the database on the server")
        return self._server_url()

    def _server_url(self) -> URL:
        host, port = self.database_host or "localhost", self.database_port
        url = URL.create(
            DRIVERS[self.database_type],
            username=self.database_user,
            password=self.database_password,
            database=self.database_schema,
        )
        if not host.startswith("/"):
            return url.set(host=host, port=port)
        if self.database_type != "postgresql":
            raise SettingsError("DATABASE_HOST may be the folder of a socket only for postgresql")
        # The slashes of a folder cannot stand in a URL's host; the driver reads both from the query as well.
        query = {"host": host} if port is None else {"host": host, "port": str(port)}
        return url.update_query_dict(query)

    def _refuse_server_variables(self) -> None:
        for name in ("database_host", "database_port", "database_user", "database_password"):
            if getattr(self, name) is not None:
                raise SettingsError(
                    f"{name.upper()} is set, but DATABASE_TYPE is sqlite, which has no server; "
                    f"set DATABASE_TYPE to postgresql or mysql, or unset {name.upper()}"
                )


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environ`; an empty variable counts as not set.

    Raises SettingsError, whose message names the variable.
    """

    def read(name: str, parse: Callable[[str], Value]) -> Value | None:
        text = environ.get(name, "").strip()
        return parse(text) if text else None

    settings = Settings(
        database_url=read("DATABASE_URL", parse_url),
        database_type=read("DATABASE_TYPE", parse_type) or "sqlite",
        database_host=read("DATABASE_HOST", parse_host),
        database_port=read("DATABASE_PORT", parse_port),
        database_user=read("DATABASE_USER", str),
        database_password=environ.get("DATABASE_PASSWORD") or None,
        database_schema=read("DATABASE_SCHEMA", str),
        database_echo=read("DATABASE_ECHO", parse_flag) or False,
    )
    _ = settings.url  # variables that contradict each other are reported here, not at the first query
    return settings


def configured_url(environ: Mapping[str, str] = os.environ) -> str | None:
    """The URL that the environment asks for, password included, or None for the embedded default."""
    names = [one.name.upper() for one in fields(Settings) if one.name != "database_echo"]
    if not any(environ.get(name, "").strip() for name in names):
        return None
    return read_settings(environ).url.render_as_string(hide_password=False)
