"""Whatever is in a provision.toml: a clean end, and what is wrong is said with its line where there is one."""

from __future__ import annotations

import tomllib
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from provision.errors import ExitCode
from tests.fuzz.corpus import PEOPLE, SAMPLES, SETTINGS
from tests.fuzz.examples import examples
from tests.fuzz.ground import Ground
from tests.fuzz.mutations import as_toml, spoilt_bytes, spoilt_data
from tests.fuzz.verdict import Tally, judge

COMMANDS: Final = (("validate",), ("plan",), ("kinds",), ("plan", "--config", "pyproject.toml"))
CODES: Final = frozenset({ExitCode.DONE, ExitCode.ERROR, ExitCode.REFUSED})
DATA: Final = tomllib.loads(SETTINGS.decode())
commands = st.sampled_from(COMMANDS)


def try_out(ground: Ground, tally: Tally, content: bytes, command: tuple[str, ...]) -> None:
    files = {"manifests/people.yaml": PEOPLE, "manifests/samples.yaml": SAMPLES, "provision.toml": content}
    ground.renew({**files, "pyproject.toml": b"[tool.provision]\n" + content.replace(b"\n[", b"\n[tool.provision.")})
    trial = ground.run(*command)
    tally.add(command[0], trial)
    judge(trial, CODES)


@examples(20, 1_000)
@given(content=spoilt_bytes([SETTINGS]), command=commands)
def test_bytes_of_settings(ground: Ground, tally: Tally, content: bytes, command: tuple[str, ...]) -> None:
    try_out(ground, tally, content, command)


@examples(20, 1_000)
@given(data=spoilt_data([DATA]), command=commands)
def test_data_of_settings(ground: Ground, tally: Tally, data: dict[str, object], command: tuple[str, ...]) -> None:
    try_out(ground, tally, as_toml(data), command)
