"""The environment as settings: what is accepted, what is refused, and that no message shows a password."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import make_url

from backend.core.conf import EMBEDDED_DATABASE, Settings, configured_url, read_settings
from backend.core.database_url import SettingsError, place

SERVER = {"DATABASE_TYPE": "postgresql", "DATABASE_SCHEMA": "app"}


@pytest.mark.parametrize(
    ("given", "rendered"),
    [
        ("postgresql://u:p@h:5433/d", "postgresql+asyncpg://u:p@h:5433/d"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql://u@/d?host=/run/pg", "postgresql+asyncpg://u@/d?host=%2Frun%2Fpg"),
        ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?ssl=require"),
        ("sqlite:///app.db", "sqlite+aiosqlite:///app.db"),
        ("mysql://u:p@h/d", "mysql+asyncmy://u:p@h/d"),
        ("  sqlite:///app.db\n", "sqlite+aiosqlite:///app.db"),
    ],
)
def test_a_url_is_given_its_async_driver(given: str, rendered: str) -> None:
    assert configured_url({"DATABASE_URL": given}) == rendered


@pytest.mark.parametrize(
    ("variables", "rendered"),
    [
        (SERVER, "postgresql+asyncpg://localhost/app"),
        (
            SERVER | {"DATABASE_HOST": "db", "DATABASE_PORT": "5433", "DATABASE_USER": "u"},
            "postgresql+asyncpg://u@db:5433/app",
        ),
        (SERVER | {"DATABASE_HOST": "::1"}, "postgresql+asyncpg://[::1]/app"),
        (SERVER | {"DATABASE_HOST": "/run/pg"}, "postgresql+asyncpg:///app?host=%2Frun%2Fpg"),
        (
            SERVER | {"DATABASE_HOST": "/run/pg", "DATABASE_PORT": "5433"},
            "postgresql+asyncpg:///app?host=%2Frun%2Fpg&port=5433",
        ),
        ({"DATABASE_TYPE": "mysql", "DATABASE_SCHEMA": "app"}, "mysql+asyncmy://localhost/app"),
        ({"DATABASE_TYPE": "sqlite", "DATABASE_SCHEMA": "app.db"}, "sqlite+aiosqlite:///app.db"),
        ({"DATABASE_TYPE": "sqlite"}, f"sqlite+aiosqlite:///{EMBEDDED_DATABASE}"),
    ],
)
def test_a_url_is_put_together_from_its_parts(variables: dict[str, str], rendered: str) -> None:
    assert configured_url(variables) == rendered


@pytest.mark.parametrize("password", ["p@ss:w/rd?#%25", " blank around ", "é€🔑", "100%"])
def test_a_password_with_special_characters_arrives_as_it_is(password: str) -> None:
    url = configured_url(SERVER | {"DATABASE_USER": "u@corp", "DATABASE_PASSWORD": password})
    assert url is not None
    assert (make_url(url).username, make_url(url).password) == ("u@corp", password)
    assert make_url(url).host == "localhost"


def test_the_url_wins_over_the_parts() -> None:
    variables = SERVER | {"DATABASE_URL": "sqlite:///app.db", "DATABASE_HOST": "elsewhere"}
    assert configured_url(variables) == "sqlite+aiosqlite:///app.db"


@pytest.mark.parametrize("variables", [{}, {"DATABASE_ECHO": "true"}, {"DATABASE_URL": "", "DATABASE_HOST": " "}])
def test_without_a_database_the_default_is_a_file_beside_the_backend(variables: dict[str, str]) -> None:
    assert configured_url(variables) is None
    assert read_settings(variables).url.database == str(EMBEDDED_DATABASE)
    assert (EMBEDDED_DATABASE.parent / "backend" / "alembic.ini").is_file()


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("ON", True), ("no", False), ("0", False), ("", False)]
)
def test_echo_is_read_as_a_boolean(text: str, *, value: bool) -> None:
    assert read_settings({"DATABASE_ECHO": text}).database_echo is value


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DATABASE_URL": "app"}, "DATABASE_URL has no scheme"),
        ({"DATABASE_URL": "://h/d"}, "DATABASE_URL is not a database URL"),
        ({"DATABASE_URL": "postgresql://u:canary@h:port/d"}, "DATABASE_URL is not a database URL"),
        ({"DATABASE_URL": "postgresql://u:canary@h:70000/d"}, "DATABASE_URL has a port"),
        ({"DATABASE_URL": "postgresql://u:canary@h:0/d"}, "DATABASE_URL has a port"),
        ({"DATABASE_URL": "oracle://u:canary@h/d"}, "DATABASE_URL must start with one of sqlite://, postgresql://"),
        ({"DATABASE_URL": "postgresql+psycopg2://u:canary@h/d"}, r"DATABASE_URL names a driver .* postgresql://"),
        ({"DATABASE_TYPE": "oracle"}, "DATABASE_TYPE must be one of sqlite, postgresql, mysql, not 'oracle'"),
        (SERVER | {"DATABASE_PORT": "abc"}, "DATABASE_PORT must be a number between 1 and 65535, not 'abc'"),
        (SERVER | {"DATABASE_PORT": "0"}, "DATABASE_PORT"),
        (SERVER | {"DATABASE_PORT": "65536"}, "DATABASE_PORT"),
        (SERVER | {"DATABASE_PORT": "+5432"}, "DATABASE_PORT"),
        (SERVER | {"DATABASE_PORT": "5_432"}, "DATABASE_PORT"),
        (SERVER | {"DATABASE_PORT": "٥٤٣٢"}, "DATABASE_PORT"),
        (SERVER | {"DATABASE_PORT": "9" * 5000}, "DATABASE_PORT"),
        ({"DATABASE_ECHO": "maybe"}, "DATABASE_ECHO must be true or false, not 'maybe'"),
        ({"DATABASE_TYPE": "postgresql", "DATABASE_PASSWORD": "canary"}, "DATABASE_SCHEMA is not set"),
        (SERVER | {"DATABASE_HOST": "postgresql://u:canary@h/d"}, "DATABASE_HOST must be a host name"),
        ({"DATABASE_TYPE": "mysql", "DATABASE_SCHEMA": "d", "DATABASE_HOST": "/run"}, "DATABASE_HOST may be"),
        ({"DATABASE_HOST": "db"}, "DATABASE_HOST is set, but DATABASE_TYPE is sqlite"),
        ({"DATABASE_PORT": "5432"}, "DATABASE_PORT is set, but"),
        ({"DATABASE_USER": "u"}, "DATABASE_USER is set, but"),
        ({"DATABASE_PASSWORD": "canary"}, "DATABASE_PASSWORD is set, but"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(variables: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        read_settings(variables)
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_password_does_not_show_when_the_settings_are_printed() -> None:
    parts = read_settings(SERVER | {"DATABASE_PASSWORD": "canary"})
    whole = read_settings({"DATABASE_URL": "postgresql://u:canary@h/d"})
    assert "canary" not in f"{parts!r}{whole!r}"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://u:canary@h:5433/d", "postgresql database d at h:5433"),
        ("postgresql://u:canary@/d?host=/run/pg", "postgresql database d at /run/pg"),
        ("postgresql://u:canary@h", "postgresql database (default) at h"),
        ("sqlite:///app.db", "SQLite file app.db"),
    ],
)
def test_a_place_names_the_database_and_nobody(url: str, named: str) -> None:
    assert place(make_url(url)) == named


def test_every_setting_is_a_variable_of_the_database() -> None:
    assert all(one.name.startswith("database_") for one in fields(Settings))
