"""A canary: declared secrets are searched for in all that a run writes."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.bcrypt import BcryptHasher

from tests.canary import dump_database, find_leaks
from tests.project import Project, make_project, user

FROM_ENV, FROM_FILE, KEY = "Canary-env-Zq8vT3pL", "Canary-file-Wm5xR9sK", "acme_Canary0key0Hn4cY7uJ2bD6gF1"
SECRETS = (FROM_ENV, FROM_FILE, KEY)
MANIFESTS = user(
    "alice",
    "email: alice@example.com",
    "password: {from: {env: ALICE}, update: always}",
    "api_keys: [{name: ci, key: {from: {env: KEY}}}]",
) + user("bob", "password: {from: {file: bob.txt}}")


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    made = make_project(tmp_path / "project", database_url)
    made.environ.update(ALICE=FROM_ENV, KEY=KEY)
    made.write(MANIFESTS)
    made.write(FROM_FILE + "\n", "bob.txt")
    return made


def test_no_secret_is_in_any_output_or_table_and_yet_they_are_set(project: Project) -> None:
    texts: dict[str, str] = {}
    runs = [(command, form) for command in ("plan", "apply", "plan") for form in ("text", "json", "markdown", "html")]
    for number, (command, form) in enumerate(runs):
        done = project.run("--log-level", "debug", command, "--format", form)
        assert done.code == 0, done.stderr
        texts[f"{number} {command} {form}"] = done.stdout + done.stderr
    texts["tables"] = asyncio.run(dump_database(project.url))
    stored = dict(project.sql("SELECT username, password FROM sys_user"))
    assert find_leaks(SECRETS, texts) == []
    outputs = {name: text for name, text in texts.items() if name != "tables"}
    assert find_leaks([str(value) for value in stored.values()], outputs) == []
    verifier = PasswordHash((BcryptHasher(),))
    assert verifier.verify(FROM_ENV, stored["alice"])
    assert verifier.verify(FROM_FILE, stored["bob"])
    assert project.sql("SELECT key_hash FROM sys_api_key") == [(sha256(KEY.encode()).hexdigest(),)]


def test_no_secret_is_in_the_message_of_a_refused_statement(project: Project) -> None:
    assert project.run("apply", "--target", "User/alice").code == 0
    project.sql("UPDATE sys_user SET username = 'someone else'")
    done = project.run("--log-level", "debug", "apply")
    assert done.code == 1
    assert "Traceback" not in done.stderr
    assert find_leaks(SECRETS, {"output": done.stdout + done.stderr}) == []
