"""Whatever tables an application has, and whatever is declared of their rows: applied once, nothing is left to do."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings
from hypothesis import strategies as st

from provision.core.ceiling import Ceiling
from provision.core.guards import Limits
from provision.errors import DatabaseError, InvalidInputError
from tests.engine.runs import actions, apply, content, plan
from tests.engine.schema_drift import add_strangers, drifts, strangers
from tests.engine.schema_project import Site, settle
from tests.engine.schema_states import State, later_states, states
from tests.engine.schema_truth import assert_holds
from tests.engine.schemas import schemas
from tests.project import Project

# By hand: PROVISION_TEST_EXAMPLES=500 python -m pytest tests/engine/test_any_binding.py
EXAMPLES = int(os.environ.get("PROVISION_TEST_EXAMPLES", "4"))
# Rows that nobody declares any more may hold a value, or refer to a row, without our having looked.
BY_THE_DATABASE = re.compile("a value that must be unique is taken|other rows refer to a row|.* two rows cannot exch")
ANYTHING = Limits(max_removals=Ceiling(count=10**6))
SETTINGS = settings(
    max_examples=EXAMPLES,
    database=None,
    derandomize="PROVISION_TEST_EXAMPLES" not in os.environ,
    report_multiple_bugs=False,
    # A smaller example takes minutes to find: PROVISION_TEST_SHRINK=1 asks for it.
    phases=[Phase.generate, *([Phase.shrink] if "PROVISION_TEST_SHRINK" in os.environ else [])],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A folder and an empty database; the settings, tables and classes come with each example."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield Project(folder=folder, url=database_url)
    for name in [name for name in sys.modules if name.startswith("random_application_")]:
        del sys.modules[name]


def converge(site: Site, state: State) -> None:
    """Apply a state: it is there afterwards, and a second apply writes nothing."""
    site.declare(state)
    note((site.project.folder / "manifests" / "all.yaml").read_text(encoding="utf-8"))
    try:
        apply(site.project, prune=True, limits=ANYTHING)
    except InvalidInputError as error:
        note("\n".join(map(str, error.problems)))
        raise
    assert actions(plan(site.project, prune=True, limits=ANYTHING)) == []
    assert_holds(site, state)
    before = content(site.project)
    apply(site.project, prune=True, limits=ANYTHING)
    assert content(site.project) == before


def applied_or_refused(site: Site, state: State, *, prune: bool) -> bool:
    """Apply a state, or have it refused: with nothing written, and a place in the manifests if we found it out."""
    site.declare(state)
    note((site.project.folder / "manifests" / "all.yaml").read_text(encoding="utf-8"))
    before = content(site.project)
    try:
        apply(site.project, prune=prune, limits=ANYTHING)
    except InvalidInputError as error:
        assert content(site.project) == before
        for problem in error.problems:
            # What is no longer in the manifests has no place in them.
            assert problem.position or "would be deleted" in problem.message, str(problem)
        return False
    except DatabaseError as error:
        if BY_THE_DATABASE.match(error.message) is None:
            raise
        assert content(site.project) == before
        return False
    assert actions(plan(site.project, prune=prune, limits=ANYTHING)) == []
    return True


@SETTINGS
@given(data=st.data())
def test_two_states_after_each_other_come_true_at_once(project: Project, data: st.DataObject) -> None:
    schema = data.draw(schemas())
    first = data.draw(states(schema))
    second = data.draw(later_states(schema, first))
    site = settle(project, schema)
    others = add_strangers(site)
    converge(site, first)
    converge(site, second)
    assert strangers(site) == others


@SETTINGS
@given(data=st.data())
def test_whatever_others_change_the_next_apply_puts_right(project: Project, data: st.DataObject) -> None:
    schema = data.draw(schemas())
    state = data.draw(states(schema))
    site = settle(project, schema)
    others = add_strangers(site)
    converge(site, state)
    note("\n".join(data.draw(drifts(site))))
    converge(site, state)
    assert strangers(site) == others


@SETTINGS
@given(data=st.data(), prune=st.booleans())
def test_a_state_of_any_kind_comes_true_or_is_refused_with_nothing_written(
    project: Project, data: st.DataObject, prune: bool
) -> None:
    schema = data.draw(schemas())
    first = data.draw(states(schema, whole=False))
    second = data.draw(later_states(schema, first, whole=False))
    site = settle(project, schema)
    others = add_strangers(site)
    event(f"first: {applied_or_refused(site, first, prune=prune)}")
    event(f"second: {applied_or_refused(site, second, prune=prune)}")
    assert strangers(site) == others
