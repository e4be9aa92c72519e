"""A binding that is scaffolded loads, fits its tables, and makes rows."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest

from provision.errors import InvalidInputError
from provision.reconcile.job import open_site
from provision.reconcile.request import Request
from provision.reconcile.scaffold import scaffold
from tests.engine.odd_tables import NAMES, statements
from tests.engine.runs import apply, on_sqlite, plan
from tests.engine.sent import sent_statements
from tests.engine.tables import database_of
from tests.project import Project, create_backend_tables

BACKEND = ("sys_user", "sys_role", "sys_dept", "sys_api_key")
BCRYPT = "$2b$12$" + "abcdefghijklmnopqrstuv" + "./ABCDEFGHIJKLMNOPQRSTUVWXYZ012"

MEMBER = """\
INSERT INTO app_member (id, email, "passwordHash", "isActive", status, last_seen_at, login_count, created_at)
VALUES ('x', 'a@example.com', :stored, 1, 'active', '2026-01-01', 0, '2026-01-01')
"""


@pytest.fixture
def place(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A folder that holds nothing yet, and a database."""
    made = Project(folder=tmp_path / "place", url=database_url)
    made.folder.mkdir()
    monkeypatch.chdir(made.folder)
    return made


def request(project: Project) -> Request:
    return Request(here=project.folder, environ=project.environment())


def scaffolded(project: Project, *tables: str) -> str:
    return "\n".join(asyncio.run(scaffold(request(project), tables, None))) + "\n"


def bind(project: Project, *tables: str) -> dict[str, Any]:
    """Scaffold into provision.toml, and see that it fits; the kinds."""
    text = scaffolded(project, *tables)
    (project.folder / "provision.toml").write_text(text, encoding="utf-8")
    asyncio.run(open_site(request(project)))
    kinds: dict[str, Any] = tomllib.loads(text)["kinds"]
    return kinds


def make_odd(project: Project) -> None:
    for statement in statements(project.url):
        project.sql(statement)


def is_mariadb(project: Project) -> bool:
    """Whether the server is a MariaDB, under whichever name its URL calls it."""
    return database_of(project.url) == "mysql" and "MariaDB" in project.sql("SELECT version()")[0][0]


def assert_applies(project: Project, manifests: str, count: int) -> None:
    """The manifests make so many rows, and then nothing is left to do."""
    project.write(manifests)
    view = apply(project)
    assert view.plan.summary().add == count
    assert plan(project).plan.is_empty


def test_the_reference_backends_tables(place: Project) -> None:
    asyncio.run(create_backend_tables(place.url))
    kinds = bind(place, *BACKEND)
    assert list(kinds) == ["User", "Role", "Dept", "ApiKey"]
    assert kinds["User"]["key"] == ["username"]
    assert kinds["User"]["privileges"] == ["status", "is_superuser", "is_staff"]
    assert kinds["User"]["references"]["dept"] == {"kind": "Dept", "column": "dept_id"}
    assert kinds["User"]["references"]["roles"]["through"] == "sys_user_role"
    assert kinds["User"]["fields"]["password"] == {
        "secret": "bcrypt",
        "changed_at": "last_password_changed_time",
    }
    assert kinds["ApiKey"]["key"] == ["user", "name"]
    assert kinds["ApiKey"]["generation"] == "generation"
    assert kinds["ApiKey"]["fields"]["key"] == {
        "secret": "sha256",
        "column": "key_hash",
        "prefix": "key_prefix",
        "last_four": "key_last_four",
    }
    assert kinds["ApiKey"]["on_remove"]["disable"] == {"is_active": False, "revoked_at": "now"}
    assert kinds["Dept"]["references"]["parent"] == {"kind": "Dept", "column": "parent_id"}
    place.environ.update(KEY="a_key_of_the_ci_0123456789", PW="open sesame")
    # MariaDB's JSON is a LONGTEXT to whoever reads the table, so that the scaffold takes it for a text.
    scopes = """'["deploy"]'""" if is_mariadb(place) else "[deploy]"
    assert_applies(
        place,
        """\
        {apiVersion: provision/v1, kind: Dept, metadata: {name: company}, spec: {sort: 1}}
        ---
        apiVersion: provision/v1
        kind: Dept
        metadata: {name: office}
        spec: {parent: company, sort: 2, status: disabled}
        ---
        {apiVersion: provision/v1, kind: Role, metadata: {name: editor}}
        ---
        apiVersion: provision/v1
        kind: User
        metadata: {name: alice}
        spec: {nickname: Alice, dept: office, roles: [editor], password: {from: {env: PW}}}
        ---
        apiVersion: provision/v1
        kind: ApiKey
        metadata: {name: ci}
        spec: {user: alice, scopes: [deploy], key: {from: {env: KEY}}}
        """.replace("[deploy]", scopes),
        5,
    )


