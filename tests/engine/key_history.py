"""A model of a key's history, written from the promises and not from the code, beside a real project."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Never

import pytest

from provision.core.address import Address
from provision.core.rotation import Forced
from provision.database.writing.delivered import mark_delivered
from provision.errors import InvalidInputError
from provision.reconcile import finish, run
from provision.reconcile.delivery import Deliveries
from provision.secrets import delivery
from tests.engine.runs import actions, apply, plan
from tests.project import Project, api_key, user

CI = Address("ApiKey", ("bot", "ci"))
HOUR, DAY = 3600.0, 86_400.0
# Where a run is killed: before anything is staged, before the commit, before the secret is where it belongs, before
# the ledger knows that it is, and before what was staged is cleared away.
CRASHES = ("staging", "commit", "reveal", "mark", "discard")
# What passes by the real clocks while a test runs, and what is cut off moments.
SLACK = 120.0


class Killed(BaseException):
    """The machine went down."""


@contextmanager
def killed_before(point: str | None) -> Iterator[None]:
    """Runs in here die at that point, if they come to it; nothing else about them changes."""

    def die(*_given: Any, **_named: Any) -> Never:
        raise Killed

    stage = Deliveries.stage

    def stage_and_die(self: Deliveries, run_id: str, secrets: Any) -> None:
        stage(self, run_id, secrets)
        raise Killed

    async def die_with_something_to_mark(*given: Any) -> None:
        if given[3]:
            raise Killed
        await mark_delivered(*given)

    with pytest.MonkeyPatch.context() as patch:
        match point:
            case "staging":
                patch.setattr(Deliveries, "stage", die)
            case "commit":
                patch.setattr(Deliveries, "stage", stage_and_die)
            case "reveal":
                patch.setattr(run, "_deliver", die)
            case "mark":
                patch.setattr(finish, "mark_delivered", die_with_something_to_mark)
            case "discard":
                patch.setattr(delivery, "discard", die)
            case _:
                pass
        yield


@dataclass(slots=True)
class Generation:
    """What we know of a row: who made it, whether it was delivered, and until when it has to work.

    `overlap` is that of the rotation which made it. `end` is when those that it succeeded may stop, once it is there.
    """

    ours: bool
    overlap: float = 0
    delivered: bool = False
    succeeded_by: int | None = None
    end: float | None = None
    stopped: bool = False
    forgiven: bool = False


@dataclass(slots=True)
class History:
    """One key of one project, the steps that happen to it, and the promises that are kept after each."""

    project: Project
    now: float = HOUR
    every: int = 40
    overlap: int = 7
    declared: bool = True
    generations: dict[int, Generation] = field(default_factory=dict)
    pending: int | None = None
    crashes: int = 0

    @property
    def out(self) -> Path:
        """The folder that the key goes to."""
        return self.project.folder / "out"

    def begin(self) -> None:
        """Forget what the last example left."""
        shutil.rmtree(self.out, ignore_errors=True)
        tables = {name for (name,) in self.project.sql(TABLES[self.project.url.split("+")[0]])}
        for table in ("provision_change", "provision_resource", "provision_run", "sys_api_key", "sys_user"):
            if table in tables:
                self.project.sql(f"DELETE FROM {table}")
        self.declare()

    def declare(self) -> None:
        """Write the manifests as they are to be now."""
        text = user("bot")
        if self.declared:
            text += api_key(
                "bot",
                "ci",
                "key: {generate: {prefix: acme}}",
                "deliver_to: [{file: {path: ../out/ci.key}}]",
                f"rotate: {{every: {self.every}d, overlap: {self.overlap}d}}",
            )
        self.project.write(text)

    def rows(self) -> dict[int, tuple[bool, str]]:
        """Of each generation whether it works, and its hash."""
        query = "SELECT generation, is_active, revoked_at IS NULL, key_hash FROM sys_api_key ORDER BY 1"
        return {row[0]: (bool(row[1]) and bool(row[2]), row[3]) for row in self.project.sql(query)}

    def staged(self) -> list[Path]:
        """What waits on this machine."""
        return list(self.out.glob(".ci.key.provision-*")) if self.out.exists() else []

    def revealed(self) -> str | None:
        """The hash of the key that the sink holds."""
        file = self.out / "ci.key"
        return _digest(file) if file.is_file() else None

    # What may happen.

    def wait(self, seconds: float) -> None:
        """Time goes by."""
        self.now += seconds

    def change_terms(self, every: int, overlap: int) -> None:
        """Somebody changes the manifest."""
        self.every, self.overlap = every, overlap
        self.declare()

    def toggle(self) -> None:
        """The manifest of the key goes, or comes back."""
        self.declared = not self.declared
        self.declare()

    def lose(self) -> None:
        """Another machine goes on: what was staged is not there."""
        for file in self.staged():
            file.unlink()
        if self.pending is not None:
            self.generations[self.pending].forgiven = True

    def revoke_by_hand(self) -> None:
        """Somebody stops the current key in the application."""
        if self.generations:
            highest = max(self.generations)
            self.project.sql("UPDATE sys_api_key SET is_active = false WHERE generation = :number", number=highest)
            self.generations[highest].stopped = True

    def make_by_hand(self) -> None:
        """The application makes a key of its own on top."""
        if self.generations:
            number = max(self.generations)
            self.project.sql(COPY, number=number, hash=sha256(str(number).encode()).hexdigest())
            self.generations[number + 1] = Generation(ours=False)

    def apply(self, *, crash: str | None = None, prune: bool = False) -> None:
        """`provision apply`, which dies at that point if it comes to it."""
        self._run(crash, Forced(), prune=prune)
        if prune and not self.declared:
            self._forget()

    def rotate(self, *, crash: str | None = None, revoke_now: bool = False) -> None:
        """`provision rotate`."""
        if self.declared:
            self._run(crash, Forced(revoke_now=revoke_now), asked=True)

    def _run(self, crash: str | None, forced: Forced, *, prune: bool = False, asked: bool = False) -> None:
        before, waited = self.rows(), self.pending
        rotate = {CI: forced} if asked else {}
        is_done = False
        try:
            with killed_before(crash):
                apply(self.project, as_of=self.now, prune=prune, rotate=rotate)
                is_done = True
        except Killed:
            self.crashes += 1
        except InvalidInputError as error:
            if before or "waits to be" not in str(error.problems[0]):
                raise
        new = sorted(self.rows().keys() - before.keys())
        assert len(new) <= 1, f"{len(new)} keys were made by one run"
        at_hand = waited is not None and self.declared and not self.generations[waited].forgiven
        if at_hand and (crash != "mark" or is_done):
            self._deliver(waited)
        if new:
            self._made(new[0], before, revoke_now=forced.revoke_now)
            if is_done or crash == "discard":
                self._deliver(new[0])
        if is_done and not asked:
            self._settled(prune=prune)
        if is_done and self.declared:
            self._current()

    def _made(self, number: int, before: dict[int, tuple[bool, str]], *, revoke_now: bool) -> None:
        assert number == max(before, default=0) + 1
        lost = self.pending
        for earlier, found in self.generations.items():
            if revoke_now:
                found.stopped = True
            elif earlier == lost:
                assert found.forgiven, "a key that is staged here was given up"
                assert not self.rows()[earlier][0], "a lost key works beside its successor"
            elif found.ours or earlier == max(before):
                found.succeeded_by = number if found.end is None else found.succeeded_by
        self.generations[number] = Generation(ours=True, overlap=self.overlap * DAY)
        self.pending = number

    def _deliver(self, number: int | None) -> None:
        assert number is not None
        made = self.generations[number]
        made.delivered = True
        self.pending = None
        for found in self.generations.values():
            if found.succeeded_by is not None and found.end is None:
                found.end = self.now + made.overlap

    def _forget(self) -> None:
        """Everything stopped and nothing remembered; only if the run came to its end, which the rows tell."""
        if not any(works for works, _ in self.rows().values()):
            self.pending = None
            for found in self.generations.values():
                found.stopped = True

    # What is promised.

    def _settled(self, *, prune: bool) -> None:
        """After an apply there is nothing to do."""
        view = plan(self.project, as_of=self.now, prune=prune)
        assert actions(view) == []
        for number, (works, _) in self.rows().items():
            known = self.generations[number]
            if known.forgiven and self.declared and not known.stopped:
                assert not works, f"generation {number} was lost and still works"
            if known.end is not None and self.declared and self.now > known.end + SLACK:
                assert not works or self._is_held_up(), f"generation {number} works after its overlap"

    def _is_held_up(self) -> bool:
        """Whether the successor that everything waits for was lost, and then stopped by somebody."""
        return self.pending is not None

    def _current(self) -> None:
        """The highest of our keys is where it belongs, and nothing is left in between."""
        rows = self.rows()
        ours = max((number for number, known in self.generations.items() if known.ours), default=None)
        if ours is not None and rows[ours][0]:
            assert self.revealed() == rows[ours][1], "the sink holds another key"
        assert self.staged() == [], "something is staged after a delivery"

    def check(self) -> None:
        """What holds after every step, whatever it was."""
        rows = self.rows()
        assert rows.keys() == self.generations.keys()
        held = {_digest(file) for file in self.staged()} | {self.revealed()}
        for number, (works, digest) in rows.items():
            known = self.generations[number]
            if works and known.ours:
                fine = known.delivered or known.forgiven or digest in held
                assert fine, f"generation {number} works, and nobody has it"
            if not works and not known.stopped and (known.delivered or not known.ours):
                assert known.end is not None, f"generation {number} stopped before its successor was delivered"
                assert self.now >= known.end - SLACK, f"generation {number} stopped before its overlap was over"


def _digest(file: Path) -> str:
    return sha256(file.read_bytes().removesuffix(b"\n")).hexdigest()


TABLES = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
    "mariadb": "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
}
COPY = """
INSERT INTO sys_api_key (user_id, name, key_hash, scopes, is_active, generation, created_time)
SELECT user_id, name, :hash, scopes, true, generation + 1, created_time FROM sys_api_key WHERE generation = :number
"""
