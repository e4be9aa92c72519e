"""What a careful person would ask back about is refused, with the flag that lifts it, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provision.core.ceiling import Ceiling, parse_ceiling
from provision.core.guards import Limits
from provision.errors import ExitCode, InvalidInputError, RefusedError
from provision.report.view import PlanView
from tests.engine.runs import actions, apply, content, meanwhile, on_sqlite, plan
from tests.project import Project, make_project, user

ANY = Limits(max_removals=Ceiling(count=1000))


def declare(project: Project, count: int) -> None:
    project.write("".join(user(f"u{number:02}") for number in range(count)))


@on_sqlite
@pytest.mark.parametrize(
    ("before", "after", "limit", "refused"),
    [
        (9, 1, "25%", False),
        (10, 8, "25%", False),
        (10, 7, "25%", True),
        (12, 9, "25%", False),
        (12, 8, "25%", True),
        (12, 8, "34%", False),
        (12, 1, "100%", False),
        (12, 11, "0%", True),
        (3, 1, "1", True),
        (3, 1, "2", False),
        (3, 2, "0", True),
    ],
)
def test_more_removals_than_allowed_are_refused(
    project: Project, before: int, after: int, limit: str, refused: bool
) -> None:
    declare(project, before)
    apply(project)
    declare(project, after)
    unchanged = content(project)
    limits = Limits(max_removals=parse_ceiling(limit))
    if refused:
        with pytest.raises(RefusedError) as caught:
            apply(project, prune=True, limits=limits)
        assert caught.value.exit_code == ExitCode.REFUSED
        assert content(project) == unchanged
        [refusal] = plan(project, prune=True, limits=limits).refusals
        assert (
            refusal.message
            == f"{before - after} of {before} managed resources would be removed; the limit is {limit}"
        )
        assert refusal.hint == f"if that is what you want: --max-removals {before - after}"
        apply(project, prune=True, limits=Limits(max_removals=Ceiling(count=before - after)))
    else:
        apply(project, prune=True, limits=limits)
    assert project.sql("SELECT count(*) FROM sys_user WHERE status = 1") == [(after,)]


def test_declaring_everything_absent_is_a_removal_too(project: Project) -> None:
    declare(project, 10)
    apply(project)
    absent = ["lifecycle: {state: absent}"]
    project.write("".join(user(f"u{number:02}", metadata=absent) for number in range(10)))
    with pytest.raises(RefusedError):
        apply(project)


def test_abandoning_many_is_no_removal(project: Project) -> None:
    project.write(
        "".join(user(f"u{number:02}", metadata=["lifecycle: {on_remove: abandon}"]) for number in range(12))
    )
    apply(project)
    declare(project, 1)
    assert not plan(project, prune=True).refusals


@on_sqlite
@pytest.mark.parametrize(
    "without_her",
    [
        user("root"),
        user("root", "is_superuser: true", "status: disabled"),
        user("root", metadata=["lifecycle: {state: absent}"]),
        user("root", metadata=["lifecycle: {state: absent, on_remove: delete}"]),
        user("somebody"),
    ],
    ids=["demoted", "disabled", "absent", "deleted", "pruned"],
)
def test_the_last_enabled_superuser_does_not_go_by_accident(project: Project, without_her: str) -> None:
    project.write(user("root", "is_superuser: true") + user("bob"))
    apply(project)
    project.write(without_her + user("bob"))
    before = content(project)
    with pytest.raises(RefusedError):
        apply(project, prune=True)
    assert content(project) == before
    [refusal] = plan(project, prune=True).refusals
    assert refusal.message == "no enabled superuser would be left (User: 1 now, 0 afterwards)"
    assert "--allow-no-superuser" in refusal.hint
    apply(project, prune=True, limits=Limits(allow_no_superuser=True))
    left = "SELECT count(*) FROM sys_user WHERE is_superuser AND status = 1"
    assert project.sql(left) == [(0,)]


def test_a_condition_that_says_nothing_holds_for_every_row(project: Project) -> None:
    settings = project.folder / "provision.toml"
    text, condition = (
        settings.read_text(encoding="utf-8"),
        'administrators = { is_superuser = true, status = "active" }',
    )
    assert condition in text
    settings.write_text(text.replace(condition, "administrators = {}"), encoding="utf-8")
    project.write(user("alice") + user("bob"))
    apply(project)
    assert plan(project).plan.administrators == {"User": (2, 2)}


def test_a_superuser_may_go_while_another_arrives_or_stays(project: Project) -> None:
    project.write(user("root", "is_superuser: true"))
    apply(project)
    project.write(user("queen", "is_superuser: true"))
    assert actions(apply(project, prune=True)) == ["create User/queen", "disable User/root"]
    project.write(user("bob"))
    project.sql("UPDATE sys_user SET is_superuser = true, status = 1 WHERE username = 'root'")
    assert actions(apply(project, prune=True)) == ["create User/bob", "disable User/queen"]


def test_a_row_of_another_project_is_refused_until_it_is_taken_over(project: Project, tmp_path: Path) -> None:
    project.write(user("shared") + user("theirs"))
    apply(project)
    mine = make_project(tmp_path / "mine", project.url, project="umbrella")
    mine.write(user("shared", "email: s@example.com"))
    before = content(mine)
    with pytest.raises(RefusedError):
        apply(mine)
    assert content(mine) == before
    [refusal] = plan(mine).refusals
    assert refusal.message == "User/shared is managed by another project, 'acme'"
    assert "--take-over" in refusal.hint

    assert actions(apply(mine, limits=Limits(take_over=True))) == ["adopt User/shared"]
    assert plan(mine).plan.is_empty
    owners = "SELECT project, address FROM provision_resource ORDER BY address"
    assert project.sql(owners) == [("umbrella", "User/shared"), ("acme", "User/theirs")]
    with pytest.raises(RefusedError):
        apply(project)


def test_two_projects_in_one_database_do_not_prune_each_other(project: Project, tmp_path: Path) -> None:
    project.write(user("a"))
    apply(project)
    other = make_project(tmp_path / "other", project.url, project="umbrella")
    other.write(user("b"))
    assert actions(apply(other, prune=True)) == ["create User/b"]
    assert plan(project, prune=True).plan.is_empty


def test_declaring_another_projects_row_absent_is_refused(project: Project, tmp_path: Path) -> None:
    project.write(user("a"))
    apply(project)
    other = make_project(tmp_path / "other", project.url, project="umbrella")
    other.write(user("a", metadata=["lifecycle: {state: absent, on_remove: delete}"]))
    with pytest.raises(RefusedError):
        apply(other)


@on_sqlite
@pytest.mark.parametrize(
    ("manifests", "message"),
    [
        ({"all.yaml": ""}, "manifests/all.yaml:1:1: holds no document."),
        ({"all.yaml": "# nothing\n---\n...\n"}, "manifests/all.yaml"),
        ({}, "manifests: the folder holds no manifest."),
        ({".hidden.yaml": "x", "notes.txt": "x"}, "manifests: the folder holds no manifest."),
        ({"all.yaml": "\x00"}, "manifests/all.yaml:1:1: control character U+0000."),
        ({"all.yaml": "kind: ["}, "manifests/all.yaml:2:1: a value is missing."),
        ({"all.yaml": None}, "manifests/all.yaml: the link points to nothing."),
    ],
)
def test_input_that_says_nothing_never_removes_anything(
    project: Project, manifests: dict[str, str | None], message: str
) -> None:
    project.write(user("a") + user("b"))
    apply(project)
    project.remove("all.yaml")
    before = content(project)
    for name, text in manifests.items():
        if text is None:
            (project.folder / "manifests" / name).symlink_to("nowhere")
        else:
            project.write(text, name)
    with pytest.raises(InvalidInputError) as caught:
        apply(project, prune=True, limits=Limits(max_removals=Ceiling(count=1000), allow_no_superuser=True))
    assert caught.value.exit_code == ExitCode.ERROR
    assert str(caught.value.problems[0]).startswith(message)
    assert content(project) == before


def test_one_file_that_cannot_be_read_stops_everything(project: Project) -> None:
    project.write(user("a"), "a.yaml")
    project.write(user("b"), "b.yaml")
    apply(project)
    project.write("", "a.yaml")
    before = content(project)
    with pytest.raises(InvalidInputError, match="1 problem found"):
        apply(project, prune=True, limits=ANY)
    assert content(project) == before


def test_a_guard_that_only_fires_under_the_lock_is_heard(project: Project) -> None:
    project.write(user("root", "is_superuser: true") + user("other", "is_superuser: true"))
    apply(project)
    project.sql("DELETE FROM provision_resource WHERE address = 'User/other'")
    project.write(user("root"))
    between: dict[str, list[str]] = {}

    def demote() -> None:
        project.sql("UPDATE sys_user SET is_superuser = false WHERE username = 'other'")
        between.update(content(project))

    with pytest.raises(RefusedError):
        apply(project, approve=meanwhile(demote))
    assert content(project) == between


def test_a_refused_plan_is_shown_first_and_costs_no_hashing(project: Project) -> None:
    project.write(user("root", "is_superuser: true"))
    apply(project)
    project.write(user("root") + user("bob", "password: {from: {env: PASSWORD}}"))
    shown: list[PlanView] = []
    stages: list[str] = []

    def progress(label: str, _done: int, _total: int) -> None:
        stages.append(label)

    with pytest.raises(RefusedError):
        apply(project, approve=shown.append, progress=progress, environ={"PASSWORD": "opensesame"})
    assert [len(view.refusals) for view in shown] == [1]
    assert stages == []


def guards(project: Project, *lines: str) -> None:
    """The project's own guards."""
    file = project.folder / "provision.toml"
    text = file.read_text(encoding="utf-8").partition("\n[guards]")[0]
    file.write_text("\n".join([text, "[guards]", *lines, ""]), encoding="utf-8")


