"""Each command does what its help says, and needs no more than that."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pwdlib.hashers.bcrypt import BcryptHasher

from provision import __version__
from provision.cli.group import COMMANDS
from provision.core.secret import Secret
from provision.kinds.secret_rules import ROUNDS
from provision.kinds.secret_spec import SECRET_SPECS
from provision.secrets.codecs import CODECS
from tests.cli.conftest import Run
from tests.project import REPOSITORY, Project, settings_text, user


@pytest.mark.parametrize("command", [*COMMANDS, "diff"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_its_help(provision: Run, command: str, option: str) -> None:
    outcome = provision(command, option)
    assert (outcome.code, outcome.stderr) == (0, "")
    # `diff` is `plan` under another name.
    assert outcome.stdout.startswith("Usage: provision ")
    if command != "version":
        assert "Options:" in outcome.stdout


def test_the_help_lists_every_command_with_a_sentence(provision: Run) -> None:
    shown = provision("--help").stdout
    for name, (_, sentence) in COMMANDS.items():
        assert f"  {name}" in shown
        assert sentence in shown
    assert "Exit codes: 0 done" in shown


def test_the_help_of_all_imports_nothing_heavy(project: Project) -> None:
    heavy = "sqlalchemy", "pydantic", "asyncpg", "alembic", "yaml", "asyncio"
    script = (
        "import sys; from provision.cli.entry import run; run(['--help']);"
        f" sys.exit(' '.join(name for name in {heavy!r} if name in sys.modules) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=project.environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_version_is_the_packages(provision: Run) -> None:
    assert provision("version").stdout == f"provision {__version__}\n"
    assert provision("--version").stdout == f"provision {__version__}\n"


def test_validate_needs_neither_backend_nor_database_nor_secrets(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_text().replace(REPOSITORY.as_posix(), "/nowhere").replace('"backend:load', '"nobackend:load')
    (project.folder / "provision.toml").write_text(settings)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@no-such-host.invalid/x")
    project.write(user("alice", "password: {from: {env: NOT_SET}}") + user("bob"))
    outcome = provision("validate")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "Valid: 2 resources declared.\n", "")
    project.write(user("alice"))
    assert provision("validate").stdout == "Valid: 1 resource declared.\n"


def test_paths_are_relative_to_the_current_folder(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(user("alice"))
    elsewhere = project.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "more.yaml").write_text(user("bob") + user("carol"))
    assert provision("validate", "elsewhere/more.yaml").stdout == "Valid: 2 resources declared.\n"
    monkeypatch.chdir(elsewhere)
    assert "User/bob  (more.yaml:2)" in provision("plan", "more.yaml").stdout
    assert provision("validate", ".").stdout == "Valid: 2 resources declared.\n"
    assert provision("validate", "more.yaml", "../manifests").stdout == "Valid: 3 resources declared.\n"
    # Without a path it is the project's folders, wherever one stands.
    assert provision("validate").stdout == "Valid: 1 resource declared.\n"
    outcome = provision("validate", "no-such.yaml")
    assert outcome.code == 1
    assert outcome.stderr.startswith("no-such.yaml: no such file or folder. Hint: ")


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_hash_password_reads_one_from_stdin(provision: Run, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"öpen sesame{ending}".encode())))
    outcome = provision("hash-password", "--rounds", "4")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith("$2b$04$")
    assert BcryptHasher().verify("öpen sesame", outcome.stdout.removesuffix("\n"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "the password is empty. Hint: "),
        (b"\n", "the password is empty. Hint: "),
        (b"x" * 73, "the password has 73 bytes, and bcrypt takes 72. Hint: choose a shorter one"),
        (b"a\0b", "the password holds a NUL byte. Hint: "),
        (b"\xff\xfe", "the password is not valid UTF-8. Hint: "),
    ],
)
def test_hash_password_refuses_what_bcrypt_cannot_take(
    provision: Run, monkeypatch: pytest.MonkeyPatch, given: bytes, message: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    outcome = provision("hash-password", "--rounds", "4")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith(message)


def test_a_hash_from_hash_password_is_one_that_manifests_take(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"opensesame")))
    hash_ = provision("hash-password", "--rounds", "4").stdout.strip()
    project.write(user("alice", f"password: {{hash: '{hash_}'}}"))
    assert provision("apply").code == 0
    assert project.sql("SELECT password FROM sys_user") == [(hash_,)]


@pytest.mark.parametrize("codec", ROUNDS)
def test_hash_password_writes_the_form_of_any_codec(
    provision: Run, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"open sesame\n")))
    outcome = provision("hash-password", "--codec", codec, "--rounds", str(ROUNDS[codec].least))
    assert (outcome.code, outcome.stderr) == (0, "")
    hash_ = outcome.stdout.removesuffix("\n")
    assert SECRET_SPECS[codec].model_validate({"hash": hash_}).given() is not None
    assert CODECS[codec].matches(Secret("open sesame"), hash_) is True
    assert CODECS[codec].matches(Secret("open sesame\n"), hash_) is False


def test_hash_password_with_argon2_says_what_to_install(provision: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provision.secrets.codecs.password.argon2_hasher", lambda: None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"open sesame")))
    outcome = provision("hash-password", "--codec", "argon2")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith('argon2 needs argon2-cffi. Hint: install it: pip install "provision-db[argon2]"')


def test_schema_writes_checks_and_prints(project: Project, provision: Run) -> None:
    folder = project.folder / "schemas"
    assert provision("schema", "--output", "schemas").code == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        path.name for path in (REPOSITORY / "schemas").iterdir()
    )
    assert provision("schema", "--check", "schemas").code == 0
    assert provision("schema").stdout == (folder / "manifest.schema.json").read_text()
    (folder / "manifest.schema.json").write_text("{}")
    outcome = provision("schema", "--check", "schemas")
    assert outcome.code == 1
    assert outcome.stderr == ("schemas/manifest.schema.json is stale. Hint: provision schema --output schemas\n")
    assert provision("schema", "--check", "nowhere").code == 1


def test_migrate_makes_the_ledger_once(project: Project, provision: Run) -> None:
    assert provision("migrate").stdout == "The ledger's tables were created or upgraded.\n"
    assert provision("migrate").stdout == "The ledger's tables are up to date.\n"
    assert project.sql("SELECT count(*) FROM provision_resource") == [(0,)]
    project.write(user("alice"))
    assert provision("apply").code == 0


def test_a_ledger_of_a_newer_program_is_not_touched(project: Project, provision: Run) -> None:
    provision("migrate")
    project.sql("UPDATE provision_version SET version_num = '9999'")
    project.write(user("alice"))
    for command in ("plan", "apply", "migrate"):
        outcome = provision(command)
        assert outcome.code == 1
        assert outcome.stderr == (
            "Error: the ledger has version 9999, this program knows up to 0003. Hint: upgrade provision\n"
        )


def test_a_manifest_folder_without_read_permission_is_an_error(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    provision("apply")
    folder = project.folder / "manifests"
    folder.chmod(0)
    try:
        if readable(folder):
            pytest.skip("this user may read everything")
        outcome = provision("apply", "--prune")
    finally:
        folder.chmod(0o755)
    assert outcome.code == 1
    assert outcome.stderr.startswith("manifests: permission denied. Hint: give the user")


def readable(folder: Path) -> bool:
    try:
        list(folder.iterdir())
    except PermissionError:
        return False
    return True


def test_apply_asks_on_a_terminal_and_yes_answers(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provision.cli import apply

    class Terminal(io.StringIO):
        """Something that a person types into."""

        def isatty(self) -> bool:
            return True

    project.write(user("alice"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    refused = provision("apply", "--no-color")
    assert "Apply this plan? [y/N]" in refused.stdout
    assert refused.code == 130
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert provision("apply", "--no-color").code == 0
    assert project.sql("SELECT count(*) FROM sys_user") == [(1,)]
    project.write(user("alice") + user("bob"))
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    asked = provision("apply", "--yes", "--no-color")
    assert (asked.code, "Apply this plan?" in asked.stdout) == (0, False)
    assert apply.command.name == "apply"


def test_the_examples_of_the_repository_are_valid(provision: Run) -> None:
    copy = Path("copy")
    shutil.copytree(REPOSITORY / "manifests", copy)
    assert provision("validate", "copy").code == 0
