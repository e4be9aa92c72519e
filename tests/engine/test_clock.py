"""Time is the database's: what is written is by its clock, and a machine whose clock differs is told so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provision.reconcile import propose
from tests.engine.runs import apply, plan
from tests.project import Project, api_key, user

KEY = "key: {generate: {prefix: acme}}"
DELIVER = "deliver_to: [{file: {path: ../out/key}}]"


class Wrong(datetime):
    """The clock of a machine that is ten minutes fast."""

    off = timedelta(minutes=10)

    @classmethod
    def now(cls, tz: object = None) -> Wrong:  # only UTC is asked for
        assert tz is UTC
        found = datetime.now(UTC) + cls.off
        return cls.fromisoformat(found.isoformat())


@pytest.mark.parametrize(("off", "which"), [(timedelta(minutes=10), "ahead of"), (timedelta(minutes=-10), "behind")])
def test_a_machine_whose_clock_is_wrong_is_told_so(
    project: Project, monkeypatch: pytest.MonkeyPatch, off: timedelta, which: str
) -> None:
    project.write(user("alice"))
    assert not plan(project).warnings
    monkeypatch.setattr(Wrong, "off", off)
    monkeypatch.setattr(propose, "datetime", Wrong)
    [warning] = plan(project).warnings
    assert f"s {which} the database's, which is the one that counts" in warning
    assert warning.startswith(("this machine's clock is 600 s", "this machine's clock is 599 s"))


def test_what_is_written_as_now_is_the_assumed_moment_of_the_run(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER))
    apply(project)
    project.write(user("bot"))
    apply(project, as_of="2031-05-06T07:08:09Z", prune=True)
    [(revoked,)] = project.sql("SELECT revoked_at FROM sys_api_key")
    assert str(revoked).startswith("2031-05-06 07:08:09")
