"""Generated passwords, and generated keys of a kind that nobody wrote a class for."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from provision.core.address import Address
from provision.core.rotation import Forced
from provision.core.secret import Secret
from provision.errors import RefusedError
from provision.reconcile.finish import NotDeliveredError
from provision.secrets.verifier import verify
from tests.engine.runs import actions, apply, content, fields, on_sqlite, plan, shown
from tests.engine.tables import manifest, table_project
from tests.project import Project, user

DAY = 86_400.0
PASSWORD = "password: {generate: {length: 32}, deliver_to: [{file: {path: ../out/bot.password}}]%s}"


def delivered(project: Project, name: str = "bot.password") -> str:
    return (project.folder / "out" / name).read_text()


def stored(project: Project) -> str:
    [(found,)] = project.sql("SELECT password FROM sys_user WHERE username = 'bot'")
    return str(found)


def test_a_password_is_generated_once_and_delivered(project: Project) -> None:
    project.write(user("bot", PASSWORD % ""))
    apply(project)
    password = delivered(project)
    assert len(password) == 32
    assert verify(Secret(password), stored(project)) is True
    before = content(project)
    assert apply(project).plan.is_empty
    assert content(project) == before
    assert password not in str(before)


def test_another_version_makes_another_password(project: Project) -> None:
    project.write(user("bot", PASSWORD % ", version: '1'"))
    apply(project)
    first, hash_ = delivered(project), stored(project)
    project.write(user("bot", PASSWORD % ", version: '2'"))
    text = shown(apply(project))
    assert "password = (sensitive)   # its version was raised" in text
    assert "delivered to file ../out/bot.password" in text
    assert delivered(project) != first
    assert stored(project) != hash_
    assert verify(Secret(delivered(project)), stored(project)) is True
    assert apply(project).plan.is_empty


@on_sqlite
def test_a_password_of_a_user_that_was_there_before_is_left_alone(project: Project) -> None:
    project.write(user("bot", "password: {from: {env: PASSWORD}}"))
    apply(project, environ={"PASSWORD": "known to somebody"})
    project.sql("DELETE FROM provision_resource")
    project.write(user("bot", PASSWORD % ""))
    hash_ = stored(project)
    assert actions(apply(project)) == ["adopt User/bot"]
    assert stored(project) == hash_
    assert not (project.folder / "out").exists()


@on_sqlite
def test_a_password_with_nowhere_to_go_is_refused(project: Project) -> None:
    project.write(user("bot", "password: {generate: {}}"))
    with pytest.raises(RefusedError):
        apply(project)
    assert "the password of User/bot would be generated, and has nowhere to go" in shown(plan(project))


TABLES = """
CREATE TABLE token (
    id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, version INTEGER NOT NULL, digest VARCHAR(64) NOT NULL UNIQUE,
    note VARCHAR(40), ends TIMESTAMP NULL, disabled_at TIMESTAMP NULL, UNIQUE (name, version));
"""
KINDS = """
[kinds.Token]
table = "token"
key = ["name"]
generation = "version"
expires = "ends"
on_remove.disable = { disabled_at = "now" }
fields.version = { hidden = true, default = 1 }
fields.secret = { secret = "sha256", column = "digest" }
"""
TERMS = (
    "{note: ours, secret: {generate: {prefix: acme_live}, rotate: {every: 30d, overlap: 1d}, expires_in: 31d, "
    "deliver_to: [{file: {path: ../out/token}}]}}"
)


@pytest.fixture
def tokens(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = table_project(tmp_path / "project", database_url, TABLES, KINDS)
    monkeypatch.chdir(project.folder)
    return project


def test_keys_of_a_reflected_table_are_made_rotated_and_revoked(tokens: Project) -> None:
    tokens.write(manifest("Token", "ci", TERMS))
    assert actions(apply(tokens)) == ["create Token/ci"]
    first = delivered(tokens, "token")
    assert first.startswith("acme_live_")
    assert tokens.sql("SELECT version, digest FROM token") == [(1, sha256(first.encode()).hexdigest())]
    assert apply(tokens).plan.is_empty

    assert actions(apply(tokens, as_of=30 * DAY + 60)) == ["rotate Token/ci"]
    second = delivered(tokens, "token")
    found = tokens.sql("SELECT version, digest, note, disabled_at IS NULL FROM token ORDER BY version")
    assert [(row[0], row[1], row[2], bool(row[3])) for row in found] == [
        (1, sha256(first.encode()).hexdigest(), "ours", True),
        (2, sha256(second.encode()).hexdigest(), "ours", True),
    ]
    assert actions(apply(tokens, as_of=31 * DAY + 120)) == ["retire Token/ci"]
    assert tokens.sql("SELECT version FROM token WHERE disabled_at IS NULL") == [(2,)]
    assert plan(tokens, as_of=31 * DAY + 120).plan.is_empty


def test_a_key_whose_delivery_is_lost_is_made_anew_and_revoked_at_once(
    tokens: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.write(manifest("Token", "ci", TERMS))
    apply(tokens)
    first = delivered(tokens, "token")

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("provision.secrets.delivery.reveal", die)
        with pytest.raises(NotDeliveredError):
            apply(tokens, rotate={Address("Token", ("ci",)): Forced()})
    # What was staged is lost, as with a machine that is gone; what was delivered before is elsewhere.
    shutil.rmtree(tokens.folder / "out")

    text = shown(plan(tokens))
    assert "secret = (sensitive)   # nobody ever received it" in text
    assert "generation 2 will be revoked   # nobody ever received it" in text
    view = apply(tokens)
    assert actions(view) == ["rotate Token/ci"]
    assert set(fields(view, "Token/ci")) >= {"secret"}
    found = tokens.sql("SELECT version, digest, disabled_at IS NULL FROM token ORDER BY version")
    assert [(row[0], bool(row[2])) for row in found] == [(1, True), (2, False), (3, True)]
    assert found[0][1] == sha256(first.encode()).hexdigest()
    assert found[2][1] == sha256(delivered(tokens, "token").encode()).hexdigest()
    assert apply(tokens).plan.is_empty


def test_a_delivery_that_was_interrupted_is_finished_by_the_next_run(
    tokens: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.write(manifest("Token", "ci", TERMS))

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("provision.secrets.delivery.reveal", die)
        with pytest.raises(NotDeliveredError):
            apply(tokens)
    assert not (tokens.folder / "out" / "token").exists()
    view = plan(tokens)
    assert view.plan.is_empty
    assert "Warning: the secret of Token/ci waits for its delivery, with which apply begins" in shown(view)
    view = apply(tokens)
    assert (view.plan.is_empty, view.warnings) == (True, ())
    digest = sha256(delivered(tokens, "token").encode()).hexdigest()
    assert tokens.sql("SELECT version, digest FROM token") == [(1, digest)]
    assert [path.name for path in (tokens.folder / "out").iterdir()] == ["token"]
