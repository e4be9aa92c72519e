"""The search for leaked secrets finds them in every form that they are known to take."""

from __future__ import annotations

import base64
import json
from typing import LiteralString
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import NullPool, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from tests.canary import dump_database, find_leaks
from tests.mysql import speak_standard_sql

SECRET = "Zq7/pä ss+wörd\n\"'9%xY"
SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40)
SURROUNDINGS = st.binary(max_size=5)


async def run(url: str, *statements: LiteralString) -> None:
    engine = speak_standard_sql(create_async_engine(url, poolclass=NullPool))
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("as it is", SECRET),
        ("as it is", SECRET.upper()),
        ("reversed", SECRET[::-1]),
        ("in hex", SECRET.encode().hex()),
        ("in hex", SECRET.encode().hex().upper()),
        ("in JSON", json.dumps(SECRET)),
        ("in JSON", json.dumps({"password": SECRET}, ensure_ascii=False)),
        ("as Python writes it", repr([SECRET])),
        ("as Python writes it", ascii(SECRET)),
        ("as Python writes it", str({"password": SECRET.encode()})),
        ("in a URL", quote(SECRET, safe="")),
        ("in a URL", quote(SECRET)),
        ("in a URL", URL.create("postgresql", username="me", password=SECRET).render_as_string(hide_password=False)),
        ("in a URL's query", quote_plus(SECRET)),
        ("in Base64", base64.b64encode(SECRET.encode()).decode()),
        ("in Base64", base64.b64encode(f"a{SECRET}".encode()).decode()),
        ("in Base64", base64.b64encode(f"me:{SECRET}:".encode()).decode()),
        ("in Base64", base64.b64encode(f"ab{SECRET}".encode()).decode()),
    ],
)
def test_a_secret_is_found_in_each_form(form: str, written: str) -> None:
    leaks = find_leaks(["another secret", SECRET], {"clean": "nothing here", "log": f"first\nbefore {written} after"})
    assert f"log, line 2: secret 2 {form}" in leaks
    assert all(leak.startswith("log, line 2: secret 2 ") for leak in leaks)


@pytest.mark.parametrize("before", [b"", b"a", b"ab"])
def test_a_secret_is_found_in_the_base64_of_urls(before: bytes) -> None:
    secret = "???>>>~~~ÿÿÿ"
    written = base64.urlsafe_b64encode(before + secret.encode()).decode()
    assert find_leaks([secret], {"log": written}) == ["log, line 1: secret 1 in Base64 for URLs"]


@given(secret=SECRETS, before=SURROUNDINGS, after=SURROUNDINGS)
def test_any_secret_is_found_in_base64_of_whatever_is_around_it(secret: str, before: bytes, after: bytes) -> None:
    data = before + secret.encode() + after
    assert find_leaks([secret], {"standard": base64.b64encode(data).decode()})
    assert find_leaks([secret], {"for URLs": base64.urlsafe_b64encode(data).decode()})


def test_nothing_is_found_where_nothing_is() -> None:
    assert find_leaks([SECRET], {"log": "Zq7/p is not the whole of it", "empty": ""}) == []


def test_each_text_with_a_secret_is_named() -> None:
    leaks = find_leaks(["canary-1", "canary-2"], {"stdout": "canary-2", "stderr": "\ncanary-1 canary-2"})
    assert leaks == [
        "stderr, line 2: secret 1 as it is",
        "stdout, line 1: secret 2 as it is",
        "stderr, line 2: secret 2 as it is",
    ]


def test_a_secret_too_short_to_search_for_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 characters"):
        find_leaks(["short"], {})


async def test_a_dump_holds_all_rows_of_all_tables_with_bytes_as_hex_and_text(database_url: str) -> None:
    binary = "bytea" if database_url.startswith("postgresql") else "blob"
    literal = "'\\xff616263'" if binary == "bytea" else "x'ff616263'"
    await run(
        database_url,
        "CREATE TABLE users (id integer, name text)",
        "INSERT INTO users VALUES (1, 'alice'), (2, NULL)",
        f'CREATE TABLE "Odd "" Name" (data {binary})',
        f'INSERT INTO "Odd "" Name" VALUES ({literal})',
        "CREATE TABLE empty (id integer)",
    )
    # What MySQL calls a schema is the database.
    own = str(make_url(database_url).database)
    schema = {"postgresql": "public", "sqlite": "main"}.get(make_url(database_url).get_backend_name(), own)
    lines = (await dump_database(database_url)).splitlines()
    assert sorted(lines) == [
        f'{schema}.Odd " Name: data=ff616263 \ufffdabc',
        f"{schema}.users: id=1, name=alice",
        f"{schema}.users: id=2, name=None",
    ]


async def test_a_dump_holds_other_schemas_and_types_of_postgresql(postgres_url: str) -> None:
    await run(
        postgres_url,
        "CREATE SCHEMA hidden",
        "CREATE TYPE hidden.pair AS (a text, b bytea)",
        "CREATE TABLE hidden.kept (doc jsonb, many text[], two hidden.pair, raw bytea[], at int4range)",
        """INSERT INTO hidden.kept VALUES ('{"k": "in-a-document"}', '{in-an-array}', ('in-a-pair', 'in-bytes'),
        ARRAY[convert_to('in-ümlauts', 'UTF8')], '[1,5)')""",
    )
    dump = await dump_database(postgres_url)
    assert dump.startswith("hidden.kept: ")
    secrets = ["in-a-document", "in-an-array", "in-a-pair", "in-bytes", "in-ümlauts"]
    plain = [leak for leak in find_leaks(secrets, {"dump": dump}) if leak.endswith("as it is")]
    assert plain == [f"dump, line 1: secret {number} as it is" for number in range(1, 6)]
