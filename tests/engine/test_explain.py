"""Explaining a resource on each kind of database."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from provision.core.address import parse_address
from provision.errors import InvalidInputError
from provision.reconcile.explain import explain_resources
from provision.report.explain_json import as_json
from provision.report.explain_text import as_text
from provision.report.explain_words import Explanation
from tests.engine.runs import apply, content, on_sqlite, request
from tests.postgres import Server
from tests.project import Project, api_key, make_project, user

MOMENT = r"20\d\d-\d\d-\d\dT[0-9:.]+Z"


def explained(project: Project, *addresses: str) -> Explanation:
    return asyncio.run(explain_resources(request(project), [parse_address(text) for text in addresses]))


def text(project: Project, *addresses: str) -> str:
    return "\n".join(as_text(explained(project, *addresses)))


def paragraph(project: Project, address: str, name: str) -> str:
    """What is said of one field."""
    return next(part for part in text(project, address).split("\n\n") if part.startswith(f"  {name}"))


@pytest.fixture
def alice(project: Project) -> Project:
    project.write(
        user("alice", "email: a@example.com", "password: {from: {env: ALICE}}", metadata=["labels: {a: b}"])
    )
    apply(project, environ={"ALICE": "s3cret-of-alice"})
    return project


def test_a_field_changed_by_hand_drifts_and_it_is_said_since_when_at_the_earliest(alice: Project) -> None:
    alice.sql("UPDATE sys_user SET nickname = 'By hand'")
    said = paragraph(alice, "User/alice", "nickname")
    assert said.startswith('  nickname = "By hand"\n      managed by git: manifests/all.yaml:8\n')
    assert re.search(
        rf'drifts: applied "Alice", found "By hand"; changed some time after {MOMENT}\n'
        rf"      written last by run [0-9a-f]{{8}} \(create\) at {MOMENT}, by .*, from manifests/all.yaml:2$",
        said,
    )


def test_a_field_changed_in_git_waits_for_its_apply(alice: Project) -> None:
    alice.write(user("alice", "email: new@example.com"))
    said = paragraph(alice, "User/alice", "email")
    assert said.startswith(
        '  email = "a@example.com"\n      declared "new@example.com" in manifests/all.yaml:8, not applied yet\n'
    )
    assert "drifts" not in said


def test_a_field_that_was_never_declared_is_not_managed(alice: Project) -> None:
    assert paragraph(alice, "User/alice", "phone") == "  phone = null\n      not managed"


def test_a_secret_is_not_shown_and_its_source_is_not_read(alice: Project) -> None:
    said = text(alice, "User/alice")
    assert "  password = (sensitive)\n      managed by git: manifests/all.yaml:10\n" in said
    assert "s3cret" not in said
    assert "$2b$" not in "".join(as_json(explained(alice, "User/alice")))


def test_the_resource_itself_is_explained(alice: Project) -> None:
    head = text(alice, "User/alice").split("\n\n")[1].splitlines()
    assert head[0] == "User/alice: declared in manifests/all.yaml:2, and managed"
    assert head[1:3] == ["  state: present, on_remove: disable, prevent_removal: false", "  labels: a=b"]
    assert re.match(r"  last changed by run [0-9a-f]{8} \(create\)", head[3])


def test_what_is_remembered_alone_awaits_its_removal(alice: Project) -> None:
    alice.write(user("bob"))
    said = text(alice, "User/alice", "User/bob")
    assert "User/alice: not declared any more, last in manifests/all.yaml:2; managed until it is removed" in said
    assert "managed until its resource is removed" in said
    assert "User/bob: declared in manifests/all.yaml:2, and not applied yet: there is no such row" in said


def test_a_released_field_was_declared_once(alice: Project) -> None:
    alice.write(user("alice"))
    assert "no longer declared: left as it is by the next apply" in paragraph(alice, "User/alice", "email")
    apply(alice)
    assert "released: declared once, not managed any more" in paragraph(alice, "User/alice", "email")


def test_another_projects_row_is_said_to_be_managed_there(alice: Project) -> None:
    other = make_project(alice.folder.parent / "other", alice.url, project="crm")
    other.write(user("bob"))
    said = "\n".join(
        as_text(asyncio.run(explain_resources(request(other, config=other.folder / "provision.toml"), [ADDRESS])))
    )
    assert "User/alice: managed by another project, 'acme'" in said


ADDRESS = parse_address("User/alice")


def test_a_renamed_resource_keeps_its_history(project: Project) -> None:
    key = api_key("alicia", "laptop", "key: {hash: " + "a" * 64 + "}")
    project.write(user("alicia") + key)
    apply(project)
    project.write(user("alice", metadata=["previously: [alicia]"]) + key.replace("alicia", "alice"))
    assert "its row is still called User/alicia" in text(project, "User/alice")
    assert "User/alice was called so, as it is declared" in text(project, "User/alicia")
    apply(project)
    assert "written last by run" in paragraph(project, "User/alice", "status")
    assert "last changed by run" in text(project, "ApiKey/alice/laptop")
    assert "generation 1" in text(project, "ApiKey/alice/laptop")


def test_nothing_is_written_and_a_removed_row_is_remembered_by_its_history(alice: Project) -> None:
    alice.write(user("alice", metadata=["lifecycle: {state: absent, on_remove: delete}"]))
    apply(alice)
    before = content(alice)
    assert "User/alice: declared absent in manifests/all.yaml:2" in text(alice, "User/alice")
    alice.write(user("bob"))
    assert "User/alice: neither declared nor managed, and its row is gone" in text(alice, "User/alice")
    assert content(alice) == before


def test_json_has_the_values_and_none_of_a_secret(alice: Project) -> None:
    alice.sql("UPDATE sys_user SET nickname = 'By hand'")
    [found] = json.loads("".join(as_json(explained(alice, "User/alice"))))["resources"]
    fields = {item["name"]: item for item in found["fields"]}
    nickname = fields["nickname"]
    assert (nickname["standing"], nickname["applied"], nickname["found"]) == ("drifted", "Alice", "By hand")
    assert nickname["drifted_after"] == found["last_changed_by"]["at"]
    assert found["last_changed_by"]["commit"] == nickname["written_last_by"]["commit"]
    assert fields["password"]["found"] is None
    assert fields["password"]["sensitive"] is True


@on_sqlite
@pytest.mark.parametrize(
    ("address", "message", "hint"),
    [
        ("User/alcie", "User/alcie is neither declared, nor in the ledger, nor in the", "did you mean User/alice?"),
        ("Usr/alice", "Usr/alice: there is no kind Usr", "the kinds are: ApiKey, "),
        ("ApiKey/ci", "ApiKey/ci has 1 part, and addresses of ApiKey have 2", "write ApiKey/<user>/<name>"),
        ("User/zzz", "User/zzz is neither declared", "an address is written as a plan shows it"),
    ],
)
def test_what_is_unknown_is_an_error_with_close_matches(
    alice: Project, address: str, message: str, hint: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        explained(alice, "User/alice", address)
    [problem] = caught.value.problems
    assert problem.message.startswith(message)
    assert hint in problem.hint


@on_sqlite
def test_before_anything_is_applied_a_declared_resource_is_explained(project: Project) -> None:
    project.write(user("alice"))
    assert 'declared "Alice" in manifests/all.yaml:7, not applied yet' in text(project, "User/alice")


def test_a_login_that_may_only_read_is_enough(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: Server,
    postgres_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make_project(tmp_path_factory.mktemp("p") / "project", postgres_server.url(postgres_database))
    monkeypatch.chdir(project.folder)
    project.write(user("alice"))
    apply(project)
    project.sql("DROP ROLE IF EXISTS explain_reader")
    project.sql("CREATE ROLE explain_reader LOGIN")
    project.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO explain_reader")
    try:
        reader = project.url.replace("postgres@", "explain_reader@", 1)
        assert "explain_reader" in reader
        found = asyncio.run(explain_resources(request(project, environ={"DATABASE_URL": reader}), [ADDRESS]))
        assert found.accounts[0].exists
    finally:
        project.sql("DROP OWNED BY explain_reader")
        project.sql("DROP ROLE explain_reader")