def test_odd_tables(place: Project) -> None:
    make_odd(place)
    kinds = bind(place, *NAMES)
    assert list(kinds) == ["OrderLine", "Member", "Team", "Profile", "Membership", "Badge", "BadgeKind", "Note"]
    assert {name: kind["key"] for name, kind in kinds.items()} == {
        "OrderLine": ["Item_Name"],
        "Member": ["email"],
        "Team": ["code"],
        "Profile": ["member"],
        "Membership": ["member", "team"],
        "Badge": ["member", "slug"],
        "BadgeKind": ["app", "codename"],
        "Note": ["body"],
    }
    assert kinds["Note"]["assume_unique"] is True
    assert kinds["Member"]["touch"] == {"created": ["created_at"], "updated": ["modified"]}
    assert kinds["Member"]["on_remove"]["disable"] == {"isActive": False, "status": "disabled"}
    assert kinds["Team"]["on_remove"]["disable"] == {"archived_at": "now"}
    assert kinds["Profile"]["on_remove"] == {"default": "delete"}
    assert "Member" not in kinds["Badge"]["references"]
    place.environ.update(KEY="a_token_of_0123456789", PW="open sesame")
    assert_applies(
        place,
        """\
        apiVersion: provision/v1
        kind: OrderLine
        metadata: {name: a hundred nails}
        spec: {per_cent: "7.50", per_cent_2: "1.00", column_2nd_note: odd, say_hi_now: hi}
        ---
        {apiVersion: provision/v1, kind: Team, metadata: {name: root}, spec: {title: Root}}
        ---
        apiVersion: provision/v1
        kind: Team
        metadata: {name: leaf}
        spec: {title: Leaf, parent: root, members: [a@example.com, b@example.com]}
        ---
        apiVersion: provision/v1
        kind: Member
        metadata: {name: a@example.com}
        spec: {password: {from: {env: PW}}}
        ---
        apiVersion: provision/v1
        kind: Member
        metadata: {name: b@example.com}
        spec: {password: {from: {env: PW}}, mentor: a@example.com}
        ---
        {apiVersion: provision/v1, kind: Profile, metadata: {name: a@example.com}, spec: {motto: On}}
        ---
        apiVersion: provision/v1
        kind: Membership
        metadata: {name: leaf}
        spec: {member: a@example.com, role: lead}
        ---
        {apiVersion: provision/v1, kind: BadgeKind, metadata: {name: best}, spec: {app: shop}}
        ---
        apiVersion: provision/v1
        kind: Badge
        metadata: {name: first}
        spec: {member: a@example.com, kind: shop/best, token: {from: {env: KEY}}}
        ---
        {apiVersion: provision/v1, kind: Note, metadata: {name: buy nails}, spec: {owner: a@example.com}}
        """,
        10,
    )


@pytest.mark.parametrize("names", [(name,) for name in NAMES if name not in ("app_profile", "app_membership")])
def test_any_table_by_itself(place: Project, names: tuple[str, ...]) -> None:
    make_odd(place)
    bind(place, *names)


def test_a_reference_to_a_table_that_was_not_named_is_a_hint(place: Project) -> None:
    make_odd(place)
    text = scaffolded(place, "app_note", "app_member")
    assert 'references.owner = { kind = "Member", column = "owner_id" }\n' in text
    text = scaffolded(place, "app_note")
    assert (
        '# references.owner = { kind = "…", column = "owner_id" }  # leads to app_member: name it in the same call\n'
    ) in text
    assert "# app_team_members joins it to app_team: name that in the same call" in scaffolded(place, "app_member")


