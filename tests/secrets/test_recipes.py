"""The guide's recipes: each is read out of the guide, and runs a program of that name with those arguments."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pyrage
import pytest

from provision.secrets.sources.identity import TEXT_VARIABLE
from tests.project import REPOSITORY, Project, make_project

GUIDE = (REPOSITORY / "docs" / "guides" / "secrets.md").read_text(encoding="utf-8")
SECTION = GUIDE.partition("## Where secrets come from")[2].partition("\n## ")[0]
MANIFESTS = [
    block for block in re.findall(r"^```yaml\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL) if "kind:" in block
]
# What each vendor's own reference says of the command that prints one value.
COMMANDS = {
    "vault": ["kv", "get", "-mount=secret", "-field=password", "people/erin"],
    "sops": ["--decrypt", "--extract", '["frank"]["password"]', "secrets/people.yaml"],
    "op": ["read", "op://Acme/grace/password"],
    "aws": [
        *("secretsmanager", "get-secret-value", "--secret-id=acme/heidi"),
        *("--query=SecretString", "--output=text"),
    ],
    "gcloud": ["secrets", "versions", "access", "latest", "--secret=ivan-password", "--project=acme"],
}


@pytest.fixture
def project(tmp_path: Path, sqlite_url: str) -> Project:
    """A project that allows the programs, which are not installed but for our own ones of their names."""
    made = make_project(tmp_path / "project", sqlite_url)
    (made.folder / "bin").mkdir()
    settings = made.folder / "provision.toml"
    settings.write_text(f"{settings.read_text()}\n[secrets]\ncommands = {[*COMMANDS]}\n")
    made.environ["PATH"] = f"{made.folder / 'bin'}:{os.environ['PATH']}"
    return made


def install(project: Project, name: str, arguments: list[str]) -> None:
    """A program that prints a password when it is called with exactly these arguments, in the project's folder."""
    checks = [f"[ $# = {len(arguments)} ]", f"[ $PWD = {shlex.quote(str(project.folder.resolve()))} ]"]
    checks += [f'[ "${{{number}}}" = {shlex.quote(text)} ]' for number, text in enumerate(arguments, start=1)]
    program = project.folder / "bin" / name
    program.write_text(f"#!/bin/sh\n{' && '.join(checks)} || exit 9\necho password-from-{name}\n")
    program.chmod(0o755)


def recipe(word: str) -> str:
    blocks: list[str] = [block for block in MANIFESTS if re.search(rf"command:(?: \[|\n +- ){word}\b", block)]
    [block] = blocks
    return block


@pytest.mark.parametrize("name", COMMANDS)
def test_a_recipe_runs_the_program_with_the_arguments_that_its_vendor_documents(project: Project, name: str) -> None:
    install(project, name, COMMANDS[name])
    project.write(recipe(name))
    applied = project.run("apply")
    assert applied.code == 0, applied.stderr
    assert project.sql("SELECT count(*) FROM sys_user WHERE password LIKE '$2b$%'") == [(1,)]
    assert f"password-from-{name}" not in applied.stdout + applied.stderr
    assert "No changes." in project.run("plan").stdout


def test_the_guide_has_a_recipe_for_each_and_no_other() -> None:
    found = re.findall(r"command:(?: \[|\n +- )(\w+)", "".join(MANIFESTS))
    assert found == list(COMMANDS)


def test_other_arguments_than_the_recipes_fail_and_nothing_is_written(project: Project) -> None:
    install(project, "vault", ["kv"])
    project.write(recipe("vault"))
    done = project.run("apply")
    assert (done.code, done.stdout) == (1, "")
    assert "spec.password: the command vault ended with exit code 9" in done.stderr
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def test_a_program_that_the_settings_do_not_name_is_refused(project: Project) -> None:
    project.write(recipe("vault").replace("vault", "touch", 1).replace("kv", "bad", 1))
    done = project.run("apply")
    assert "all.yaml:7:5: spec.password: the command touch is not allowed." in done.stderr
    assert not (project.folder / "bad").exists()


@pytest.mark.parametrize("block", MANIFESTS, ids=range(len(MANIFESTS)))
def test_every_manifest_of_the_section_is_valid(project: Project, block: str) -> None:
    project.write(block)
    done = project.run("validate")
    assert done.code == 0, done.stderr


def test_files_and_age_work_as_the_guide_shows_them(project: Project) -> None:
    identity = pyrage.x25519.Identity.generate()
    folder = project.folder / "manifests" / "secrets"
    folder.mkdir(parents=True)
    (folder / "carol.age").write_bytes(pyrage.encrypt(b"password-of-carol\n", [identity.to_public()]))
    (folder / "bob.txt").write_text("password-of-bob\n")
    (folder / "bob.txt").chmod(0o644)
    for name in ("alice", "bob", "carol"):
        project.write(next(block for block in MANIFESTS if f"{{name: {name}}}" in block), f"{name}.yaml")
    environ = {TEXT_VARIABLE: str(identity), "ALICE_PASSWORD": "password-of-alice"}
    planned = project.run("plan", environ=environ)
    assert "Warning: the file manifests/secrets/bob.txt holds a secret, and every user" in planned.stdout
    done = project.run("apply", environ=environ)
    assert done.code == 0, done.stderr
    assert project.sql("SELECT count(*) FROM sys_user WHERE password LIKE '$2b$%'") == [(3,)]
    assert "password-of-" not in planned.stdout + done.stdout + done.stderr


def test_what_the_guide_says_of_the_environment_is_true() -> None:
    from provision.secrets.program import OWN_SECRETS

    passage = SECTION.partition("It gets the environment, without")[2].partition("When it fails")[0]
    assert set(re.findall(r"`(PROVISION_\w+)`", passage)) == OWN_SECRETS
