"""A ledger that the first version wrote is read as it is, and brought up to date by the first run that writes."""

from __future__ import annotations

import pytest
from pwdlib.hashers.bcrypt import BcryptHasher

from provision.core.address import Address
from provision.core.rotation import Forced
from provision.database.ledger import CHAINED
from tests.engine.hashing import counted
from tests.engine.runs import actions, apply, content, plan
from tests.project import Project, api_key, user

HASH = BcryptHasher(rounds=4).hash("open sesame")
KEYED = {"PROVISION_FINGERPRINT_KEY": "k" * 40, "PASSWORD": "open sesame"}
UNKEYED = {"PASSWORD": "open sesame"}
DAY = 86_400.0
GENERATED = "key: {generate: {prefix: acme}}", "deliver_to: [{file: {path: ../out/ci.key}}]"


def declared(update: str = "", nickname: str = "Bot") -> str:
    alice = user("alice", f"password: {{hash: '{HASH}'{update}, version: '2'}}")
    bob = user("bob", f"password: {{from: {{env: PASSWORD}}{update}}}")
    bot = user("bot").replace("nickname: Bot", f"nickname: {nickname}")
    return alice + bob + bot + api_key("bot", "ci", f"key: {{hash: {'c' * 64}}}")


def begin(project: Project, manifests: str) -> None:
    """Apply, and have the ledger as the first version wrote it."""
    project.write(manifests)
    apply(project, environ=UNKEYED)
    age(project)


def age(project: Project) -> None:
    """What the first version knew of a secret was its version, if it had one; its runs had fewer columns."""
    project.sql("UPDATE provision_version SET version_num = '0001'")
    project.sql(f"DROP INDEX uq_provision_run_seq{' ON provision_run' if 'mysql' in project.url else ''}")
    for column in CHAINED:
        project.sql(f"ALTER TABLE provision_run DROP COLUMN {column}")
    for secret, text in (("password", '{"password":null}'), ("key", '{"key":null}')):
        project.sql(
            "UPDATE provision_resource SET secrets = :text WHERE secrets LIKE :it", text=text, it=f"%{secret}%"
        )
    text = '{"password":"2"}'
    project.sql("UPDATE provision_resource SET secrets = :text WHERE address = 'User/alice'", text=text)


def version(project: Project) -> str:
    [(number,)] = project.sql("SELECT version_num FROM provision_version")
    return str(number)


def hashes(project: Project) -> list[tuple[object, ...]]:
    return project.sql("SELECT username, password, last_password_changed_time FROM sys_user ORDER BY 1")


@pytest.mark.parametrize("update", ["", ", update: always"], ids=["on_create", "always"])
def test_an_old_ledger_asks_for_no_change_and_is_not_written_without_one(project: Project, update: str) -> None:
    begin(project, declared(update))
    before = content(project)
    assert plan(project, environ=UNKEYED).plan.is_empty
    assert apply(project, environ=UNKEYED).plan.is_empty
    assert content(project) == before
    assert version(project) == "0001"


@pytest.mark.parametrize("update", ["", ", update: always"], ids=["on_create", "always"])
def test_the_first_run_that_writes_brings_it_up_to_date_and_sets_no_password(project: Project, update: str) -> None:
    begin(project, declared(update))
    before = hashes(project)
    project.write(declared(update, nickname="Robot"))
    assert plan(project, environ=UNKEYED).plan.changes
    assert version(project) == "0001"
    assert actions(apply(project, environ=UNKEYED)) == ["update User/bot"]
    assert version(project) == "0003"
    assert hashes(project) == before
    assert plan(project, environ=UNKEYED).plan.is_empty


def test_the_first_fingerprints_bring_it_up_to_date_as_well(project: Project) -> None:
    begin(project, declared(", update: always").replace(f"hash: '{HASH}'", "from: {env: PASSWORD}"))
    before = hashes(project)
    with counted() as calls:
        assert plan(project, environ=KEYED).plan.is_empty
        assert version(project) == "0001"
        assert apply(project, environ=KEYED).plan.is_empty
    assert calls == ["checkpw"] * 4
    assert (version(project), hashes(project)) == ("0003", before)
    after = content(project)
    with counted() as calls:
        assert apply(project, environ=KEYED).plan.is_empty
    assert calls == []
    assert content(project) == after
    [(text,)] = project.sql("SELECT secrets FROM provision_resource WHERE address = 'User/alice'")
    assert '"version":"2"' in text


def test_a_version_that_is_raised_there_sets_that_password_alone(project: Project) -> None:
    begin(project, declared())
    before = hashes(project)
    project.write(declared().replace("version: '2'", "version: '3'"))
    assert actions(apply(project, environ=UNKEYED)) == ["update User/alice"]
    assert hashes(project)[1:] == before[1:]
    assert hashes(project)[0] != before[0]


def test_a_key_that_it_knows_nothing_of_is_counted_from_now_and_can_be_rotated(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", *GENERATED))
    apply(project)
    age(project)
    assert plan(project, as_of=1000 * DAY).plan.is_empty
    project.write(user("bot") + api_key("bot", "ci", *GENERATED, "rotate: {every: 90d, overlap: 7d}"))
    assert actions(apply(project, as_of=1000 * DAY)) == ["update ApiKey/bot/ci"]
    assert version(project) == "0003"
    assert plan(project, as_of=1089 * DAY).plan.is_empty
    assert actions(plan(project, as_of=1091 * DAY)) == ["rotate ApiKey/bot/ci"]
    ci = Address("ApiKey", ("bot", "ci"))
    assert actions(apply(project, as_of=1001 * DAY, rotate={ci: Forced()})) == ["rotate ApiKey/bot/ci"]
