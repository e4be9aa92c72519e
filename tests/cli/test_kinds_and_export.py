"""`kinds`, `validate --online` and `export` as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.engine.reflected import fill, make_reflected
from tests.project import Project, settings_text, user


@pytest.fixture
def reflected(
    tmp_path: Path, sqlite_url: str, provision: Run, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Project:
    """Another project, of tables that no class describes, in whose folder the commands run."""
    del provision, request
    made = make_reflected(tmp_path / "reflected", sqlite_url)
    fill(made)
    monkeypatch.chdir(made.folder)
    return made


def test_kinds_lists_what_manifests_may_say(reflected: Project, provision: Run) -> None:
    del reflected
    outcome = provision("kinds")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout == (
        "Badge  Badges Given\n"
        "  key         user, number\n"
        "  references  user* -> User\n"
        "  fields      what_for*\n"
        "  on_remove   delete\n"
        "\n"
        "Group  auth_group\n"
        "  key         name\n"
        "  on_remove   delete\n"
        "\n"
        "User  auth_user\n"
        "  key         username\n"
        "  references  boss -> User, groups -> Group[]\n"
        "  fields      bio, is_active, is_superuser, joined_on, rating, score\n"
        "  secrets     password (django)\n"
        "  on_remove   disable (is_active = false)\n"
        "\n"
        "* has to be there when a row is made    [] a list of names\n"
    )


def test_kinds_as_json_says_the_same(reflected: Project, provision: Run) -> None:
    del reflected
    found = json.loads(provision("kinds", "--format", "json").stdout)["kinds"]
    assert [kind["kind"] for kind in found] == ["Badge", "Group", "User"]
    assert found[2]["references"][1] == {"field": "groups", "kind": "Group", "is_list": True, "required": False}
    assert found[2]["secrets"] == [{"field": "password", "codec": "django", "required": False}]


def test_kinds_of_classes_need_no_database(project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_text().replace('references.roles = { kind = "Role", through = "sys_user_role" }\n', "")
    (project.folder / "provision.toml").write_text(settings)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@no-such-host.invalid/x")
    outcome = provision("kinds")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "User  backend.app.admin.model.user:User\n" in outcome.stdout
    assert "  fields      avatar, email, is_multi_login, is_staff, is_superuser, nickname*, phone, status\n" in (
        outcome.stdout
    )


def test_nothing_that_steers_a_terminal_comes_out_of_kinds(project: Project, provision: Run, sqlite_url: str) -> None:
    name = "bell\u202ename"
    project.sql(f'CREATE TABLE odd (id integer PRIMARY KEY, name text UNIQUE, "{name}" text)')
    (project.folder / "provision.toml").write_text(
        'project = "p"\n[kinds.Odd]\ntable = "odd"\nkey = ["name"]\non_remove.default = "delete"\n'
        f'on_remove.disable = {{ "{name}" = "\u202e::error" }}\n'
    )
    for format_ in ("text", "json"):
        outcome = provision("kinds", "--format", format_)
        assert (outcome.code, outcome.stderr) == (0, "")
        assert "\u202e" not in outcome.stdout
        assert "\\u202e" in outcome.stdout


def test_a_mistake_is_reported_in_the_format_that_was_asked_for(project: Project, provision: Run) -> None:
    (project.folder / "provision.toml").write_text('project = "p"\n[kinds.Odd]\ntable = "sys_user"\nkey = ["name"]\n')
    outcome = provision("kinds", "--format", "json")
    assert outcome.code == 1
    assert "does not say what becomes of a row" in json.loads(outcome.stdout)["problems"][0]["message"]


def test_validate_says_what_it_could_not_check_and_online_checks_it(reflected: Project, provision: Run) -> None:
    reflected.write(
        """\
        apiVersion: provision/v1
        kind: Group
        metadata: {name: editors}
        ---
        apiVersion: provision/v1
        kind: User
        metadata: {name: alice}
        spec: {boi: Mathematician}
        """
    )
    outcome = provision("validate")
    assert (outcome.code, outcome.stdout) == (
        0,
        (
            "Valid: 2 resources declared. "
            "The fields of Group and User are known to the database alone: --online checks them.\n"
        ),
    )
    outcome = provision("validate", "--online")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith("manifests/all.yaml:8:8: spec.boi: unknown key. Hint: did you mean bio?\n")
    reflected.write(reflected.folder.joinpath("manifests/all.yaml").read_text().replace("boi", "bio"))
    outcome = provision("validate", "--online")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "Valid: 2 resources declared.\n", "")


def test_validate_online_finds_what_does_not_fit_the_tables(reflected: Project, provision: Run) -> None:
    settings = reflected.folder / "provision.toml"
    settings.write_text(settings.read_text().replace('"is_active"]', '"is_actiev"]').replace("auth_group", "groups"))
    reflected.write(user("alice"))
    outcome = provision("validate", "--online")
    assert outcome.code == 1
    assert "there is no table groups in " in outcome.stderr


def test_validate_online_finds_a_class_whose_table_is_not_migrated(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    assert provision("validate", "--online").code == 0
    project.sql("ALTER TABLE sys_user DROP COLUMN avatar")
    project.sql("DROP TABLE sys_api_key")
    outcome = provision("validate", "--online")
    assert outcome.code == 1
    assert outcome.stderr.splitlines()[:2] == [
        (
            "provision.toml:6:1: kinds.User.model: sys_user has no column avatar in the database. "
            "Hint: migrate the application's database, or correct its URL"
        ),
        (
            "provision.toml:17:1: kinds.ApiKey.model: there is no table sys_api_key in the database. "
            "Hint: migrate the application's database, or correct its URL"
        ),
    ]


def test_validate_online_reads_no_secret_and_needs_a_database(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(user("alice", "password: {from: {env: NOT_SET}}"))
    assert provision("validate", "--online").code == 0
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all.db")
    assert provision("validate").code == 0
    assert provision("validate", "--online").code == 3


def test_export_prints_a_stream_that_validates(reflected: Project, provision: Run) -> None:
    outcome = provision("export")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.count("\n---\n") == 5
    reflected.write(outcome.stdout)
    assert provision("validate", "--online").stdout == "Valid: 6 resources declared.\n"
    assert "Plan: 0 to add, 6 to change, 0 to remove." in provision("plan").stdout


def test_export_overwrites_no_file_unasked(reflected: Project, provision: Run) -> None:
    assert provision("export", "--output", "out").stdout.splitlines() == [
        "out/Group.yaml",
        "out/User.yaml",
        "out/Badge.yaml",
    ]
    (reflected.folder / "out" / "User.yaml").write_text("mine")
    (reflected.folder / "out" / "Group.yaml").unlink()
    outcome = provision("export", "--output", "out")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert "out/User.yaml is there already. Hint: " in outcome.stderr
    assert (reflected.folder / "out" / "User.yaml").read_text() == "mine"
    assert not (reflected.folder / "out" / "Group.yaml").exists()
    assert provision("export", "--output", "out", "--force").code == 0
    assert "name: alice" in (reflected.folder / "out" / "User.yaml").read_text()


def test_export_ends_with_1_when_something_is_left_out(reflected: Project, provision: Run) -> None:
    reflected.sql("UPDATE auth_user SET bio = :evil WHERE username = 'alice'", evil="\x1b[2J")
    outcome = provision("export", "User/alice")
    assert outcome.code == 1
    assert outcome.stderr == "Warning: User/alice: bio holds the character U+001B; the field is left out\n"
    assert "name: alice" in outcome.stdout
    assert "\x1b" not in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["User/nobody"], 1, "no row matches User/nobody. Hint: an address looks like User/alice"),
        (["--kind", "Usr"], 1, "there is no kind Usr. Hint: the kinds are: Badge, Group, User"),
        (["--force"], 64, "--force overwrites files: name their folder with --output"),
        (["--output", "provision.toml/x"], 1, "provision.toml/x cannot be written to: "),
    ],
)
def test_what_export_cannot_do_is_said(
    reflected: Project, provision: Run, arguments: list[str], code: int, message: str
) -> None:
    del reflected
    outcome = provision("export", *arguments)
    assert (outcome.code, outcome.stdout) == (code, "")
    assert message in outcome.stderr


def test_scaffold_outside_a_project_prints_a_whole_file_for_the_database_that_is_named(
    reflected: Project, provision: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.delenv("DATABASE_URL")
    outcome = provision("kinds", "scaffold", "auth_group")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith("no database is named, and there is no provision.toml. Hint: set DATABASE_URL")
    outcome = provision("kinds", "scaffold", "auth_group", "--database-url", reflected.url)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert 'project = "my-project"\n' in outcome.stdout
    assert '[kinds.Group]\ntable = "auth_group"\nkey = ["name"]\n' in outcome.stdout
    monkeypatch.chdir(reflected.folder)
    assert "project" not in provision("kinds", "scaffold", "auth_group", "--database-url", reflected.url).stdout


def test_scaffold_ends_with_the_codes_of_the_table(reflected: Project, provision: Run) -> None:
    del reflected
    assert provision("kinds", "scaffold").code == 64
    assert provision("kinds", "scafold", "auth_user").code == 64
    assert provision("kinds", "scaffold", "no_such_table").code == 1
    assert provision("kinds", "scaffold", "t", "--database-url", "postgresql://x@no-such-host.invalid/x").code == 3
    assert provision("kinds", "scaffold", "t", "--database-url", "nonsense").code == 1
