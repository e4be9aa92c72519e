"""Whatever is in a manifest or a policy: a clean end, and nothing of a secret."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import ExitCode
from tests.fuzz.corpus import IN_CLEAR, MANIFESTS, PEOPLE, POLICIES, POLICY, SAMPLES, documents
from tests.fuzz.examples import examples
from tests.fuzz.ground import CANARIES, Ground
from tests.fuzz.mutations import as_yaml, spoilt_bytes, spoilt_data
from tests.fuzz.verdict import Tally, is_json, judge

FORMATS: Final = ("text", "json", "markdown", "html")
COMMANDS: Final = (
    ("validate",),
    ("plan", "--prune"),
    *(("plan", "--format", name) for name in FORMATS),
    ("apply", "--prune", "--allow-no-superuser"),
    ("apply", "--format", "json"),
)
CODES: Final = frozenset({ExitCode.DONE, ExitCode.ERROR, ExitCode.REFUSED})
KNOWN: Final = (PEOPLE, SAMPLES)
DATA: Final = [documents(seed) for seed in KNOWN]
# Most of what is spoilt is found by the cheapest of them.
commands = st.sampled_from([COMMANDS[0]] * 2 * len(COMMANDS) + [*COMMANDS])


def try_out(ground: Ground, tally: Tally, files: dict[str, bytes], command: tuple[str, ...]) -> None:
    ground.renew(files)
    trial = ground.run(*command)
    tally.add(command[0], trial)
    judge(trial, CODES)
    if "json" in command and trial.stdout:
        assert is_json(trial.stdout)


@pytest.mark.parametrize("seed", KNOWN, ids=["people", "samples"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_is_spoilt_is_whole_before(ground: Ground, seed: bytes, command: tuple[str, ...]) -> None:
    ground.renew({"manifests/all.yaml": seed})
    trial = ground.run(*command)
    judge(trial, frozenset({ExitCode.DONE}))


@examples(60, 8_000)
@given(content=spoilt_bytes(KNOWN) | spoilt_bytes([*KNOWN, IN_CLEAR, *MANIFESTS]), command=commands)
def test_bytes_of_manifests(ground: Ground, tally: Tally, content: bytes, command: tuple[str, ...]) -> None:
    try_out(ground, tally, {"manifests/all.yaml": content}, command)


@examples(60, 6_000)
@given(data=spoilt_data(DATA), command=commands)
def test_data_of_manifests(ground: Ground, tally: Tally, data: list[object], command: tuple[str, ...]) -> None:
    try_out(ground, tally, {"manifests/all.yaml": as_yaml(data)}, command)


@examples(15, 600)
@given(data=spoilt_data([documents(IN_CLEAR)], keeping=frozenset({"password", "key"})))
def test_a_secret_in_clear_is_not_repeated(ground: Ground, tally: Tally, data: list[object]) -> None:
    ground.renew({"manifests/all.yaml": as_yaml(data)})
    trial = ground.run("plan")
    tally.add("plan", trial)
    judge(trial, CODES, canaries=(*CANARIES, "canary-in-clear-3Kd9"))


@examples(15, 1_500)
@given(content=spoilt_bytes([POLICY]) | spoilt_bytes(POLICIES), command=st.sampled_from(COMMANDS[1:]))
def test_bytes_of_policies(ground: Ground, tally: Tally, content: bytes, command: tuple[str, ...]) -> None:
    try_out(ground, tally, {"manifests/all.yaml": PEOPLE, "policies/all.yaml": content}, command)


@examples(15, 1_500)
@given(data=spoilt_data([documents(POLICY)]), command=st.sampled_from(COMMANDS[1:]))
def test_data_of_policies(ground: Ground, tally: Tally, data: list[object], command: tuple[str, ...]) -> None:
    try_out(ground, tally, {"manifests/all.yaml": PEOPLE, "policies/all.yaml": as_yaml(data)}, command)