def refused(project: Project, *messages: str, **options: Any) -> None:
    """Refused with exactly these messages, and nothing is written."""
    before = content(project)
    assert [refusal.message for refusal in plan(project, **options).refusals] == list(messages)
    with pytest.raises(RefusedError):
        apply(project, **options)
    assert content(project) == before


@on_sqlite
def test_the_projects_limits_hold_and_the_flag_takes_the_place_of_one(project: Project) -> None:
    guards(project, "max_removals = 1", "max_changes = 3")
    declare(project, 4)
    refused(project, "4 resources would change, with 0 managed; the limit is 3")
    guards(project, "max_removals = 1")
    apply(project)
    declare(project, 1)
    message = "3 of 4 managed resources would be removed; the limit is"
    refused(project, f"{message} 1", prune=True)
    refused(project, f"{message} 2", prune=True, limits=Limits(max_removals=Ceiling(count=2)))
    apply(project, prune=True, limits=Limits(max_removals=Ceiling(count=3)))


@on_sqlite
def test_the_flag_on_the_command_line_takes_the_place_of_the_projects_limit(project: Project) -> None:
    guards(project, "max_removals = 0")
    declare(project, 2)
    apply(project)
    declare(project, 1)
    done = project.run("apply", "--prune")
    assert done.code == ExitCode.REFUSED
    assert "the limit is 0" in done.stdout
    assert project.run("apply", "--prune", "--max-removals", "100%").code == ExitCode.DONE


