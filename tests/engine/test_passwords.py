"""A password is set when it is meant to be, and never otherwise."""

from __future__ import annotations

import pytest
from pwdlib.hashers.bcrypt import BcryptHasher

from provision.errors import InvalidInputError
from tests.engine.runs import actions, apply, content, on_sqlite, plan, shown
from tests.project import Project, user

FIRST, SECOND = {"PASSWORD": "open sesame"}, {"PASSWORD": "another one"}
# sha512-crypt, a form of Unix, which no hasher of ours reads.
UNKNOWN = "$6$rounds=5000$c2FsdA$" + "a" * 86


def alice(rest: str = "", source: str = "from: {env: PASSWORD}") -> str:
    return user("alice", f"password: {{{source}{rest}}}")


def stored(project: Project) -> str:
    [(hash_,)] = project.sql("SELECT password FROM sys_user")
    return str(hash_)


def changed_at(project: Project) -> object:
    [(moment,)] = project.sql("SELECT last_password_changed_time FROM sys_user")
    return moment


def accepts(project: Project, password: str) -> bool:
    return BcryptHasher().verify(password, stored(project))


def test_a_password_from_the_environment_is_hashed_and_dated(project: Project) -> None:
    project.write(alice())
    planned = plan(project, environ=FIRST)
    assert "password     = (sensitive)" in shown(planned)
    apply(project, environ=FIRST)
    assert accepts(project, "open sesame")
    assert changed_at(project) is not None


@on_sqlite
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_password_from_a_file_loses_one_newline_at_its_end(project: Project, ending: str) -> None:
    project.write(alice(source="from: {file: secrets/alice.txt}"))
    (project.folder / "manifests" / "secrets").mkdir()
    (project.folder / "manifests" / "secrets" / "alice.txt").write_bytes(f" inner\nspace {ending}".encode())
    apply(project)
    assert accepts(project, " inner\nspace ")


def test_only_one_newline_is_taken_away(project: Project) -> None:
    project.write(alice(source="from: {file: alice.txt}"))
    (project.folder / "manifests" / "alice.txt").write_bytes(b"secret\n\n")
    apply(project)
    assert accepts(project, "secret\n")


def test_a_given_hash_is_stored_as_it_is(project: Project) -> None:
    hash_ = BcryptHasher(rounds=4).hash("open sesame")
    project.write(alice(source=f"hash: '{hash_}'"))
    apply(project)
    assert stored(project) == hash_
    assert plan(project).plan.is_empty


def test_a_password_set_once_is_never_reset(project: Project) -> None:
    project.write(alice())
    apply(project, environ=FIRST)
    before = content(project)
    assert apply(project, environ=FIRST).plan.is_empty
    assert apply(project, environ=SECOND).plan.is_empty
    assert content(project) == before

    project.write(alice().replace("nickname: Alice", "nickname: Changed"))
    hash_, moment = stored(project), changed_at(project)
    apply(project, environ=SECOND)
    assert (stored(project), changed_at(project)) == (hash_, moment)


def test_a_password_that_its_user_changed_stays_theirs(project: Project) -> None:
    project.write(alice())
    apply(project, environ=FIRST)
    theirs = BcryptHasher(rounds=4).hash("mine alone")
    project.sql("UPDATE sys_user SET password = :hash", hash=theirs)
    assert apply(project, environ=FIRST).plan.is_empty
    assert stored(project) == theirs


