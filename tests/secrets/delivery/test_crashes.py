"""A run that dies at any moment loses nothing and leaves nothing that the next one does not put right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import REPOSITORY
from tests.secrets.delivery.crashes import CASES, STEPS

# Fewer calls than these, and the hooks would have missed something.
AT_LEAST = {"stage": 9, "reveal": 9, "discard": 4}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("case", CASES)
def test_the_next_run_puts_right_whatever_a_kill_leaves(tmp_path: Path, case: str, step: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.secrets.delivery.crashes", case, step, str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["wrong"] == []
    assert outcome["crashes"] >= (5 if case == "command" else AT_LEAST[step])
