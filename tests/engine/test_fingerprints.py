"""With a fingerprint key a run hashes what changes, tells what has changed, and writes nothing where nothing has."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from provision.errors import StalePlanError
from provision.report.view import PlanView
from tests.engine.hashing import counted
from tests.engine.runs import actions, apply, content, meanwhile, on_sqlite, plan, shown
from tests.project import Project, user

KEY, NEXT_KEY = "k" * 40, "n" * 40
VARIABLE, FORMER = "PROVISION_FINGERPRINT_KEY", "PROVISION_FINGERPRINT_KEY_OLD"
KEYED = {VARIABLE: KEY, "PASSWORD": "open sesame"}
UNKEYED = {"PASSWORD": "open sesame"}
MINE = BcryptHasher(rounds=4).hash("mine")
OTHER = KEYED | {"PASSWORD": "another one"}


def people(*names: str, rest: str = "", version: str = "") -> str:
    spec = f"password: {{from: {{env: PASSWORD}}, update: always{rest}{version}}}"
    return "".join(user(name, spec) for name in names)


def stored(project: Project, name: str = "alice") -> str:
    [(hash_,)] = project.sql("SELECT password FROM sys_user WHERE username = :name", name=name)
    return str(hash_)


def store(project: Project, hash_: str | None) -> None:
    """What an application does at a login, or somebody behind our back."""
    project.sql("UPDATE sys_user SET password = :hash WHERE username = 'alice'", hash=hash_)


def changed_at(project: Project) -> object:
    [(moment,)] = project.sql("SELECT last_password_changed_time FROM sys_user WHERE username = 'alice'")
    return moment


def remembered(project: Project, name: str = "alice") -> Any:
    [(text,)] = project.sql("SELECT secrets FROM provision_resource WHERE address = :it", it=f"User/{name}")
    return json.loads(text)["password"]


def runs(project: Project) -> int:
    [(count,)] = project.sql("SELECT count(*) FROM provision_run")
    return int(count)


def silent(project: Project, environ: dict[str, str]) -> None:
    """Neither a plan nor an apply calls bcrypt or writes a row."""
    before = content(project)
    with counted() as calls:
        assert plan(project, environ=environ).plan.is_empty
        assert apply(project, environ=environ).plan.is_empty
    assert calls == []
    assert content(project) == before


def begin(project: Project, rest: str = "") -> None:
    project.write(people("alice", rest=rest))
    apply(project, environ=KEYED)


def what(view: PlanView) -> dict[str, str]:
    return {item.name: item.reason for change in view.plan.changes for item in change.fields}


def test_two_hundred_users_are_hashed_once_and_looked_at_without_hashing(project: Project) -> None:
    project.write(people(*(f"user-{number:03}" for number in range(200))))
    with counted() as calls:
        apply(project, environ=KEYED)
    assert sorted(set(calls)) == ["hashpw"]
    assert len(calls) == 200
    assert len({stored(project, f"user-{number:03}") for number in range(200)}) == 200
    silent(project, KEYED)
    with counted() as calls:
        assert plan(project, environ=UNKEYED).plan.is_empty
    assert len(calls) == 200


@on_sqlite
def test_ten_thousand_users_are_looked_at_without_hashing(project: Project) -> None:
    """The first apply takes 12 s, though bcrypt's cost is the least; the plan after it takes 3 s."""
    project.write(people(*(f"user-{number:05}" for number in range(10_000))))
    apply(project, environ=KEYED)
    began = time.perf_counter()
    with counted() as calls:
        assert plan(project, environ=KEYED).plan.is_empty
    assert calls == []
    assert time.perf_counter() - began < 60


def test_another_declared_value_is_set_and_said_so(project: Project) -> None:
    begin(project)
    before, moment = stored(project), changed_at(project)
    with counted() as calls:
        planned = plan(project, environ=OTHER)
    assert calls == ["checkpw"]
    assert what(planned) == {"password": "another value is declared"}
    assert "password = (sensitive)   # another value is declared" in shown(planned)
    assert actions(apply(project, environ=OTHER)) == ["update User/alice"]
    assert stored(project) != before
    assert BcryptHasher().verify("another one", stored(project))
    assert changed_at(project) != moment
    silent(project, OTHER)


@pytest.mark.parametrize("hash_", [MINE, Argon2Hasher(time_cost=1).hash("mine")], ids=["bcrypt", "argon2"])
def test_a_hash_changed_behind_our_back_is_set_again_and_said_so(project: Project, hash_: str) -> None:
    begin(project)
    store(project, hash_)
    planned = plan(project, environ=KEYED)
    assert what(planned) == {"password": "the stored value was changed in the database"}
    moment = changed_at(project)
    assert actions(apply(project, environ=KEYED)) == ["update User/alice"]
    assert BcryptHasher().verify("open sesame", stored(project))
    assert changed_at(project) != moment
    silent(project, KEYED)


