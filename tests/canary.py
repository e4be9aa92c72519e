"""Searches what the program wrote for secrets, also where they are disguised."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from sqlalchemy import NullPool, inspect, literal_column, select, table
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection, Select

SHORTEST = 8


def find_leaks(secrets: Iterable[str], texts: Mapping[str, str]) -> list[str]:
    """Return where each secret is first found in each text, plain or disguised: "stderr, line 3: secret 1 in hex".

    Upper and lower case count as the same. A secret of fewer than 8 characters is a ValueError: it would be found
    by chance. Empty texts leak nothing, so whoever asks makes sure that they hold what they should.
    """
    lowered = {name: content.lower() for name, content in texts.items()}
    return [
        f"{name}, line {content.count(chr(10), 0, place) + 1}: secret {number} {form}"
        for number, secret in enumerate(secrets, start=1)
        for disguise, form in _disguises(secret).items()
        for name, content in lowered.items()
        if (place := content.find(disguise)) >= 0
    ]


def _disguises(secret: str) -> dict[str, str]:
    """Return the lower-case texts that give the secret away, each with the simplest form that makes it."""
    if len(secret) < SHORTEST:
        raise ValueError(f"a secret to search for needs at least {SHORTEST} characters")
    found: dict[str, str] = {}
    for form, disguise in _forms(secret):
        found.setdefault(disguise.lower(), form)
    return found


def _forms(secret: str) -> Iterator[tuple[str, str]]:
    data = secret.encode()
    yield "as it is", secret
    yield "reversed", secret[::-1]
    yield "in hex", data.hex()
    for core in _base64_cores(data):
        yield "in Base64", core
        yield "in Base64 for URLs", core.translate(str.maketrans("+/", "-_"))
    for ascii_only in (True, False):
        yield "in JSON", json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
    for written in (repr(secret), ascii(secret), repr(data)[1:]):
        yield "as Python writes it", written[1:-1]
    # A path keeps its slashes, and SQLAlchemy's URLs keep spaces and plus signs.
    for kept in ("", "/", " +"):
        yield "in a URL", quote(secret, safe=kept)
    yield "in a URL's query", quote_plus(secret)


def _base64_cores(data: bytes) -> Iterator[str]:
    """Yield what is in Base64 of any text around the data, which may begin at each of the 3 places in a group.

    A character stands for 6 bits (RFC 4648, section 4); those that share bits with the neighbours are left out.
    """
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        yield encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]


async def dump_database(url: str) -> str:
    """Return all rows of all tables in all schemas of a database, a row as `schema.table: column=value, …` a line.

    `url` names an asynchronous driver, and a user who may read everything. Bytes are shown in hex and as text.
    """
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(_dump)


def _dump(connection: Connection) -> str:
    inspector = inspect(connection)
    lines = []
    own = [
        inspector.default_schema_name
    ]  # MySQL's schemas are the server's databases, of which the others are others'
    for schema in own if connection.dialect.name in ("mysql", "mariadb") else inspector.get_schema_names():
        if schema == "information_schema":
            continue
        for name in inspector.get_table_names(schema):
            # The driver's own values: a type that SQLAlchemy does not know is no reason to skip a column.
            everything: Select[Any] = select(literal_column("*")).select_from(table(name, schema=schema))
            for row in connection.execute(everything).mappings():
                cells = ", ".join(f"{key}={_shown(value)}" for key, value in row.items())
                lines.append(f"{schema}.{name}: {cells}\n")
    return "".join(lines)


def _shown(value: object) -> str:
    match value:
        case bytes():
            return f"{value.hex()} {value.decode(errors='replace')}"
        case list() | tuple():
            return f"[{', '.join(_shown(item) for item in value)}]"
        case _:
            return str(value)
