"""Nobody who has to be able to log in is locked out: seen in the plan, and once more before the commit."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Any

import pytest
from pwdlib.hashers.bcrypt import BcryptHasher
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from provision.core.guards import Limits
from provision.core.state import OnRemove
from provision.database.reading.spent import was_applied
from provision.errors import ExitCode, RefusedError
from provision.report.view import PlanView
from tests.engine.runs import actions, apply, content, on_sqlite, plan
from tests.engine.sent import sent_statements
from tests.engine.tables import database_of, manifest, table_project
from tests.project import Project, api_key, user

HASH = BcryptHasher(rounds=4).hash("open sesame")
PASSWORD = f"password: {{hash: '{HASH}'}}"
ROLE = "---\napiVersion: provision/v1\nkind: Role\nmetadata: {name: NAME}\nspec: {}\n"


def key(owner: str, name: str, *lines: str, on_remove: OnRemove = OnRemove.DISABLE) -> str:
    """An API key of which the hash is declared."""
    digest = sha256(f"{owner}/{name}".encode()).hexdigest()
    metadata = [f"lifecycle: {{on_remove: {on_remove}}}"]
    return api_key(owner, name, f"key: {{hash: {digest}}}", *lines, metadata=metadata)


def guards(project: Project, *lines: str) -> None:
    """The project's own guards."""
    file = project.folder / "provision.toml"
    text = file.read_text(encoding="utf-8").partition("\n[guards]")[0]
    file.write_text("\n".join([text, "[guards]", *lines, ""]), encoding="utf-8")


def refused(project: Project, message: str, *, guard: str | None = "lockout", **options: Any) -> None:
    """Refused with exit code 5 and nothing written; the plan shows it already, where there is a guard to name."""
    before = content(project)
    view = plan(project, **options)
    assert [(refusal.guard, refusal.message) for refusal in view.refusals] == ([(guard, message)] if guard else [])
    with pytest.raises(RefusedError) as caught:
        apply(project, **options)
    assert caught.value.exit_code == ExitCode.REFUSED
    assert guard or message in caught.value.message
    assert content(project) == before


def gone(address: str, why: str) -> str:
    return f"{address} would not be able to log in any more: {why} afterwards"


@pytest.fixture
def kept(project: Project) -> Project:
    """A bot with a password and a key, and somebody else; the bot has to be able to log in."""
    project.write(user("bot", PASSWORD) + key("bot", "ci") + user("bob"))
    apply(project)
    guards(project, 'keep = ["User/bot"]')
    return project


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (user("bob"), "it is disabled"),
        (user("bot", PASSWORD, "status: disabled") + key("bot", "ci") + user("bob"), "it is disabled"),
        (
            user("bob") + user("robot", PASSWORD, metadata=["previously: [bot]"]) + key("robot", "ci"),
            "it is not there",
        ),
    ],
    ids=["pruned", "disabled", "renamed"],
)
def test_whoever_is_kept_does_not_go(kept: Project, manifests: str, why: str) -> None:
    kept.write(manifests)
    refused(kept, gone("User/bot", why), prune=True)
    [refusal] = plan(kept, prune=True).refusals
    assert "keep in [guards] of provision.toml" in refusal.hint
    guards(kept)
    apply(kept, prune=True)


def test_a_key_is_enough_to_log_in_with_and_the_last_one_stays(kept: Project) -> None:
    kept.sql("UPDATE sys_user SET password = NULL WHERE username = 'bot'")
    kept.write(user("bot") + user("bob"))
    refused(kept, gone("User/bot", "it has no secret, nor a key that works"), prune=True)
    kept.write(user("bot") + user("bob") + key("bot", "cd"))
    assert actions(apply(kept, prune=True))[-2:] == ["create ApiKey/bot/cd", "disable ApiKey/bot/ci"]


def test_a_password_is_enough_to_log_in_with(kept: Project) -> None:
    kept.write(user("bot") + user("bob"))
    assert actions(apply(kept, prune=True)) == ["update User/bot", "disable ApiKey/bot/ci"]


def test_a_key_stops_working_when_it_expires_by_the_databases_clock(kept: Project) -> None:
    kept.sql("UPDATE sys_user SET password = NULL WHERE username = 'bot'")
    kept.write(user("bot") + user("bob") + key("bot", "ci", "expires_at: 2020-01-01T00:00:00Z"))
    refused(kept, gone("User/bot", "it has no secret, nor a key that works"))
    kept.write(user("bot") + user("bob") + key("bot", "ci", "expires_at: 2120-01-01T00:00:00Z"))
    apply(kept)


def test_a_key_may_be_kept_itself(kept: Project) -> None:
    guards(kept, 'keep = ["ApiKey/bot/ci"]')
    kept.write(user("bot") + user("bob"))
    refused(kept, gone("ApiKey/bot/ci", "it is disabled"), prune=True)


def test_whoever_could_not_log_in_before_is_mentioned_and_stops_nothing(kept: Project) -> None:
    guards(kept, 'keep = ["User/bob", "User/nobody"]')
    kept.write(user("bot", PASSWORD) + key("bot", "ci"))
    view = apply(kept, prune=True)
    said = "named by keep in [guards], is not able to log in: it is"
    assert view.warnings == (f"User/bob, {said} disabled", f"User/nobody, {said} not there")


