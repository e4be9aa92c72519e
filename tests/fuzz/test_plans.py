"""Whatever is in the file of a saved plan: it is applied as it was made, or nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from provision.core.value import canonical_json
from provision.errors import ExitCode
from provision.secrets.seal import Seal
from tests.fuzz.corpus import PEOPLE, SAMPLES
from tests.fuzz.examples import examples
from tests.fuzz.ground import KEY, Ground
from tests.fuzz.mutations import as_json, spoilt_bytes, spoilt_data
from tests.fuzz.verdict import Tally, judge

FILES: Final = {"manifests/people.yaml": PEOPLE, "manifests/samples.yaml": SAMPLES}
CODES: Final = frozenset({ExitCode.DONE, ExitCode.ERROR, ExitCode.STALE_PLAN, ExitCode.REFUSED})
# To read a plan takes several times its size; repeated three times over, the saved ones have 170 MB.
LARGEST: Final = 10_000_000
OPTIONS: Final = ((), ("--prune",), ("--target", "User/*", "-l", "team=platform", "manifests/people.yaml"))


@pytest.fixture(scope="module", params=["", KEY], ids=["without a key", "with a key"])
def key(request: pytest.FixtureRequest) -> Iterator[str]:
    """The key that seals plans, in the environment if there is one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVISION_FINGERPRINT_KEY", request.param)
        yield request.param


@pytest.fixture(scope="module")
def plans(ground: Ground, key: str) -> list[bytes]:
    """Plans of the same changes, saved with several options."""
    saved = []
    for options in OPTIONS:
        ground.renew(FILES)
        assert ground.run("plan", "-o", "plan.json", *options).code == ExitCode.DONE, key
        saved.append((ground.folder / "plan.json").read_bytes())
    return saved


def try_out(ground: Ground, tally: Tally, plan: bytes) -> int:
    ground.renew({**FILES, "plan.json": plan})
    trial = ground.run("apply", "plan.json", "--format", "json")
    tally.add("apply", trial)
    judge(trial, CODES)
    return trial.code


def as_file(plan: Any) -> bytes:
    content = as_json(plan)
    assume(len(content) <= LARGEST)
    return content


def resealed(plan: Any, seal: Seal) -> Any:
    """The plan as somebody who knows how would seal it."""
    if not isinstance(plan, dict):
        return plan
    try:
        said = json.loads(as_json({name: value for name, value in plan.items() if name != "seal"}))
    except (ValueError, RecursionError):
        return plan
    return {**plan, "seal": seal.stamp(canonical_json(said))}


def test_what_is_spoilt_is_whole_before(ground: Ground, tally: Tally, plans: list[bytes]) -> None:
    assert [try_out(ground, tally, plan) for plan in plans] == [ExitCode.DONE] * len(plans)


@examples(8, 500)
@given(data=st.data())
def test_bytes_of_plans(ground: Ground, tally: Tally, plans: list[bytes], data: st.DataObject) -> None:
    try_out(ground, tally, data.draw(spoilt_bytes(plans)))


@examples(8, 500)
@given(data=st.data())
def test_data_of_plans(ground: Ground, tally: Tally, plans: list[bytes], data: st.DataObject) -> None:
    spoilt = data.draw(spoilt_data([[json.loads(plan)] for plan in plans]))
    try_out(ground, tally, as_file(spoilt[0] if spoilt else None))


@examples(8, 500)
@given(data=st.data())
def test_data_of_plans_that_are_sealed_again(
    ground: Ground, tally: Tally, plans: list[bytes], key: str, data: st.DataObject
) -> None:
    seal = Seal.from_environment({"PROVISION_FINGERPRINT_KEY": key})
    plan = data.draw(spoilt_data([json.loads(plan) for plan in plans], keeping=frozenset({"format"})))
    try_out(ground, tally, as_file(resealed(plan, seal)))
