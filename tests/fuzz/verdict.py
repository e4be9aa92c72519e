"""What holds whatever a file says: how the program may end, what it may print, and what it may cost."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from provision.errors import ExitCode
from tests.fuzz.ground import CANARIES, Trial
from tests.report.test_attacks import assert_nothing_steers

# In seconds of CPU and in MiB, for one run of the program; the largest seen are a tenth of these.
MOST_SECONDS: Final = 5.0
MOST_GROWN: Final = 200.0
# A key as it is made for the people of the seeds.
MADE: Final = re.compile("acme_[0-9A-Za-z]{36}")


@dataclass(slots=True)
class Tally:
    """The figures of all runs so far."""

    codes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    grown: float = 0.0

    def add(self, command: str, trial: Trial) -> None:
        """Take a run in."""
        self.codes[f"{command} {int(trial.code)}"] += 1
        self.seconds = max(self.seconds, trial.seconds)
        self.grown = max(self.grown, trial.grown)

    def __str__(self) -> str:
        codes = ", ".join(f"{code}: {count}" for code, count in sorted(self.codes.items()))
        return f"{self.codes.total()} runs ({codes}); at most {self.seconds:.2f} s of CPU, {self.grown:.0f} MiB more"


def judge(trial: Trial, codes: frozenset[ExitCode], canaries: tuple[str, ...] = CANARIES) -> None:
    """Fail where the run did what none may do; the message quotes nothing that could be a secret."""
    printed = trial.stdout + trial.stderr
    assert not [number for number, canary in enumerate(canaries) if canary in printed], "a secret was printed"
    assert not MADE.search(printed), "a key that was made was printed"
    assert "Traceback" not in printed
    assert "defect of provision" not in printed, trial.stderr[-300:]
    assert trial.code in codes, (trial.code, trial.stderr[-300:])
    assert trial.code in (ExitCode.DONE, ExitCode.CHANGES_PENDING) or printed.strip(), "it does not say why"
    assert_nothing_steers(printed.split("\n"))
    assert trial.seconds < MOST_SECONDS, trial.seconds
    assert trial.grown < MOST_GROWN, trial.grown


def is_json(text: str) -> bool:
    """Whether a program can read what was printed for programs."""
    return isinstance(json.loads(text), dict)
