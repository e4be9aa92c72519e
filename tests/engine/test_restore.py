"""A database that is restored from a backup: the ledger goes back with the rows, and what was delivered does not."""

from __future__ import annotations

import asyncio
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import make_url

from provision.core.address import Address
from provision.core.rotation import Forced
from provision.errors import StalePlanError
from provision.reconcile import run
from provision.reconcile.saved.request import approved_by
from tests.engine.past import runs, verify
from tests.engine.runs import apply, fields, on_sqlite, plan, request
from tests.project import Project, api_key, user

CI = Address("ApiKey", ("bot", "ci"))
KEY = (
    *("key: {generate: {prefix: acme}}", "deliver_to: [{file: {path: ../out/ci.key}}]"),
    "rotate: {every: 90d, overlap: 7d}",
)


def declared(email: str) -> str:
    return user("bot", f"email: {email}") + api_key("bot", "ci", *KEY)


def delivered_key_works(project: Project) -> bool:
    """Whether the application accepts the key in the file."""
    key = (project.folder / "out" / "ci.key").read_text(encoding="utf-8")
    query = "SELECT count(*) FROM sys_api_key WHERE key_hash = :hash AND is_active"
    return project.sql(query, hash=sha256(key.encode()).hexdigest()) == [(1,)]


@pytest.fixture
def restored(project: Project) -> Project:
    """Backed up, changed by two more runs, a plan saved after them, and restored."""
    file = Path(str(make_url(project.url).database))
    project.write(declared("old@example.com"))
    apply(project)
    shutil.copy(file, project.folder / "backup")
    project.write(declared("new@example.com"))
    apply(project)
    apply(project, rotate={CI: Forced()})
    project.write(declared("newer@example.com"))
    plan(project, save_to=Path("plan.json"))
    head = verify(project).head
    (project.folder / "head").write_text(str(head.hash if head else None), encoding="utf-8")
    shutil.copy(project.folder / "backup", file)
    return project


@on_sqlite
def test_a_plan_shows_what_git_declares_since_and_not_that_a_delivered_key_is_too_new(restored: Project) -> None:
    assert fields(plan(restored), "User/bot") == {"email": ("old@example.com", "newer@example.com")}
    assert fields(plan(restored), str(CI)) == {}
    assert not delivered_key_works(restored)
    apply(restored)
    assert not delivered_key_works(restored)
    apply(restored, rotate={CI: Forced(revoke_now=True)})
    assert delivered_key_works(restored)
    assert plan(restored).plan.is_empty


@on_sqlite
def test_a_head_that_was_noted_tells_that_runs_are_missing(restored: Project) -> None:
    assert len(runs(restored)) == 1
    assert not verify(restored).findings
    head = (restored.folder / "head").read_text(encoding="utf-8")
    assert [finding.message for finding in verify(restored, head).findings] == [f"no run has the hash {head}"]


@on_sqlite
def test_a_plan_that_was_saved_before_the_restore_is_refused(restored: Project) -> None:
    wanted = approved_by(restored.folder / "plan.json", request(restored))
    with pytest.raises(StalePlanError, match="User/bot: email"):
        asyncio.run(run.apply(wanted, lambda _view: None))
