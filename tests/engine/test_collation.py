"""Keys compare as the database's unique index compares them, whatever Python says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.binding.bound import BoundField
from provision.database.binding.naturalkey import NaturalKey
from provision.database.claim import Claim
from provision.database.connect import reading
from provision.database.dialects.collation import folded_duplicates, folding, is_insensitive
from provision.database.dialects.dialect import name_of
from provision.database.dialects.keyset import delete_among, wanted
from provision.database.errors import translated
from provision.database.lock import locked
from provision.database.reading.matching import match
from provision.database.target import Target
from tests.project import Project

Found = TypeVar("Found")

# How a table's column of names is declared on each database, so that it takes no notice of case.
CITEXT = ("CREATE EXTENSION citext", "name citext NOT NULL UNIQUE")
ICU = (
    "CREATE COLLATION \"no case\" (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    'name text COLLATE "no case" NOT NULL UNIQUE',
)
HAS_ICU = "SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'"
NO_CASE = {
    "sqlite": [("", "name varchar(64) NOT NULL COLLATE NOCASE UNIQUE")],
    "postgresql": [CITEXT, ICU],
    "mysql": [
        ("", "name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL UNIQUE"),
        ("", "name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL UNIQUE"),
        ("", "name varchar(64) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL UNIQUE"),
        ("", "name varchar(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci NOT NULL UNIQUE"),
    ],
}
EXACT = {
    "sqlite": "name varchar(64) NOT NULL UNIQUE",
    "postgresql": "name varchar(64) NOT NULL UNIQUE",
    "mysql": "name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL UNIQUE",
}
TABLE = Table("people", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(64)))
NAME, ID = TABLE.c.name, TABLE.c.id
KEY = NaturalKey(source=TABLE, columns=(NAME,), parts=(BoundField(attribute="name", column=NAME),))
ROWS = ["Alice", "bob", "Who?"]


def backend(url: str) -> str:
    return make_url(url).get_backend_name()


def on(url: str) -> Project:
    """A project of which the database alone is used."""
    return Project(folder=Path(), url=url)


def make_table(url: str, preparation: str, column: str) -> Target:
    """A table with a few rows."""
    project = on(url)
    if preparation:
        project.sql(preparation)
    project.sql(f"CREATE TABLE people (id integer PRIMARY KEY, {column})")
    for number, name in enumerate(ROWS):
        project.sql(f"INSERT INTO people VALUES ({number}, '{name}')")
    return Target(url=make_url(url))


def look(target: Target, work: Callable[[AsyncSession], Coroutine[Any, Any, Found]]) -> Found:
    """Do something in a session for reading."""

    async def run() -> Found:
        async with reading(target) as session:
            return await work(session)

    return asyncio.run(run())


async def names_among(session: AsyncSession, *keys: str) -> list[str]:
    found = await match(session, KEY, KEY.source, [(key,) for key in keys])
    query = select(NAME).select_from(found.source).where(found.condition).order_by(ID)
    return list(await session.scalars(query))


@pytest.fixture
def no_case(request: pytest.FixtureRequest) -> Target:
    """A table whose names take no notice of case; the test says on which database, and how."""
    kind, way = request.param
    fixtures = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "mysql": "mysql_url"}
    url: str = request.getfixturevalue(fixtures[kind])
    if way is ICU and not on(url).sql(HAS_ICU):
        pytest.skip("this PostgreSQL was built without ICU")
    return make_table(url, *way)


in_every_way = pytest.mark.parametrize(
    "no_case",
    [
        pytest.param((kind, way), id=f"{kind}-{place}")
        for kind, of_kind in NO_CASE.items()
        for place, way in enumerate(of_kind)
    ],
    indirect=True,
)


@in_every_way
def test_a_key_is_found_as_the_column_compares(no_case: Target) -> None:
    async def work(session: AsyncSession) -> None:
        assert await is_insensitive(session, NAME)
        assert await names_among(session, "ALICE", "Bob", "nobody") == ["Alice", "bob"]
        assert await names_among(session, "Who\U0001f98a", "who\xbf") == []

    look(no_case, work)


@in_every_way
def test_a_join_with_a_folded_key_says_which_key_found_which_row(no_case: Target) -> None:
    keys = [("nobody",), ("BOB",), ("alice",)]

    async def work(session: AsyncSession) -> list[tuple[int, str]]:
        rows = wanted([NAME], keys, name_of(session))
        fold = await folding(session, NAME)
        assert fold is not None
        query = select(rows.c.n, NAME).select_from(rows.join(TABLE, fold(rows.c.k0) == NAME)).order_by(rows.c.n)
        return [(number, name) for number, name in await session.execute(query)]

    (first, bob), (second, alice) = look(no_case, work)
    assert (bob, alice, second - first) == ("bob", "Alice", 1)


@in_every_way
def test_wanted_keys_that_are_one_to_the_database_are_found(no_case: Target) -> None:
    keys = [("alice",), ("bob",), ("ALICE",), ("carol",), ("Alice",), ("bob",), ("\U0001f98a",), ("\U0001f98b",)]
    found = look(no_case, lambda session: folded_duplicates(session, [NAME], keys))
    assert [pair for pair in found if pair[0][0].isascii()] == [
        (("alice",), ("ALICE",)),
        (("alice",), ("Alice",)),
    ]
    assert look(no_case, lambda session: folded_duplicates(session, [NAME], [])) == []


@in_every_way
def test_keys_of_several_parts_are_one_only_in_all_of_them(no_case: Target) -> None:
    keys = [(1, "a"), (2, "A"), (1, "b"), (1, "A")]
    found = look(no_case, lambda session: folded_duplicates(session, [ID, NAME], keys))
    assert found == [((1, "a"), (1, "A"))]


def test_where_comparison_is_exact_nothing_is_folded(database_url: str) -> None:
    target = make_table(database_url, "", EXACT[backend(database_url)])

    async def work(session: AsyncSession) -> None:
        assert not await is_insensitive(session, NAME)
        assert not await is_insensitive(session, ID)
        assert await folded_duplicates(session, [NAME], [("a",), ("A",), ("a ",)]) == []
        assert await names_among(session, "alice", "Alice ", "bob") == ["bob"]

    look(target, work)


def test_trailing_spaces_count_as_the_database_counts_them(postgres_url: str) -> None:
    target = make_table(postgres_url, "", "name char(64) NOT NULL UNIQUE")

    async def work(session: AsyncSession) -> None:
        assert await is_insensitive(session, NAME)
        assert await folded_duplicates(session, [NAME], [("a",), ("a ",), ("A",)]) == [(("a",), ("a ",))]
        assert [name.strip() for name in await names_among(session, "bob   ", "nobody")] == ["bob"]

    look(target, work)


def test_mysql_ignores_trailing_spaces_in_its_older_collations(mysql_url: str) -> None:
    target = make_table(mysql_url, "", "name varchar(64) COLLATE utf8mb4_bin NOT NULL UNIQUE")

    async def work(session: AsyncSession) -> None:
        assert await is_insensitive(session, NAME)
        assert await folded_duplicates(session, [NAME], [("a",), ("a ",), ("A",)]) == [(("a",), ("a ",))]

    look(target, work)


def test_a_key_longer_than_its_column_is_not_cut_and_found(database_url: str) -> None:
    target = make_table(database_url, "", EXACT[backend(database_url)])
    assert look(target, lambda session: names_among(session, "bob" + "x" * 70, "y" * 20_000)) == []


def test_the_characters_of_sql_and_json_are_nothing_special_in_a_key(database_url: str) -> None:
    names = ["it's", 'a "b" \\c', "%s %(x)s :y ?", "\\' OR 1=1 -- ", "Zoë 🦊 שרה"]
    project = on(database_url)
    target = make_table(database_url, "", EXACT[backend(database_url)])
    for number, name in enumerate(names):
        project.sql("INSERT INTO people VALUES (:id, :name)", id=10 + number, name=name)
    assert look(target, lambda session: names_among(session, *names)) == names


def test_ten_thousand_keys_are_looked_up_by_the_index(mysql_url: str) -> None:
    target = make_table(mysql_url, "", NO_CASE["mysql"][0][1])
    project = on(mysql_url)
    numbers = "WITH RECURSIVE n AS (SELECT 10 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
    project.sql(f"INSERT INTO people {numbers} SELECT i, 'name ' || i FROM n")
    project.sql("ANALYZE TABLE people")
    keys = [(f"NAME {number}",) for number in range(10_000)]

    async def work(session: AsyncSession) -> tuple[list[Any], int]:
        found = await match(session, KEY, KEY.source, keys)
        query = select(ID).select_from(found.source).where(found.condition)
        connection = await session.connection()
        compiled = query.compile(dialect=connection.dialect)
        explained = await connection.exec_driver_sql(f"EXPLAIN {compiled}", tuple(compiled.params.values()))
        plan = [(row.table, row.type) for row in explained]
        return plan, len((await session.execute(query)).all())

    plan, found = look(target, work)
    assert ("people", "eq_ref") in plan
    assert found == 991


def test_rows_are_deleted_by_their_keys(database_url: str) -> None:
    target = make_table(database_url, "", EXACT[backend(database_url)])

    async def run() -> list[str]:
        with translated():
            async with locked(target, Claim(project="acme", seconds=5)) as session:
                statement = delete_among(
                    TABLE, [ID, NAME], [(0, "Alice"), (1, "Alice"), (2, "Who?")], name_of(session)
                )
                await session.execute(statement.where(ID < 2))
                return list(await session.scalars(select(NAME).order_by(ID)))

    assert asyncio.run(run()) == ["bob", "Who?"]