@pytest.mark.parametrize("environ", [KEYED, OTHER], ids=["one", "both"])
def test_both_at_once_is_the_declared_value_changed(project: Project, environ: dict[str, str]) -> None:
    begin(project)
    store(project, MINE)
    reason = "another value is declared" if environ is OTHER else "the stored value was changed in the database"
    assert what(plan(project, environ=environ)) == {"password": reason}
    apply(project, environ=environ)
    silent(project, environ)


def test_a_hash_that_is_gone_is_set_again_without_verifying(project: Project) -> None:
    begin(project)
    store(project, None)
    with counted() as calls:
        assert actions(apply(project, environ=KEYED)) == ["update User/alice"]
    assert calls == ["hashpw"]
    silent(project, KEYED)


@pytest.mark.parametrize(
    ("hash_", "verified"),
    [
        (BcryptHasher(rounds=5).hash("open sesame"), ["checkpw"]),
        (BcryptHasher(rounds=4).hash("open sesame"), ["checkpw"]),
        (Argon2Hasher(time_cost=2).hash("open sesame"), []),
    ],
    ids=["another cost", "another salt", "argon2"],
)
def test_a_password_hashed_anew_by_the_application_is_no_drift_and_is_verified_once(
    project: Project, hash_: str, verified: list[str]
) -> None:
    begin(project)
    before, moment, count = remembered(project), changed_at(project), runs(project)
    store(project, hash_)
    with counted() as calls:
        planned = plan(project, environ=KEYED)
    assert planned.plan.is_empty
    assert calls == verified
    assert remembered(project) == before
    assert apply(project, environ=KEYED).plan.is_empty
    assert (stored(project), changed_at(project), runs(project)) == (hash_, moment, count)
    after = remembered(project)
    assert after.pop("fingerprint") != before.pop("fingerprint")
    assert after == before
    silent(project, KEYED)


def test_a_fingerprint_is_refreshed_beside_other_changes_as_well(project: Project) -> None:
    project.write(people("alice", "bob"))
    apply(project, environ=KEYED)
    store(project, BcryptHasher(rounds=5).hash("open sesame"))
    project.write(people("alice", "bob").replace("nickname: Bob", "nickname: Robert"))
    assert actions(apply(project, environ=KEYED)) == ["update User/bob"]
    silent(project, KEYED)
    store(project, BcryptHasher(rounds=5).hash("open sesame"))
    both = people("alice", "bob").replace("nickname: Bob", "nickname: Robert")
    project.write(both.replace("nickname: Alice", "nickname: Al"))
    assert actions(apply(project, environ=KEYED)) == ["update User/alice"]
    silent(project, KEYED)


def cost_five(project: Project) -> None:
    """From now on the binding asks for more."""
    file = project.folder / "provision.toml"
    file.write_text(file.read_text().replace("rounds = 4", "rounds = 5"))


@pytest.mark.parametrize("environ", [KEYED, UNKEYED], ids=["keyed", "unkeyed"])
def test_a_weak_hash_is_a_warning_where_nobody_asked_to_hash_anew(project: Project, environ: dict[str, str]) -> None:
    project.write(people("alice"))
    apply(project, environ=environ)
    cost_five(project)
    view = plan(project, environ=environ)
    assert view.plan.is_empty
    warning = "Warning: the stored password of User/alice is weaker than it should be (bcrypt cost 4, "
    assert warning in shown(view)
    before = content(project)
    assert apply(project, environ=environ).plan.is_empty
    assert content(project) == before


@pytest.mark.parametrize("environ", [KEYED, UNKEYED], ids=["keyed", "unkeyed"])
def test_a_weak_hash_is_made_anew_once_where_that_is_asked_for(project: Project, environ: dict[str, str]) -> None:
    project.write(people("alice", rest=", rehash: true"))
    apply(project, environ=environ)
    cost_five(project)
    view = plan(project, environ=environ)
    assert what(view) == {"password": "its hash is weaker than provision.toml asks for"}
    assert "weaker than it should be" not in shown(view)
    assert actions(apply(project, environ=environ)) == ["update User/alice"]
    assert stored(project).startswith("$2b$05$")
    assert BcryptHasher().verify("open sesame", stored(project))
    before = content(project)
    assert apply(project, environ=environ).plan.is_empty
    assert content(project) == before
    if environ is KEYED:
        silent(project, KEYED)


def test_a_new_key_takes_over_without_hashing_and_writes_once(project: Project) -> None:
    project.write(people("alice", "bob"))
    apply(project, environ=KEYED)
    rotated = KEYED | {VARIABLE: NEXT_KEY, FORMER: KEY}
    before = remembered(project), runs(project)
    with counted() as calls:
        assert plan(project, environ=rotated).plan.is_empty
        assert remembered(project) == before[0]
        assert apply(project, environ=rotated).plan.is_empty
    assert calls == []
    assert remembered(project)["fingerprint"] != before[0]["fingerprint"]
    assert runs(project) == before[1]
    silent(project, rotated)
    silent(project, KEYED | {VARIABLE: NEXT_KEY})


def test_after_a_lost_key_every_password_is_verified_once(project: Project) -> None:
    project.write(people("alice", "bob"))
    apply(project, environ=KEYED)
    hash_, other = stored(project), KEYED | {VARIABLE: NEXT_KEY}
    with counted() as calls:
        assert apply(project, environ=other).plan.is_empty
    # Once although it is read twice, the second time under the lock.
    assert calls == ["checkpw"] * 2
    assert stored(project) == hash_
    silent(project, other)


