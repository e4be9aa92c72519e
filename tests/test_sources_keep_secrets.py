"""A canary in every source: what was read is searched for in all that runs write, also when a source fails."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pyrage
import pytest

from tests.canary import dump_database, find_leaks
from tests.project import Project, make_project, user

SECRETS = {name: f"Canary-{name}-Zq8vT3pL" for name in ("env", "file", "age", "text", "command")}
IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENTS = [IDENTITY.to_public()]
CLOSED = {"PROVISION_AGE_IDENTITY": str(IDENTITY)}


def manifests(command: str = "open") -> str:
    armored = pyrage.encrypt(SECRETS["text"].encode(), RECIPIENTS, armored=True).decode()
    quoted = armored.replace("\n", "\\n")
    sources = {
        "env": "{env: CANARY}",
        "file": "{file: secret.txt}",
        "age": "{age: {file: secret.age}}",
        "text": f'{{age: {{text: "{quoted}"}}}}',
        "command": f"{{command: [vault, {command}]}}",
    }
    return "".join(user(name, f"password: {{from: {source}, update: always}}") for name, source in sources.items())


@pytest.fixture
def project(tmp_path: Path, sqlite_url: str) -> Project:
    made = make_project(tmp_path / "project", sqlite_url)
    settings = made.folder / "provision.toml"
    settings.write_text(f'{settings.read_text()}\n[secrets]\ncommands = ["vault"]\n')
    vault = made.folder / "vault"
    vault.write_text(
        "#!/bin/sh\n"
        'case "$1" in\n'
        f"open) echo {SECRETS['command']};;\n"
        f"sealed) echo {SECRETS['command']}; echo for {SECRETS['command']} >&2; exit 3;;\n"
        'telling) (env; echo "$CANARY" | rev; cat manifests/secret.txt; echo; echo sealed) >&2; exit 3;;\n'
        "esac\n"
    )
    vault.chmod(0o755)
    made.environ.update(CLOSED, CANARY=SECRETS["env"], PATH=f"{made.folder}:{os.environ['PATH']}")
    made.write(manifests())
    made.write(SECRETS["file"], "secret.txt")
    (made.folder / "manifests" / "secret.age").write_bytes(pyrage.encrypt(SECRETS["age"].encode(), RECIPIENTS))
    return made


def leaks(texts: dict[str, str]) -> list[str]:
    return find_leaks([*SECRETS.values(), str(IDENTITY)], texts)


def test_no_secret_of_any_source_is_in_any_output_or_table(project: Project) -> None:
    texts = {}
    for form in ("text", "json", "markdown", "html"):
        for command in ("plan", "apply"):
            done = project.run("--log-level", "debug", command, "--format", form)
            assert done.code == 0, done.stderr
            texts[f"{command} {form}"] = done.stdout + done.stderr
    assert project.sql("SELECT count(*) FROM sys_user WHERE password IS NOT NULL") == [(5,)]
    assert leaks(texts | {"tables": asyncio.run(dump_database(project.url))}) == []


@pytest.mark.parametrize(("how", "shown"), [("sealed", "withheld"), ("telling", "sealed")])
@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_a_program_that_fails_gives_away_no_secret(project: Project, how: str, shown: str, form: str) -> None:
    assert project.run("apply").code == 0
    before = project.sql("SELECT username, password FROM sys_user ORDER BY username")
    project.write(manifests(how))
    done = project.run("--log-level", "debug", "apply", "--format", form)
    assert done.code == 1
    assert "ended with exit code 3" in done.stdout + done.stderr
    assert shown in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert leaks({"output": done.stdout + done.stderr}) == []
    assert project.sql("SELECT username, password FROM sys_user ORDER BY username") == before


@pytest.mark.parametrize("gone", ["CANARY", "PROVISION_AGE_IDENTITY", "file", "age", "vault"])
def test_a_source_that_is_gone_changes_nothing(project: Project, gone: str) -> None:
    assert project.run("apply").code == 0
    before = project.sql("SELECT username, password FROM sys_user ORDER BY username")
    project.environ.pop(gone, None)
    for file in (f"manifests/secret.{'txt' if gone == 'file' else gone}", gone):
        (project.folder / file).unlink(missing_ok=True)
    done = project.run("apply")
    assert (done.code, done.stdout) == (1, "")
    assert project.sql("SELECT username, password FROM sys_user ORDER BY username") == before
    assert leaks({"output": done.stderr}) == []
