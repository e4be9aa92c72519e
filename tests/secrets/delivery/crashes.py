"""Runs a step of a delivery in a process that kills itself at its n-th system call, for every n there is.

`python -m tests.secrets.delivery.crashes SINK STEP FOLDER` prints as JSON how often it was killed, and what was wrong
on the disk after that or after the next run had put it right.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from provision.core.secret import Secret
from provision.secrets.delivery import Delivery, discard, discard_run, find_staged, reveal, stage
from tests.secrets.delivery.deliveries import RUN, SECRET, below, delivery, left_over, mode, places

# Audit events (docs.python.org, "Audit events table") of system calls that change or open something.
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.scandir", "fcntl.flock", "subprocess.Popen"}
STEPS = ("stage", "reveal", "discard")
RECIPIENT = "age1pglhs4uykmh5wgr303ud3lkzwcp2ap6q05cnga0qgempy256d9nsag5h8c"
HEAD, END = "-----BEGIN AGE ENCRYPTED FILE-----\n", "\n-----END AGE ENCRYPTED FILE-----\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A sink, the text that is there before, and whether a text is the one that has to be there at the end."""

    sink: dict[str, Any]
    before: str | None
    is_right: Callable[[str], bool]
    is_whole: bool = True


def _is(text: str) -> Callable[[str], bool]:
    return lambda found: found == text


CASES = {
    "raw": Case(sink={"file": {"path": "s/t"}}, before="old", is_right=_is(SECRET)),
    "raw-new": Case(sink={"file": {"path": "s/t"}}, before=None, is_right=_is(SECRET)),
    "env": Case(
        sink={"file": {"path": "s/t", "format": "env", "name": "A"}},
        before="B=1\nA=old # mine\n",
        is_right=_is(f"B=1\nA={SECRET} # mine\n"),
    ),
    "json": Case(
        sink={"file": {"path": "s/t", "format": "json", "name": "A"}},
        before='{"B": 1}\n',
        is_right=_is(f'{{"B": 1, "A": "{SECRET}"}}\n'),
    ),
    "age": Case(
        sink={"age_file": {"path": "s/t", "recipients": [RECIPIENT]}},
        before="old",
        is_right=lambda found: found.startswith(HEAD) and found.endswith(END),
    ),
    "kubernetes": Case(
        sink={"kubernetes_secret": {"path": "s/t", "name": "a", "key": "k"}},
        before=None,
        is_right=lambda found: found.startswith("apiVersion: v1\n") and found.endswith('"\n') and '"k"' in found,
    ),
    # At least once: what a program does with it is its own affair.
    "command": Case(
        sink={"command": ["sh", "-c", "mkdir -p s; cat >> s/t"]},
        before=None,
        is_right=lambda found: found in (SECRET, SECRET * 2),
        is_whole=False,
    ),
}


@dataclass(slots=True, kw_only=True)
class Trial:
    """One case in a fresh folder."""

    case: Case
    folder: Path

    def run(self, step: str) -> None:
        """One step of the run; the delivery and the places are made anew, as another process would."""
        match step:
            case "stage":
                stage(RUN, [(self.delivery, Secret(SECRET))], self.places)
            case "reveal":
                failures = reveal(RUN, [self.delivery], self.places)
                assert failures == [], failures
            case _:
                discard(RUN, [self.delivery], self.places)

    @property
    def delivery(self) -> Delivery:
        return delivery(self.folder, self.case.sink)

    @property
    def places(self) -> Any:
        return replace(places(self.folder, commands=("sh",)), spool=self.folder / "spool")

    def target(self) -> str | None:
        path = self.folder / "s/t"
        return path.read_text() if path.exists() else None

    def prepare(self, steps: tuple[str, ...]) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        os.chdir(self.folder)
        if self.case.before is not None:
            (self.folder / "s").mkdir(0o700)
            (self.folder / "s/t").write_text(self.case.before)
            (self.folder / "s/t").chmod(0o600)
        for step in steps:
            self.run(step)

    def wrong_after_crash(self, step: str) -> Iterator[str]:
        """What may not be, whenever the process died."""
        target, old = self.target(), self.case.before
        if self.case.is_whole:
            new = target is not None and self.case.is_right(target)
            if not (new or (target == old and step != "discard")) or (new and step == "stage"):
                yield f"the target holds {target!r}"
        for path in below(self.folder):
            if mode(path) & 0o077 and self.case.is_whole:
                yield f"{path} has mode {mode(path):o}"
        if any(mode(path) & 0o077 for path in (self.folder / "spool", self.folder / "s") if path.exists()):
            yield from ["a folder is open"] if self.case.is_whole else []
        if step == "reveal" and find_staged([self.delivery], self.places) != {RUN: {self.delivery.slot}}:
            yield "what was staged is not found"

    def wrong_after_the_next_run(self, step: str) -> Iterator[str]:
        """The next run discards what was not committed, delivers what was, and leaves nothing."""
        if step == "stage":
            discard_run(RUN, [self.delivery], self.places)
            if self.target() != self.case.before or left_over(self.folder):
                yield f"not as before: {left_over(self.folder)}"
            self.run("stage")
        if step != "discard":
            self.run("reveal")
        if find_staged([self.delivery], self.places):
            self.run("discard")
        target = self.target()
        if target is None or not self.case.is_right(target):
            yield f"the target holds {target!r} at the end"
        if left_over(self.folder) or find_staged([self.delivery], self.places):
            yield f"left over: {left_over(self.folder)}"


def die_at(number: int) -> None:
    """Kill this process before its n-th call, or in the middle of it when it writes."""
    calls = itertools.count(1)

    def here(_name: str) -> None:
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(10)

    watch(here)


def watch(here: Callable[[str], None]) -> None:
    """Call `here` with a name before each of this process's calls, in the middle of a write, and after a sync."""
    write, fsync = os.write, os.fsync

    def half(file: int, content: Any) -> int:
        here("write")
        if not stat.S_ISREG(os.fstat(file).st_mode):  # a pipe takes up to PIPE_BUF bytes at once (POSIX, write())
            return write(file, content)
        done = write(file, content[: len(content) // 2])
        here("half written")
        return done + write(file, content[done:])

    def sync(file: int) -> None:
        here("fsync")
        fsync(file)
        here("synced")

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        # A path that is opened with a mode is Python's own, as in imports.
        if event in EVENTS and not (event == "open" and isinstance(arguments[0], str) and arguments[1] is not None):
            here(" ".join([event, *(name for name in arguments[:2] if isinstance(name, str))]))

    os.write, os.fsync = half, sync  # type: ignore[assignment]
    sys.addaudithook(audit)


def main(name: str, step: str, folder: Path) -> dict[str, Any]:
    """Crash at every call there is, until the step gets to its end."""
    os.umask(0)
    trial = Trial(case=CASES[name], folder=folder / "trial")
    wrong: list[str] = []
    for number in itertools.count(1):
        trial.prepare(STEPS[: STEPS.index(step)])
        child = os.fork()
        if not child:
            die_at(number)
            trial.run(step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not status:
            return {"crashes": number - 1, "wrong": wrong}
        if os.WIFEXITED(status):
            return {"crashes": number - 1, "wrong": [*wrong, f"failed at {number}"]}
        found = (*trial.wrong_after_crash(step), *trial.wrong_after_the_next_run(step))
        wrong += [f"at call {number}: {what}" for what in found]
    raise AssertionError


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