def test_a_changed_value_is_found_without_the_key_that_fingerprinted_it(project: Project) -> None:
    begin(project)
    view = plan(project, environ=OTHER | {VARIABLE: NEXT_KEY})
    assert what(view) == {"password": "the stored value does not match the declared one"}


def test_without_a_key_passwords_are_verified_each_time_and_nothing_is_remembered(project: Project) -> None:
    project.write(people("alice", "bob"))
    apply(project, environ=UNKEYED)
    before = content(project)
    for run in (plan, apply, plan):
        with counted() as calls:
            assert run(project, environ=UNKEYED).plan.is_empty
        assert calls == ["checkpw"] * 2
    assert content(project) == before
    assert "v1:" not in str(before)


@pytest.mark.parametrize("lifecycle", ["state: created", "ignore_changes: [password]"])
@pytest.mark.parametrize("known", [True, False], ids=["ours", "not ours"])
def test_a_password_that_is_left_alone_is_not_verified_either(
    project: Project, lifecycle: str, *, known: bool
) -> None:
    begin(project)
    store(project, MINE)
    project.write(people("alice").replace("  name: alice\n", f"  name: alice\n  lifecycle: {{{lifecycle}}}\n"))
    apply(project, environ=UNKEYED)
    if not known and "created" in lifecycle:
        project.sql("DELETE FROM provision_resource")
    for environ in (UNKEYED, KEYED):
        silent(project, environ)
    assert stored(project) == MINE


def test_a_key_that_is_given_later_is_used_from_the_next_apply_on(project: Project) -> None:
    project.write(people("alice"))
    apply(project, environ=UNKEYED)
    assert apply(project, environ=KEYED).plan.is_empty
    silent(project, KEYED)


def test_a_rename_keeps_the_fingerprint(project: Project) -> None:
    begin(project)
    before = remembered(project)["fingerprint"]
    renamed = people("alice").replace("  name: alice\n", "  name: carol\n  previously: [alice]\n")
    project.write(renamed)
    with counted() as calls:
        assert actions(apply(project, environ=KEYED)) == ["rename User/carol"]
    assert calls == []
    assert remembered(project, "carol")["fingerprint"] == before
    silent(project, KEYED)


def test_a_raised_version_sets_the_password_and_its_fingerprint_once(project: Project) -> None:
    project.write(people("alice", version=', version: "1"'))
    apply(project, environ=KEYED)
    hash_, moment, before = stored(project), changed_at(project), remembered(project)
    project.write(people("alice", version=', version: "2"'))
    assert what(plan(project, environ=KEYED)) == {"password": "its version was raised"}
    apply(project, environ=KEYED)
    assert stored(project) != hash_
    assert changed_at(project) != moment
    assert remembered(project)["version"] == "2"
    assert remembered(project)["fingerprint"] != before["fingerprint"]
    silent(project, KEYED)


def test_the_moment_of_change_is_that_of_the_password_alone(project: Project) -> None:
    begin(project)
    hash_, moment = stored(project), changed_at(project)
    assert moment is not None
    project.write(people("alice").replace("nickname: Alice", "nickname: Al"))
    with counted() as calls:
        assert actions(apply(project, environ=KEYED)) == ["update User/alice"]
    assert calls == []
    assert (stored(project), changed_at(project)) == (hash_, moment)
    silent(project, KEYED)


def test_a_password_that_changes_between_look_and_write_is_not_written_over(project: Project) -> None:
    project.write(people("alice", "bob"))
    apply(project, environ=KEYED)
    project.write(people("alice", "bob").replace("nickname: Bob", "nickname: Robert"))
    ledger = remembered(project)
    with pytest.raises(StalePlanError) as caught:
        apply(project, environ=KEYED, approve=meanwhile(lambda: store(project, MINE)))
    assert caught.value.exit_code == 4
    assert stored(project) == MINE
    assert remembered(project) == ledger
    assert project.sql("SELECT nickname FROM sys_user WHERE username = 'bob'") == [("Bob",)]


def test_a_password_that_somebody_else_puts_right_meanwhile_is_left_to_them(project: Project) -> None:
    begin(project)
    store(project, MINE)
    right = BcryptHasher(rounds=4).hash("open sesame")
    view = apply(project, environ=KEYED, approve=meanwhile(lambda: store(project, right)))
    assert view.plan.is_empty
    assert stored(project) == right


def test_the_ledger_holds_neither_the_hash_nor_the_value(project: Project) -> None:
    begin(project)
    first = stored(project)
    apply(project, environ=OTHER)
    store(project, BcryptHasher(rounds=5).hash("another one"))
    apply(project, environ=OTHER)
    ledger = str({name: rows for name, rows in content(project).items() if name.startswith("provision_")})
    for secret in (first, first[-31:], stored(project), stored(project)[-31:], "open sesame", "another one", KEY):
        assert secret not in ledger