@pytest.mark.parametrize(
    ("stored", "codec"),
    [
        (BCRYPT, "bcrypt"),
        ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "argon2"),
        ("pbkdf2_sha256$1000$salt$aGFzaA=", "django"),
        ("scrypt:32768:8:1$salt$00ff", "werkzeug"),
        ("$pbkdf2-sha256$29000$salt$hash", "pbkdf2"),
        ("plain text", "bcrypt"),
    ],
)
def test_the_codec_is_that_of_the_stored_passwords_which_are_not_shown(
    place: Project, stored: str, codec: str
) -> None:
    make_odd(place)
    place.sql(MEMBER, stored=stored)
    text = scaffolded(place, "app_member")
    password = tomllib.loads(text)["kinds"]["Member"]["fields"]["password"]
    assert password == {"secret": codec, "column": "passwordHash", "changed_at": "passwordChangedAt"}
    assert ("a guess" in text) is (stored == "plain text")
    assert stored[-8:] not in text


def test_only_the_beginning_of_a_stored_password_leaves_the_database(place: Project) -> None:
    make_odd(place)
    with sent_statements() as sent:
        scaffolded(place, "app_member")
    [query] = [statement for statement in sent if "passwordHash" in statement and "substr" in statement]
    assert query.upper().startswith("SELECT DISTINCT CASE WHEN")
    assert "LIMIT" in query


def test_a_schema_is_written_before_the_table(tmp_path: Path, postgres_url: str) -> None:
    place = Project(folder=tmp_path, url=postgres_url)
    for statement in (
        "CREATE SCHEMA crm",
        'CREATE TABLE crm."Client Account" (id uuid PRIMARY KEY, slug text NOT NULL UNIQUE, point point)',
        (
            "CREATE TABLE crm.contact (id serial PRIMARY KEY, "
            'account_id uuid NOT NULL REFERENCES crm."Client Account",'
            " name text NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY, UNIQUE (account_id, name))"
        ),
        'CREATE TABLE crm."a.b" (id serial PRIMARY KEY, email text NOT NULL)',
        'CREATE UNIQUE INDEX folded ON crm."a.b" (lower(email))',
        'CREATE TABLE crm.tagged (account uuid REFERENCES crm."Client Account", tag integer REFERENCES crm."a.b")',
    ):
        place.sql(statement)
    kinds = bind(place, "crm.Client Account", "crm.contact", 'crm."a.b"')
    assert kinds["ClientAccount"]["table"] == "crm.Client Account"
    assert kinds["ClientAccount"]["fields"]["point"] == {"hidden": True}
    assert kinds["ClientAccount"]["fields"]["id"] == {"generate": "uuid4", "hidden": True}
    assert kinds["Contact"]["key"] == ["account", "name"]
    assert "number" not in kinds["Contact"].get("fields", {})
    assert kinds["AB"]["fields"]["email"] == {"ignore_case": True}
    assert kinds["ClientAccount"]["references"]["abs"]["through"] == "crm.tagged"


@on_sqlite
@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (["nothing"], "there is no table nothing in the database"),
        (["lookup"], "lookup is a view, and rows are written to tables"),
        (["loose"], "loose has no primary key"),
        (["pairs"], "no column of pairs can name its rows"),
    ],
)
def test_what_cannot_be_bound_is_said(place: Project, tables: list[str], message: str) -> None:
    place.sql("CREATE TABLE loose (name text UNIQUE)")
    place.sql("CREATE TABLE pairs (id integer PRIMARY KEY, amount real, given blob)")
    place.sql("CREATE VIEW lookup AS SELECT * FROM loose")
    with pytest.raises(InvalidInputError) as caught:
        scaffolded(place, *tables)
    assert [problem.message for problem in caught.value.problems] == [message]


@on_sqlite
def test_in_a_project_the_kinds_alone_are_printed_and_their_names_are_free(place: Project) -> None:
    make_odd(place)
    whole = scaffolded(place, "app_team")
    (place.folder / "provision.toml").write_text(whole, encoding="utf-8")
    more = scaffolded(place, "app_team", "app_badge_kind")
    assert "project =" not in more
    assert list(tomllib.loads(whole + more)["kinds"]) == ["Team", "AppTeam", "BadgeKind"]


def test_a_file_that_the_shell_has_just_made_is_no_project(place: Project) -> None:
    make_odd(place)
    (place.folder / "provision.toml").write_text("")
    assert scaffolded(place, "app_team").count('project = "my-project"') == 1
