"""What only PostgreSQL has, bound by reflection alone."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgres import Server
    from tests_backends.example import CopyExample, Example

ACCOUNT = """\
SELECT slug::text, title_folded, tier::text, tags, settings, credit_limit, customer_since, renewed_at
FROM crm.account WHERE slug = 'acme'
"""
LINE = 'SELECT name, "per cent %", "select", "price:net" FROM "Order Lines"'
BY_HAND = {
    "tier": "'free'",
    "tags": "'{anvils}'",
    "settings": 'settings || \'{"locale": "de"}\'',
    "credit_limit": "12500.51",
    "customer_since": "'2020-03-01'",
    "renewed_at": "'2027-01-01T00:00:00Z'",
}
VIEW_BINDING = """
[kinds.LiveAccount]
table = "crm.live_account"
key = ["slug"]
assume_unique = true
on_remove.default = "abandon"
"""


@pytest.fixture
def example(example_of: CopyExample, url_with_citext: str) -> Example:
    """The example on a database with the tables of its own schema.sql, and no rows."""
    made = example_of("postgresql", url_with_citext)
    done = made.shell('psql --quiet --set ON_ERROR_STOP=1 --file schema.sql "$DATABASE_URL"')
    assert done.returncode == 0, done.stderr
    return made


def test_the_schema_is_there_and_its_tables_are_empty(example: Example) -> None:
    assert example.sql("SELECT count(*) FROM crm.account") == [(0,)]
    assert example.sql(LINE) == []


def test_values_of_every_type_arrive_as_declared(example: Example) -> None:
    assert "4 added" in example.apply()
    [row] = example.sql(ACCOUNT)
    assert row[:4] == ("Acme", "acme corporation", "enterprise", ["anvils", "rockets, large", "50 % off"])
    settings = json.loads(row[4]) if isinstance(row[4], str) else row[4]
    assert settings == {"locale": "en_GB", "limits": {"seats": 25, "trial": False, "ratio": 0.5}, "notes": None}
    assert row[5:] == (Decimal("12500.50"), date(2020, 2, 29), datetime(2026, 12, 31, 23, tzinfo=UTC))


def test_what_the_server_makes_is_there(example: Example) -> None:
    example.apply()
    rows = example.sql("SELECT id, number FROM crm.account ORDER BY number")
    assert [number for _, number in rows] == [1, 2]
    assert all(isinstance(made, uuid.UUID) for made, _ in rows)
    query = "SELECT tier::text, tags FROM crm.account WHERE slug = 'acme-before-the-merger'"
    assert example.sql(query) == [("free", [])]


def test_a_key_in_another_case_is_the_same_account(example: Example) -> None:
    example.sql("INSERT INTO crm.account (slug, title) VALUES ('ACME', 'by hand')")
    assert "3 added, 1 changed, 0 removed" in example.apply()
    assert example.sql("SELECT title FROM crm.account WHERE slug = 'acme'") == [("ACME Corporation",)]
    assert example.sql("SELECT count(*) FROM crm.account") == [(2,)]


def test_changes_by_hand_are_shown_and_put_right(example: Example) -> None:
    example.apply()
    before = example.sql(ACCOUNT)
    for column, changed in BY_HAND.items():
        example.sql(f"UPDATE crm.account SET {column} = {changed} WHERE slug = 'acme'")
    plan = example.run("plan", "--detailed-exitcode")
    assert plan.code == 2, plan.stdout + plan.stderr
    assert [column for column in BY_HAND if f"{column} " not in plan.stdout] == []
    assert "0 added, 1 changed, 0 removed" in example.apply()
    assert example.sql(ACCOUNT) == before


def test_a_change_touches_the_moment_of_the_row_and_of_no_other(example: Example) -> None:
    example.apply()
    query = "SELECT updated_at FROM crm.account ORDER BY number"
    before = example.sql(query)
    example.edit("accounts.yaml", "tier: enterprise", "tier: pro")
    example.apply()
    changed = [one != other for one, other in zip(before, example.sql(query), strict=True)]
    assert sorted(changed) == [False, True]


def test_what_the_enum_does_not_have_is_refused_before_a_write(example: Example) -> None:
    example.edit("accounts.yaml", "tier: enterprise", "tier: platinum")
    done = example.run("apply")
    assert done.code == 1, done.stdout + done.stderr
    assert "tier" in done.stderr
    assert "enterprise" in done.stderr
    assert example.sql("SELECT count(*) FROM crm.account") == [(0,)]


def test_what_the_server_makes_cannot_be_declared(example: Example) -> None:
    made = {"number": "7", "title_folded": "acme", "id": "00000000-0000-0000-0000-000000000001"}
    lines = "".join(f"  {name}: {value}\n" for name, value in made.items())
    example.edit("accounts.yaml", "  tier: enterprise\n", lines)
    done = example.run("plan")
    assert done.code == 1, done.stdout + done.stderr
    assert [name for name in made if f"spec.{name}: " not in done.stderr] == []


def test_names_that_need_quotes_are_quoted(example: Example) -> None:
    example.apply()
    assert example.sql(LINE) == [("early bird", Decimal("7.50"), True, "12:30")]
    example.edit("order-lines.yaml", '"7.50"', '"8.25"')
    assert "0 added, 1 changed, 0 removed" in example.apply()
    assert example.sql(LINE) == [("early bird", Decimal("8.25"), True, "12:30")]
    example.edit("order-lines.yaml", "  name: early bird", "  name: early bird\n  lifecycle: {state: absent}")
    example.apply()
    assert example.sql(LINE) == []


def test_a_domain_may_be_taken_while_the_account_that_had_it_is_archived(example: Example) -> None:
    example.apply()
    assert example.sql("SELECT count(*) FROM crm.account WHERE domain = 'acme.example'") == [(2,)]


def test_two_live_accounts_with_one_domain_are_refused(example: Example) -> None:
    example.edit("accounts.yaml", "  archived_at: 2021-06-30T12:00:00Z", "  archived_at: null")
    done = example.run("apply")
    assert done.code == 1, done.stdout + done.stderr
    assert "domain" in done.stderr
    assert example.sql("SELECT count(*) FROM crm.account") == [(0,)]


def test_a_view_is_refused(example: Example) -> None:
    file = example.folder / "provision.toml"
    file.write_text(file.read_text(encoding="utf-8") + VIEW_BINDING, encoding="utf-8")
    done = example.run("plan")
    assert done.code == 1, done.stdout + done.stderr
    assert "provision.toml" in done.stderr
    assert "crm.live_account" in done.stderr
    assert "view" in done.stderr


def test_a_login_that_may_only_read_is_enough_for_a_plan(
    example: Example, postgres_server: Server, postgres_database: str
) -> None:
    example.apply()
    reader = postgres_server.create_role("reader", password="reads and no more")
    example.sql(f"GRANT USAGE ON SCHEMA crm TO {reader}")
    for schema in ("crm", "public"):
        example.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}")
    url = postgres_server.url(postgres_database, user=reader, password="reads and no more")
    done = example.run("plan", "--detailed-exitcode", environ={"DATABASE_URL": url})
    assert done.code == 0, done.stdout + done.stderr