def test_a_password_declared_for_a_user_who_exists_is_not_set_by_default(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.write(alice())
    assert plan(project, environ=FIRST).plan.is_empty


def test_a_password_left_out_is_never_touched(project: Project) -> None:
    project.write(alice())
    apply(project, environ=FIRST)
    hash_ = stored(project)
    project.write(user("alice"))
    assert "released: password (left as it is, no longer managed)" in shown(apply(project))
    assert stored(project) == hash_


def test_an_adopted_user_keeps_the_password(project: Project) -> None:
    project.write(alice())
    apply(project, environ=FIRST)
    project.sql("DELETE FROM provision_resource")
    hash_ = stored(project)
    assert actions(apply(project, environ=SECOND)) == ["adopt User/alice"]
    assert stored(project) == hash_


def test_always_is_verified_and_set_again_only_when_it_differs(project: Project) -> None:
    project.write(alice(", update: always"))
    apply(project, environ=FIRST)
    before = content(project)
    assert apply(project, environ=FIRST).plan.is_empty
    assert content(project) == before

    planned = plan(project, environ=SECOND)
    assert "password = (sensitive)   # the stored value does not match the declared one" in shown(planned)
    moment = changed_at(project)
    apply(project, environ=SECOND)
    assert accepts(project, "another one")
    assert changed_at(project) != moment
    assert plan(project, environ=SECOND).plan.is_empty


def test_always_undoes_a_change_in_the_database_and_a_missing_hash(project: Project) -> None:
    project.write(alice(", update: always"))
    apply(project, environ=FIRST)
    for hash_ in (BcryptHasher(rounds=4).hash("mine"), None):
        project.sql("UPDATE sys_user SET password = :hash", hash=hash_)
        assert actions(apply(project, environ=FIRST)) == ["update User/alice"]
        assert accepts(project, "open sesame")


def test_always_accepts_another_hash_of_the_same_password(project: Project) -> None:
    project.write(alice(", update: always"))
    apply(project, environ=FIRST)
    rehashed = BcryptHasher(rounds=5).hash("open sesame")
    project.sql("UPDATE sys_user SET password = :hash", hash=rehashed)
    assert apply(project, environ=FIRST).plan.is_empty
    assert stored(project) == rehashed


def test_a_stored_hash_of_a_form_not_known_here_is_left_alone_with_a_warning(project: Project) -> None:
    project.write(alice(", update: always") + user("bob"))
    apply(project, environ=FIRST)
    project.sql("UPDATE sys_user SET password = :hash WHERE username = 'alice'", hash=UNKNOWN)
    view = apply(project, environ=FIRST)
    assert view.plan.is_empty
    warning = "Warning: the stored password of User/alice has a form that is not known here; it is left as it is"
    assert warning in shown(view)
    assert UNKNOWN not in shown(view)
    assert project.sql("SELECT password FROM sys_user WHERE username = 'alice'") == [(UNKNOWN,)]


def test_a_raised_version_sets_the_password_once(project: Project) -> None:
    project.write(alice(', version: "1"'))
    apply(project, environ=FIRST)
    assert plan(project, environ=SECOND).plan.is_empty
    project.write(alice(', version: "2"'))
    assert "password = (sensitive)   # its version was raised" in shown(plan(project, environ=SECOND))
    apply(project, environ=SECOND)
    assert accepts(project, "another one")
    assert plan(project, environ=FIRST).plan.is_empty


def test_an_ignored_password_is_not_set_by_a_version_either(project: Project) -> None:
    project.write(alice(', version: "1"'))
    apply(project, environ=FIRST)
    text = alice(', version: "2", update: always').replace(
        "  name: alice", "  name: alice\n  lifecycle: {ignore_changes: [password]}"
    )
    project.write(text)
    hash_ = stored(project)
    apply(project, environ=SECOND)
    assert stored(project) == hash_


def test_every_missing_source_is_said_with_its_place_and_nothing_is_written(project: Project) -> None:
    sources = ("env: MISSING", "file: no.txt", "file: .")
    project.write("".join(user(f"u{n}", f"password: {{from: {{{text}}}}}") for n, text in enumerate(sources)))
    before = content(project)
    with pytest.raises(InvalidInputError) as caught:
        apply(project)
    assert [str(problem) for problem in caught.value.problems] == [
        (
            "manifests/all.yaml:8:13: spec.password: the environment variable MISSING is not set."
            " Hint: export MISSING, or name another source"
        ),
        (
            "manifests/all.yaml:16:13: spec.password: the file manifests/no.txt cannot be read: no such file or"
            " directory. Hint: a relative path starts at the manifest's folder"
        ),
        (
            "manifests/all.yaml:24:13: spec.password: the file manifests cannot be read: is a directory."
            " Hint: a relative path starts at the manifest's folder"
        ),
    ]
    assert content(project) == before


@on_sqlite
@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("", "the secret from file p.txt is empty. Hint: an empty password is never set; check its source"),
        ("\n", "the secret from file p.txt is empty. Hint: an empty password is never set; check its source"),
        ("ä" * 37, "the secret from file p.txt has 74 bytes, and bcrypt takes 72. Hint: choose a shorter one"),
        ("a\0b", "the secret from file p.txt holds a NUL byte."),
    ],
)
@pytest.mark.parametrize("update", ["on_create", "always"])
def test_a_password_that_bcrypt_cannot_take_is_refused(
    project: Project, value: str, complaint: str, update: str
) -> None:
    project.write(alice(f", update: {update}", source="from: {file: p.txt}"))
    (project.folder / "manifests" / "p.txt").write_bytes(value.encode())
    with pytest.raises(InvalidInputError) as caught:
        apply(project)
    assert f"manifests/all.yaml:8:13: spec.password: {complaint}" in str(caught.value.problems[0])
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def test_seventy_two_bytes_are_not_too_many(project: Project) -> None:
    project.write(alice(", update: always"))
    apply(project, environ={"PASSWORD": "ä" * 36})
    assert accepts(project, "ä" * 36)
    assert plan(project, environ={"PASSWORD": "ä" * 36}).plan.is_empty


def test_a_password_stands_nowhere_in_the_database_but_hashed(project: Project) -> None:
    project.write(alice(", update: always"))
    apply(project, environ=FIRST)
    apply(project, environ=SECOND)
    everything = str(content(project))
    assert "open sesame" not in everything
    assert "another one" not in everything
    ledger = {name: rows for name, rows in content(project).items() if name.startswith("provision_")}
    assert stored(project) not in str(ledger)