@on_sqlite
@pytest.mark.parametrize("nobodys", [None, "", "!", "!4s9WcZvq8BzUnusable"])
def test_a_placeholder_is_no_password(kept: Project, nobodys: str | None) -> None:
    kept.sql("UPDATE sys_user SET password = :it WHERE username = 'bot'", it=nobodys)
    kept.write(user("bot") + user("bob"))
    refused(kept, gone("User/bot", "it has no secret, nor a key that works"), prune=True)


def test_the_last_superuser_able_to_log_in_is_not_lost_while_another_is_only_enabled(project: Project) -> None:
    project.write(user("root", "is_superuser: true", PASSWORD) + user("queen", "is_superuser: true"))
    apply(project)
    project.write(user("queen", "is_superuser: true"))
    message = "no superuser able to log in would be left (User: 1 now, 0 afterwards; User/root: it is disabled)"
    refused(project, message, guard="administrators", prune=True)
    guards(project, "min_superusers = 0")
    assert not plan(project, prune=True).refusals
    guards(project)
    apply(project, prune=True, limits=Limits(allow_no_superuser=True))


def test_as_many_superusers_stay_as_the_project_wants(project: Project) -> None:
    three = "".join(user(name, "is_superuser: true", PASSWORD) for name in ("a", "b", "c"))
    project.write(three)
    apply(project)
    guards(project, "min_superusers = 2")
    project.write(three.replace("kind: User\nmetadata:\n  name: c", "kind: User\nmetadata:\n  name: d"))
    apply(project, prune=True)
    project.write(user("a", "is_superuser: true", PASSWORD))
    able = "only 1 superuser able to log in would be left (User: 3 now, 1 afterwards; min_superusers is 2"
    found = [refusal.message for refusal in plan(project, prune=True).refusals]
    assert found == [
        "only 1 enabled superuser would be left (User: 3 now, 1 afterwards; min_superusers is 2)",
        f"{able}; User/b: it is disabled; User/d: it is disabled)",
    ]


TRIGGERS = {
    "postgresql": [
        "CREATE FUNCTION behind() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN STATEMENT; RETURN NEW; END $$",
        "CREATE TRIGGER behind AFTER INSERT ON sys_role FOR EACH ROW EXECUTE FUNCTION behind()",
    ],
    "sqlite": ["CREATE TRIGGER behind AFTER INSERT ON sys_role FOR EACH ROW BEGIN STATEMENT; END"],
    "mysql": ["CREATE TRIGGER behind AFTER INSERT ON sys_role FOR EACH ROW BEGIN STATEMENT; END"],
}


def behind_our_back(project: Project, statement: str) -> None:
    """What a trigger does whenever a role is made; the next plan makes one."""
    for trigger in TRIGGERS[database_of(project.url)]:
        project.sql(trigger.replace("STATEMENT", statement))
    project.write(ROLE.replace("NAME", "auditor"), "role.yaml")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE sys_user SET status = 0 WHERE username = 'bot'", "it is disabled"),
        ("UPDATE sys_user SET username = 'robot' WHERE username = 'bot'", "it is not there"),
        ("UPDATE sys_user SET password = NULL WHERE username = 'bot'", "it has no secret, nor a key that works"),
    ],
)
def test_what_a_trigger_does_is_seen_before_the_commit(kept: Project, statement: str, why: str) -> None:
    kept.write(user("bot", PASSWORD) + user("bob"))
    apply(kept, prune=True)
    behind_our_back(kept, statement)
    refused(kept, gone("User/bot", why), guard=None)
    guards(kept)
    assert actions(apply(kept)) == ["create Role/auditor"]


def test_a_trigger_does_not_take_the_last_superuser_either(project: Project) -> None:
    project.write(user("root", "is_superuser: true", PASSWORD))
    apply(project)
    behind_our_back(project, "UPDATE sys_user SET is_superuser = false")
    refused(project, "no superuser able to log in would be left", guard=None)
    apply(project, limits=Limits(allow_no_superuser=True))


def apply_with(project: Project, guard: str, fingerprint: str | None, **options: Any) -> PlanView:
    """Apply with an override for the plan of this fingerprint in a policy file."""
    lines = ["apiVersion: provision/v1", "kind: Policy", "metadata: {name: exceptions}", "overrides:"]
    lines.append(f'  - {{guard: {guard}, plan: "{fingerprint}", reason: agreed}}')
    file = project.folder / "policies" / "x.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return apply(project, **options)


def test_an_override_lifts_the_guard_for_its_plan_and_only_once(kept: Project) -> None:
    kept.write(user("bob"))
    wanted = plan(kept, prune=True).fingerprint
    with pytest.raises(RefusedError):
        apply_with(kept, "lockout", "sha256:" + "0" * 64, prune=True)
    with pytest.raises(RefusedError):
        apply_with(kept, "removals", wanted, prune=True)
    view = apply_with(kept, "lockout", wanted, prune=True)
    assert "guard lockout is lifted by policies/x.yaml:5: agreed" in view.warnings
    assert kept.sql("SELECT status FROM sys_user WHERE username = 'bot'") == [(0,)]