@on_sqlite
@pytest.mark.parametrize(
    ("manifests", "what"),
    [
        ("", "disabled (manifests/all.yaml:2)"),
        (user("root", metadata=["lifecycle: {state: absent, on_remove: delete}"]), "deleted (manifests/all.yaml:2)"),
        (user("root", "status: disabled"), "disabled (manifests/all.yaml:2)"),
        (user("boss", metadata=["previously: [root]"]), "renamed (manifests/all.yaml:2)"),
    ],
    ids=["pruned", "deleted", "disabled", "renamed"],
)
def test_what_is_protected_stays_as_it_is(project: Project, manifests: str, what: str) -> None:
    project.write(user("root") + user("bob"))
    apply(project)
    guards(project, 'protected = ["*/ro?t"]')
    project.write(manifests + user("bob", "email: bob@example.com"))
    refused(project, f"User/root would be {what}, and */ro?t is protected", prune=True)
    guards(project, 'protected = ["User/alice"]')
    apply(project, prune=True)


@on_sqlite
def test_what_is_written_has_the_labels_that_the_project_requires(project: Project) -> None:
    project.write(user("old"))
    apply(project)
    guards(project, 'required_labels = ["owner"]')
    assert plan(project).plan.is_empty
    assert not plan(project).refusals
    project.write(user("old", "email: old@example.com") + user("new"))
    refused(
        project,
        "User/new (manifests/all.yaml:10) lacks the label owner",
        "User/old (manifests/all.yaml:2) lacks the label owner",
    )
    owned = ["labels: {owner: payments}"]
    project.write(user("old", "email: old@example.com", metadata=owned) + user("new", metadata=owned))
    apply(project)


@on_sqlite
def test_a_rollback_asks_for_no_labels_since_there_is_no_manifest_to_add_them_to(project: Project) -> None:
    project.write(user("old", "email: old@example.com"))
    apply(project)
    project.write(user("old", "email: new@example.com"))
    apply(project)
    guards(project, 'required_labels = ["owner"]', 'protected = ["User/nobody"]')
    [(run,)] = project.sql("SELECT id FROM provision_run ORDER BY started_at DESC LIMIT 1")
    assert actions(apply(project, rollback=run)) == ["update User/old"]


@on_sqlite
def test_a_rollback_passes_the_other_guards(project: Project) -> None:
    project.write(user("root"))
    apply(project)
    guards(project, 'protected = ["User/root"]')
    [(run,)] = project.sql("SELECT id FROM provision_run ORDER BY started_at DESC LIMIT 1")
    assert [refusal.guard for refusal in plan(project, rollback=run).refusals] == ["protected"]
    with pytest.raises(RefusedError):
        apply(project, rollback=run)
