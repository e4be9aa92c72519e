"""Secrets in the forms of other people's tables: written, recognised, and shown to nobody."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest

from provision.core.secret import Secret
from provision.errors import InvalidInputError
from provision.kinds.secret_rules import ROUNDS
from provision.report.view import REPORTERS, PlanView, reporter
from provision.secrets.codecs import CODECS
from tests.engine.runs import actions, apply, content, on_sqlite, plan, shown
from tests.project import Project, api_key, user
from tests.secrets.vectors import PASSWORD, VECTORS

pytestmark = on_sqlite
KEY = "acme_0123456789abcdefghij"
PEPPER = "a pepper of the application"
ENVIRON = {"PASSWORD": PASSWORD, "KEY": KEY, "PROVISION_KEY_PEPPER": PEPPER}
WARNING = "User.password is stored in plain text (allow_plaintext in provision.toml)"


def rebind(project: Project, before: str, after: str) -> None:
    file = project.folder / "provision.toml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def passwords_as(project: Project, codec: str) -> None:
    rounds = f", rounds = {ROUNDS[codec].least}" if codec in ROUNDS else ", allow_plaintext = true"
    rebind(project, 'secret = "bcrypt", rounds = 4', f'secret = "{codec}"{rounds}')
    project.write(user("alice", "password: {from: {env: PASSWORD}, update: always}"))


def keys_with_pepper(project: Project) -> None:
    rebind(project, 'secret = "sha256"', 'secret = "hmac_sha256"')
    project.write(user("alice") + api_key("alice", "ci", "key: {from: {env: KEY}}"))


def stored(project: Project) -> str:
    [(text,)] = project.sql("SELECT password FROM sys_user")
    return str(text)


def reports(view: PlanView) -> str:
    return "\n".join(line for name in REPORTERS for line in reporter(name).plan(view, colour=False))


@pytest.mark.parametrize("codec", ROUNDS)
def test_a_password_of_any_codec_is_written_once_and_set_again_when_it_differs(project: Project, codec: str) -> None:
    passwords_as(project, codec)
    view = apply(project, environ=ENVIRON)
    assert CODECS[codec].matches(Secret(PASSWORD), stored(project)) is True
    assert PASSWORD not in reports(view) + str(content(project))
    before = content(project)
    assert apply(project, environ=ENVIRON).plan.is_empty
    assert content(project) == before
    assert actions(apply(project, environ=ENVIRON | {"PASSWORD": "another"})) == ["update User/alice"]
    assert CODECS[codec].matches(Secret("another"), stored(project)) is True


@pytest.mark.parametrize(("codec", "rehashed"), [("bcrypt", "argon2"), ("werkzeug", "bcrypt"), ("pbkdf2", "scrypt")])
def test_a_password_that_the_application_rehashed_at_login_is_no_drift(
    project: Project, codec: str, rehashed: str
) -> None:
    passwords_as(project, codec)
    apply(project, environ=ENVIRON)
    project.sql("UPDATE sys_user SET password = :hash", hash=VECTORS[rehashed][0])
    assert plan(project, environ=ENVIRON).plan.is_empty


def test_a_key_is_kept_as_its_hmac(project: Project) -> None:
    keys_with_pepper(project)
    view = apply(project, environ=ENVIRON)
    digest = hmac.new(PEPPER.encode(), KEY.encode(), sha256).hexdigest()
    assert project.sql("SELECT key_hash, key_prefix, key_last_four FROM sys_api_key") == [(digest, "acme", "ghij")]
    assert plan(project, environ=ENVIRON).plan.is_empty
    for secret in (PEPPER, KEY):
        assert secret not in reports(view) + str(content(project))
    assert actions(plan(project, environ=ENVIRON | {"PROVISION_KEY_PEPPER": "another pepper here"})) != []


@pytest.mark.parametrize("pepper", [None, "0123456789abcde"])
def test_without_a_pepper_nothing_is_written(project: Project, pepper: str | None) -> None:
    keys_with_pepper(project)
    before = content(project)
    environ = {"KEY": KEY} | ({"PROVISION_KEY_PEPPER": pepper} if pepper else {})
    with pytest.raises(InvalidInputError) as caught:
        apply(project, environ=environ)
    [problem] = caught.value.problems
    assert "PROVISION_KEY_PEPPER" in problem.message
    assert str(problem).startswith("manifests/all.yaml:15:8: spec.key: ")
    assert content(project) == before
    outcome = project.run("apply", environ=environ)
    assert outcome.code == 1
    assert "0123456789abcde" not in outcome.stdout + outcome.stderr


def test_every_plan_warns_of_plain_text_and_none_shows_it(project: Project) -> None:
    passwords_as(project, "plaintext")
    planned = plan(project, environ=ENVIRON)
    assert planned.warnings == (WARNING,)
    assert f"Warning: {WARNING}" in shown(planned)
    applied = apply(project, environ=ENVIRON)
    assert applied.warnings == (WARNING,)
    assert stored(project) == PASSWORD
    again = apply(project, environ=ENVIRON)
    assert again.plan.is_empty
    assert again.warnings == (WARNING,)
    changed = apply(project, environ=ENVIRON | {"PASSWORD": "another one"})
    assert stored(project) == "another one"
    for view in (planned, applied, again, changed):
        assert PASSWORD not in reports(view)
        assert "another one" not in reports(view)
    ledger = {name: rows for name, rows in content(project).items() if name.startswith("provision_")}
    assert "another one" not in str(ledger)


@pytest.mark.parametrize("codec", [codec for codec in ROUNDS if codec != "bcrypt"])
def test_a_hash_of_a_form_that_the_binding_accepts_is_stored_byte_for_byte(project: Project, codec: str) -> None:
    hash_ = VECTORS[codec][0]
    project.write(user("alice", f"password: {{hash: '{hash_}'}}"))
    with pytest.raises(InvalidInputError) as caught:
        plan(project)
    [problem] = caught.value.problems
    assert "which provision.toml does not say this application takes. Hint: add accepts = " in str(problem)
    assert hash_ not in str(problem)
    rebind(project, 'secret = "bcrypt"', f'secret = "bcrypt", accepts = ["{codec}"]')
    apply(project)
    assert stored(project) == hash_
    assert plan(project).plan.is_empty