def test_an_override_that_was_used_up_lifts_the_same_plan_no_second_time(kept: Project) -> None:
    manifests = user("bot", PASSWORD, "status: disabled") + key("bot", "ci") + user("bob")
    kept.write(manifests)
    wanted = plan(kept).fingerprint
    apply_with(kept, "lockout", wanted)
    kept.sql("UPDATE sys_user SET status = 1 WHERE username = 'bot'")
    assert plan(kept).fingerprint == wanted
    shown: list[PlanView] = []
    with pytest.raises(RefusedError):
        apply_with(kept, "lockout", wanted, approve=shown.append)
    [refusal] = shown[0].refusals
    assert refusal.hint.endswith("the override at policies/x.yaml:5 was used up by the run that applied it")


def test_a_run_of_another_project_uses_up_no_override(kept: Project) -> None:
    async def applied(project: str, fingerprint: str) -> set[str]:
        async with AsyncSession(create_async_engine(kept.url, poolclass=NullPool)) as session:
            return await was_applied(session, project, {fingerprint, "sha256:other"})

    [(fingerprint,)] = kept.sql("SELECT fingerprint FROM provision_run")
    assert asyncio.run(applied("acme", str(fingerprint))) == {fingerprint}
    assert asyncio.run(applied("umbrella", str(fingerprint))) == set()


def test_an_override_lifts_what_only_the_database_knew_as_well(kept: Project) -> None:
    behind_our_back(kept, "UPDATE sys_user SET status = 0 WHERE username = 'bot'")
    apply_with(kept, "lockout", plan(kept).fingerprint)
    assert kept.sql("SELECT status FROM sys_user WHERE username = 'bot'") == [(0,)]


def test_the_number_of_queries_is_the_same_for_one_and_for_many(project: Project) -> None:
    def written(names: list[str], nickname: str) -> int:
        project.write(
            "".join(user(name, "is_superuser: true", f"email: {name}{nickname}@example.com") for name in names)
            + "".join(key(name, "ci") for name in names)
        )
        listed = ", ".join(f'"User/{name}"' for name in names)
        guards(project, f"keep = [{listed}]")
        apply(project)
        project.write((project.folder / "manifests/all.yaml").read_text(encoding="utf-8").replace("@e", "x@e"))
        with sent_statements() as statements:
            apply(project)
        return len(statements)

    assert written(["u0"], "a") == written([f"u{number}" for number in range(30)], "b")


@on_sqlite
def test_nothing_is_asked_where_nothing_is_to_be_seen_to(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    with sent_statements() as usual:
        plan(project)
    guards(project, "min_superusers = 0")
    with sent_statements() as fewer:
        plan(project)
    assert len(usual) - len(fewer) == 1


DDL = """
CREATE TABLE member (id INTEGER PRIMARY KEY, login VARCHAR(40) NOT NULL UNIQUE, word VARCHAR(200),
                     ends TIMESTAMP, active BOOLEAN NOT NULL DEFAULT true, boss BOOLEAN NOT NULL DEFAULT false);
CREATE TABLE token (hash VARCHAR(200) NOT NULL, name VARCHAR(40) NOT NULL, member VARCHAR(40) NOT NULL,
                    active BOOLEAN NOT NULL DEFAULT true, PRIMARY KEY (member, name),
                    FOREIGN KEY (member) REFERENCES member (login))
"""
KINDS = """
[kinds.Member]
table = "member"
key = ["login"]
administrators = { boss = true }
expires = "ends"
on_remove.disable = { active = false }
fields.login = { ignore_case = true }
fields.word = { secret = "bcrypt", rounds = 4, default = "none yet" }
[kinds.Token]
table = "token"
key = ["member", "name"]
references.member = { kind = "Member", column = "member" }
on_remove.disable = { active = false }
fields.hash = { secret = "sha256" }
"""


def test_any_kind_can_be_kept_whatever_its_keys_are_like(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    made = table_project(project.folder / "other", project.url, DDL, KINDS)
    monkeypatch.chdir(made.folder)
    secret = f"hash: {{hash: {sha256(b'x').hexdigest()}}}"
    both = manifest("Member", "Bot", "{ends: 2120-01-01T00:00:00Z}") + manifest(
        "Token", "ci", f"{{member: Bot, {secret}}}"
    )
    made.write(both)
    apply(made)
    guards(made, 'keep = ["Member/bot"]')
    assert made.sql("SELECT word FROM member") == [("none yet",)]
    made.write(manifest("Member", "Bot", "{ends: 2120-01-01T00:00:00Z}"))
    refused(made, gone("Member/bot", "it has no secret, nor a key that works"), prune=True)
    made.write(both.replace("name: ci", "name: cd").replace(sha256(b"x").hexdigest(), sha256(b"y").hexdigest()))
    assert not plan(made, prune=True).refusals
    made.write(both.replace("2120", "2020"))
    refused(made, gone("Member/bot", "it has expired"))
    made.write(both.replace("2120", "2121"))
    apply(made)
