"""A key whose delivery fails after the commit: it is tried again, and never costs the former one its overlap."""

from __future__ import annotations

import os
from typing import Any

import pytest

from provision.core.rotation import Forced
from provision.errors import ExitCode
from provision.secrets.delivery import UndeliverableError
from tests.engine.runs import actions, apply, content, on_sqlite, plan
from tests.engine.test_rotation import CI, DAY, GENERATE, ROTATE, digest, hashes, in_days, rows
from tests.project import Project, api_key, user


@pytest.fixture
def broken(project: Project) -> Project:
    """A project whose key has been delivered to a program, which refuses whatever it is given from now on."""
    settings = project.folder / "provision.toml"
    settings.write_text(f'{settings.read_text()}\n[secrets]\ncommands = ["vault"]\n')
    vault = project.folder / "vault"
    vault.write_text(f"#!/bin/sh\n[ -e '{project.folder}/sealed' ] && exit 3\ncat > '{project.folder}/held'\n")
    vault.chmod(0o755)
    project.environ["PATH"] = f"{project.folder}:{os.environ['PATH']}"
    project.write(user("bot") + api_key("bot", "ci", GENERATE, "deliver_to: [{command: [vault, put]}]", ROTATE))
    apply(project)
    seal(project)
    return project


def seal(project: Project) -> None:
    (project.folder / "sealed").touch()


def unseal(project: Project) -> None:
    (project.folder / "sealed").unlink()


def held(project: Project) -> str:
    return (project.folder / "held").read_text()


def staged(project: Project) -> list[str]:
    return [path.read_text() for path in (project.folder / ".provision").iterdir()]


def fails(project: Project, days: float, **options: Any) -> str:
    """What an apply says whose delivery fails, that many days from now."""
    with pytest.raises(UndeliverableError) as caught:
        in_days(project, days, **options)
    assert caught.value.exit_code == ExitCode.ERROR
    return f"{caught.value.message}. {caught.value.hint}"


def test_what_is_written_and_what_is_kept_is_said_and_the_next_run_tries_again(broken: Project) -> None:
    first = held(broken)
    said = fails(broken, 91)
    assert (
        "the database is written, but ApiKey/bot/ci is not delivered: the command vault ended with exit code 3"
        in said
    )
    assert "what is staged is kept, and provision apply tries again" in said
    [second] = staged(broken)
    assert (held(broken), hashes(broken)) == (first, [digest(first), digest(second)])
    before = content(broken)
    assert fails(broken, 92) == said
    assert content(broken) == before
    unseal(broken)
    assert in_days(broken, 93).plan.is_empty
    assert (held(broken), staged(broken)) == (second, [])
    assert in_days(broken, 93).plan.is_empty
    assert rows(broken) == [(1, True, False), (2, True, False)]


def test_the_former_key_works_until_the_overlap_after_the_delivery_is_over(broken: Project) -> None:
    fails(broken, 91)
    assert plan(broken, as_of=99 * DAY).plan.is_empty
    fails(broken, 99)
    assert rows(broken) == [(1, True, False), (2, True, False)]
    unseal(broken)
    assert in_days(broken, 100).plan.is_empty
    assert in_days(broken, 106.9).plan.is_empty
    assert actions(in_days(broken, 107.1)) == ["retire ApiKey/bot/ci"]
    assert rows(broken) == [(1, False, True), (2, True, False)]
    assert digest(held(broken)) == hashes(broken)[1]


def test_a_rotation_that_is_asked_for_meanwhile_leaves_the_last_delivered_key_its_overlap(broken: Project) -> None:
    first = held(broken)
    fails(broken, 91)
    fails(broken, 99, rotate={CI: Forced()})
    assert rows(broken) == [(1, True, False), (2, True, False), (3, True, False)]
    assert held(broken) == first
    unseal(broken)
    assert in_days(broken, 100).plan.is_empty
    assert (digest(held(broken)), staged(broken)) == (hashes(broken)[2], [])
    assert in_days(broken, 106.9).plan.is_empty
    assert actions(in_days(broken, 107.1)) == ["retire ApiKey/bot/ci"]
    assert rows(broken) == [(1, False, True), (2, False, True), (3, True, False)]


def test_what_is_undelivered_and_lost_is_replaced_while_the_delivered_key_goes_on(broken: Project) -> None:
    fails(broken, 91)
    for path in (broken.folder / ".provision").iterdir():
        path.unlink()
    fails(broken, 120)
    assert rows(broken) == [(1, True, False), (2, False, True), (3, True, False)]
    unseal(broken)
    assert in_days(broken, 121).plan.is_empty
    assert in_days(broken, 127.9).plan.is_empty
    in_days(broken, 128.1)
    assert rows(broken) == [(1, False, True), (2, False, True), (3, True, False)]


@on_sqlite
def test_a_key_that_has_leaked_is_revoked_at_once_even_where_its_successor_cannot_be_delivered(
    broken: Project,
) -> None:
    fails(broken, 1, rotate={CI: Forced(revoke_now=True)})
    assert rows(broken) == [(1, False, True), (2, True, False)]
