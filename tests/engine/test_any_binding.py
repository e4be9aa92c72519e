"""Whatever tables an application has, and whatever is declared of their rows: applied once, nothing is left to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from provision.core.guards import Limits, MaxRemovals
from provision.errors import InvalidInputError
from tests.engine.runs import actions, apply, content, plan
from tests.engine.schema_project import Site, settle
from tests.engine.schema_states import State, later_states, states
from tests.engine.schema_truth import assert_holds
from tests.engine.schemas import schemas
from tests.project import Project

# By hand: PROVISION_TEST_EXAMPLES=500 python -m pytest tests/engine/test_any_binding.py
EXAMPLES = int(os.environ.get("PROVISION_TEST_EXAMPLES", "8"))
ANYTHING = Limits(max_removals=MaxRemovals(count=10**6))
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
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


@SETTINGS
@given(data=st.data())
def test_two_states_after_each_other_come_true_at_once(project: Project, data: st.DataObject) -> None:
    schema = data.draw(schemas())
    first = data.draw(states(schema))
    second = data.draw(later_states(schema, first))
    site = settle(project, schema)
    converge(site, first)
    converge(site, second)
