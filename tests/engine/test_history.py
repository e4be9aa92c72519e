"""What the ledger tells of the runs that wrote something."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from provision.core.address import Address
from provision.core.chain import secret_digest
from provision.core.rotation import Forced
from provision.database.reading.history import ALL, Wanted
from provision.errors import InvalidInputError, RefusedError
from provision.reconcile.history import list_history, show_history
from provision.settings import load_settings
from tests.engine.past import changes, runs
from tests.engine.runs import apply, content, on_sqlite, request
from tests.project import Project, api_key, user

JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "carol",
    "GITHUB_SHA": "c0ffee",
    "GITHUB_REF_NAME": "main",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/infra",
    "GITHUB_RUN_ID": "42",
}
HASH = "$2b$04$abcdefghijklmnopqrstuuWTNRnyWgqUPEnZ0GeR3s3nqcGxj9aFe"


def renamed(nickname: str) -> str:
    return user("alice").replace("nickname: Alice", f"nickname: {nickname}")


def test_a_run_tells_who_when_from_what_and_with_what(project: Project) -> None:
    project.write(user("alice") + user("bob"))
    before = datetime.now(UTC)
    view = apply(project, environ=JOB)
    [run] = runs(project)
    assert view.run is not None
    assert (run.id, run.seq, run.hash) == (view.run.id, view.run.seq, view.run.hash)
    assert (run.project, run.seq, run.command, run.actor) == ("acme", 1, "apply", "carol")
    assert (run.commit, run.branch) == ("c0ffee", "main")
    assert run.job_url == "https://github.com/acme/infra/actions/runs/42"
    assert (run.added, run.changed, run.removed) == (2, 0, 0)
    assert run.fingerprint.startswith("sha256:")
    started, written = datetime.fromisoformat(run.started_at), datetime.fromisoformat(str(run.written_at))
    assert run.started_at.endswith("Z")
    assert started <= written
    assert abs(started - before) < timedelta(seconds=30)


@pytest.mark.parametrize("as_of", [0.0, 1000 * 86_400.0])
def test_the_moments_are_those_of_the_write_whatever_moment_is_assumed(project: Project, as_of: float) -> None:
    project.write(user("alice"))
    apply(project, as_of=as_of)
    [run] = runs(project)
    assert abs(datetime.fromisoformat(str(run.written_at)) - datetime.now(UTC)) < timedelta(seconds=30)


def test_runs_that_write_nothing_leave_no_row(project: Project) -> None:
    project.write(user("alice", "is_superuser: true"))
    apply(project)
    before = content(project)
    apply(project)
    project.write(user("alice"))
    with pytest.raises(RefusedError):
        apply(project)
    assert content(project) == before


def test_runs_are_numbered_in_each_project(project: Project) -> None:
    for nickname in ("A", "B", "C"):
        project.write(renamed(nickname))
        apply(project)
    toml = project.folder / "provision.toml"
    toml.write_text(toml.read_text("utf-8").replace('project = "acme"', 'project = "other"'), encoding="utf-8")
    project.write(user("bob"))
    apply(project)
    assert [run.seq for run in runs(project)] == [1]
    toml.write_text(toml.read_text("utf-8").replace('project = "other"', 'project = "acme"'), encoding="utf-8")
    assert [run.seq for run in runs(project)] == [3, 2, 1]


def test_a_change_tells_before_and_after_and_where_it_is_declared(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    project.write(renamed("Liz"))
    apply(project)
    last, _ = runs(project)
    [change] = changes(project, runs=[last.id])
    assert (change.run, change.position, change.address, change.action) == (last.id, 0, "User/alice", "update")
    assert change.fields == [{"name": "nickname", "before": "Alice", "after": "Liz"}]
    assert change.source.endswith("all.yaml:2")


def test_changes_are_found_by_address_through_the_runs_and_a_rename_keeps_the_former_name(project: Project) -> None:
    project.write(user("alice") + user("bob"))
    apply(project)
    project.write(user("alicia", metadata=["previously: [alice]"]) + user("bob"))
    apply(project)
    found = changes(project, addresses=["User/alice", "User/alicia"])
    assert [(item.address, item.action) for item in found] == [("User/alice", "create"), ("User/alicia", "rename")]
    assert {"previous": "User/alice"} in found[1].fields


def test_a_secret_leaves_a_digest_of_this_run_alone(project: Project) -> None:
    project.write("".join(user(name, f"password: {{hash: '{HASH}'}}") for name in ("alice", "bob")))
    apply(project)
    [run] = runs(project)
    digests = {}
    for change in changes(project):
        [secret] = [item for item in change.fields if item.get("sensitive")]
        assert secret.keys() == {"name", "sensitive", "after"}
        digests[change.address] = secret["after"]
        assert secret["after"] == secret_digest(run.id, change.address, "password", HASH)
    assert len(set(digests.values())) == 2
    assert HASH not in str(content(project)["provision_change"])


@on_sqlite
def test_a_secret_that_is_stored_as_it_is_leaves_none(project: Project) -> None:
    toml = project.folder / "provision.toml"
    text = toml.read_text("utf-8").replace(
        'secret = "bcrypt", rounds = 4', 'secret = "plaintext", allow_plaintext = true'
    )
    toml.write_text(text, encoding="utf-8")
    assert load_settings(toml, project.folder).kinds["User"].fields["password"].secret == "plaintext"
    project.write(user("alice", "password: {from: {env: PASSWORD}}"))
    apply(project, environ={"PASSWORD": "correct horse battery"})
    [change] = changes(project)
    assert [item for item in change.fields if item.get("sensitive")] == [{"name": "password", "sensitive": True}]


def test_a_rotation_is_called_so(project: Project) -> None:
    terms = "deliver_to: [{file: {path: ../out/ci.key}}]", "rotate: {every: 90d, overlap: 7d}"
    project.write(user("bot") + api_key("bot", "ci", "key: {generate: {prefix: acme}}", *terms))
    apply(project)
    apply(project, rotate={Address("ApiKey", ("bot", "ci")): Forced()})
    assert [run.command for run in runs(project)] == ["rotate", "apply"]


def test_a_rollback_is_called_so(project: Project) -> None:
    for nickname in ("A", "B"):
        project.write(renamed(nickname))
        apply(project)
    apply(project, rollback=runs(project)[0].id)
    assert [run.command for run in runs(project)] == ["rollback", "apply", "apply"]


def test_runs_are_found_by_who_when_and_what(project: Project) -> None:
    project.write(user("alice") + api_key("alice", "ci", f"key: {{hash: {'c' * 64}}}"))
    apply(project, environ=JOB)
    project.write(renamed("Liz") + api_key("alice", "ci", f"key: {{hash: {'c' * 64}}}"))
    apply(project, environ={"PROVISION_ACTOR": "dave"})
    newest, oldest = runs(project)

    def found(pattern: str | None = None, wanted: Wanted = ALL) -> list[str]:
        return [run.id for run in asyncio.run(list_history(request(project), wanted, pattern))]

    assert found() == [newest.id, oldest.id]
    assert found(wanted=Wanted(limit=1)) == [newest.id]
    assert found(wanted=Wanted(actor="carol")) == [oldest.id]
    assert found(wanted=Wanted(actor="Carol")) == []
    assert found(wanted=Wanted(since=newest.started_at)) == [newest.id]
    assert found(wanted=Wanted(until=newest.started_at)) == [oldest.id]
    assert found("ApiKey/*") == [oldest.id]
    assert found("User/*") == [newest.id, oldest.id]
    assert found("user/*") == found("User/al_ce") == found("ApiKey/alice") == []
    assert found("*/ali[a-f]e*", Wanted(actor="dave")) == [newest.id]


def test_one_run_is_shown_by_the_beginning_of_its_id(project: Project) -> None:
    project.write(user("alice"))
    apply(project)
    [run] = runs(project)
    entry, [change] = asyncio.run(show_history(request(project), run.id[:6]))
    assert (entry.id, change.address) == (run.id, "User/alice")
    for prefix in ("none", "%", run.id.upper().replace("-", "_")):
        with pytest.raises(InvalidInputError):
            asyncio.run(show_history(request(project), prefix))


def test_two_runs_that_begin_alike_are_not_guessed_between(project: Project) -> None:
    for nickname in ("A", "B"):
        project.write(renamed(nickname))
        apply(project)
    with pytest.raises(InvalidInputError) as error:
        asyncio.run(show_history(request(project), ""))
    assert "2 runs begin with" in error.value.problems[0].message


def test_a_delivery_that_waits_is_part_of_the_outcome(project: Project) -> None:
    key = api_key("bot", "ci", "key: {generate: {prefix: acme}}", "deliver_to: [{file: {path: ../out/ci.key}}]")
    project.write(user("bot") + key)
    apply(project)
    [entry] = asyncio.run(list_history(request(project)))
    assert entry.outcome == "applied"
    pending = f'{{"key":{{"pending":"{entry.id}"}}}}'
    project.sql("UPDATE provision_resource SET secrets = :it WHERE address = 'ApiKey/bot/ci'", it=pending)
    [entry] = asyncio.run(list_history(request(project)))
    assert entry.outcome == "applied, 1 delivery waiting"


def test_where_nothing_was_ever_applied_there_is_no_history(project: Project) -> None:
    assert runs(project) == []
    assert changes(project) == []
    assert asyncio.run(list_history(request(project), pattern="User/*")) == []
