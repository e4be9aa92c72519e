"""A project whose kinds are tables that no class describes, in the manner of Django's."""

from __future__ import annotations

from pathlib import Path

from tests.engine.tables import portable
from tests.project import Project

SETTINGS = """\
project = "news"
[kinds.Group]
table = "auth_group"
key = ["name"]
on_remove.default = "delete"
[kinds.User]
table = "auth_user"
key = ["username"]
privileges = ["is_superuser", "is_active"]
on_remove.disable = { is_active = false }
references.groups = { kind = "Group", through = "auth_user_groups" }
references.boss = { kind = "User", column = "boss_id" }
fields.is_active = { default = true }
fields.password = { secret = "django", rounds = 1000 }
fields.last_login = { read_only = true }
fields.score = { column = "score (points)" }
[kinds.Badge]
table = "Badges Given"
key = ["user", "number"]
references.user = { kind = "User", column = "user_id" }
on_remove.default = "delete"
"""
TABLES = """\
CREATE TABLE auth_group (id integer PRIMARY KEY, name varchar(150) NOT NULL UNIQUE);
CREATE TABLE auth_user (
    id integer PRIMARY KEY,
    username varchar(150) NOT NULL UNIQUE,
    password varchar(128) NOT NULL DEFAULT '!',
    bio text,
    is_superuser boolean NOT NULL,
    is_active boolean NOT NULL,
    joined_on date,
    last_login timestamp,
    "score (points)" numeric(8, 2),
    rating real,
    boss_id integer REFERENCES auth_user (id)
);
CREATE TABLE auth_user_groups (
    id integer PRIMARY KEY,
    user_id integer NOT NULL REFERENCES auth_user (id),
    group_id integer NOT NULL REFERENCES auth_group (id),
    UNIQUE (user_id, group_id)
);
CREATE TABLE "Badges Given" (
    id integer PRIMARY KEY,
    user_id integer NOT NULL REFERENCES auth_user (id),
    number integer NOT NULL,
    "what for" text NOT NULL,
    UNIQUE (user_id, number)
)
"""
USER = """\
INSERT INTO auth_user
    (username, bio, is_superuser, is_active, joined_on, last_login, "score (points)", rating, boss_id)
VALUES (:username, :bio, false, true, '2024-02-29', '2026-01-02 03:04:05', 12.50, 0.1, :boss)
"""


def make_reflected(folder: Path, url: str) -> Project:
    """A project without manifests on empty tables."""
    (folder / "manifests").mkdir(parents=True)
    made = Project(folder=folder, url=url)
    (folder / "provision.toml").write_text(SETTINGS, encoding="utf-8")
    for statement in portable(TABLES, url).split(";\n"):
        made.sql(statement)
    return made


def fill(project: Project) -> None:
    """Two groups, three users, a badge."""
    project.sql("INSERT INTO auth_group (name) VALUES ('editors'), ('the no/on group')")
    project.sql(USER, username="alice", bio="two\nlines: and a # sign", boss=None)
    project.sql(USER, username="no", bio=" yes ", boss=1)
    project.sql(USER, username="Ünï cöde", bio="1e3", boss=2)
    project.sql("INSERT INTO auth_user_groups (user_id, group_id) VALUES (1, 2), (1, 1), (3, 2)")
    project.sql('INSERT INTO "Badges Given" (user_id, number, "what for") VALUES (1, 7, \'off\')')
