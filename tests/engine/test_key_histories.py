"""Whatever happens to a key, nobody loses one that is in use, and none works that nobody has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from provision.secrets.delivery import UndeliverableError
from tests.engine.key_history import CRASHES, DAY, HOUR, History
from tests.engine.runs import actions, apply, on_sqlite
from tests.project import Project
from tests.sample import IS_EXHAUSTIVE

Step = tuple[str, dict[str, object]]
FEW = settings(
    max_examples=100 if IS_EXHAUSTIVE else 10,
    database=None,
    derandomize=True,
    # A history is printed as it failed: to shorten it takes minutes.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def step(name: str, **given: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), st.fixed_dictionaries(given))


LATE: Step = ("wait", {"seconds": 41 * DAY + HOUR})
SOON: Step = ("wait", {"seconds": 3 * DAY + HOUR})
WEEK: Step = ("wait", {"seconds": 8 * DAY + HOUR})
APPLY: Step = ("apply", {})
UNREVEALED: Step = ("apply", {"crash": "reveal"})
TERMS: list[tuple[int, int]] = [(5, 1), (40, 7), (90, 30)]
crashes = st.sampled_from(CRASHES)
# An hour beside the days, so that no two moments that are compared fall on one.
waits = st.sampled_from([("wait", {"seconds": time}) for time in (2 * HOUR, 3 * DAY + HOUR, 8 * DAY + HOUR)])
killed = st.one_of(step("apply", crash=crashes), step("rotate", crash=crashes))
others = st.one_of(
    step("apply"),
    step("rotate", revoke_now=st.booleans()),
    step("revoke_by_hand"),
    step("make_by_hand"),
    st.sampled_from([("change_terms", {"every": every, "overlap": over}) for every, over in TERMS]),
    step("toggle"),
    step("apply", prune=st.just(True)),
)
# A run does most when it comes late, and most goes wrong soon after one was killed.
late = st.tuples(st.just(LATE), st.one_of(killed, step("apply")))
chapters = st.one_of(late, st.tuples(killed, step("lose")), st.tuples(waits), st.tuples(others), st.tuples(killed))
histories = st.lists(chapters, min_size=3, max_size=6).map(
    lambda chapters: [step for item in chapters for step in item]
)


def live(project: Project, history: Sequence[Step]) -> History:
    """Begin with a delivered key, go through the steps, and apply at the end; every promise is kept throughout."""
    lived = History(project=project)
    lived.begin()
    for name, given_ in [("apply", {}), *history, ("apply", {})]:
        act: Callable[..., None] = getattr(lived, name)
        act(**given_)
        lived.check()
    return lived


@example([LATE, UNREVEALED, ("lose", {}), WEEK, APPLY, SOON, APPLY, WEEK, APPLY])
@example([LATE, UNREVEALED, WEEK, ("apply", {"crash": "mark"}), WEEK, APPLY, SOON, APPLY])
@example([LATE, UNREVEALED, ("lose", {}), ("make_by_hand", {}), APPLY])
@example([LATE, UNREVEALED, ("lose", {}), ("rotate", {"revoke_now": False}), SOON, APPLY])
@example([LATE, UNREVEALED, ("lose", {}), ("revoke_by_hand", {}), APPLY])
@example([("make_by_hand", {}), LATE, APPLY, WEEK, APPLY])
@example([("toggle", {}), ("apply", {"prune": True}), ("toggle", {}), APPLY, ("rotate", {"revoke_now": False})])
@FEW
@given(histories)
@on_sqlite
def test_promises_are_kept_through_any_history_of_a_key(project: Project, history: list[Step]) -> None:
    lived = live(project, history)
    event(f"generations: {min(len(lived.generations), 5)}")
    event(f"crashes: {min(lived.crashes, 3)}")


@settings(FEW, max_examples=20 if IS_EXHAUSTIVE else 3)
@given(histories)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_promises_are_kept_on_postgresql_as_well(project: Project, history: list[Step]) -> None:
    live(project, history)


@on_sqlite
def test_a_sink_that_fails_keeps_the_former_key_working(project: Project) -> None:
    lived = live(project, [])
    lived.wait(41 * DAY)
    lived.apply(crash="reveal")
    (lived.out / "ci.key").unlink()
    (lived.out / "ci.key").mkdir()
    for _ in range(3):
        lived.wait(8 * DAY)
        with pytest.raises(UndeliverableError):
            lived.apply()
        lived.check()
        assert [works for works, _ in lived.rows().values()] == [True, True]
    (lived.out / "ci.key").rmdir()
    lived.apply()
    lived.check()
    assert lived.generations[2].delivered
    lived.wait(8 * DAY)
    lived.apply()
    assert [works for works, _ in lived.rows().values()] == [False, True]


def test_a_renamed_key_takes_its_former_generations_along(project: Project) -> None:
    lived = live(project, [LATE])
    lived.wait(DAY)
    text = (project.folder / "manifests" / "all.yaml").read_text()
    project.write(text.replace("  name: ci\n", "  name: build\n  previously: [ci]\n"))
    assert actions(apply(project, as_of=lived.now)) == ["rename ApiKey/bot/build"]
    assert project.sql("SELECT DISTINCT name FROM sys_api_key") == [("build",)]
    assert actions(apply(project, as_of=lived.now + 8 * DAY)) == ["retire ApiKey/bot/build"]
    assert [works for works, _ in lived.rows().values()] == [False, True]
