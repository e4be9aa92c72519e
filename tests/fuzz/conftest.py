"""The ground on which mutated files are tried, and how many of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.ground import Ground, open_ground
from tests.fuzz.verdict import Tally


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A project in which every feature is used."""
    with open_ground(tmp_path_factory.mktemp("fuzz")) as opened:
        yield opened


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """The figures of a module's examples, which are printed at its end (see them with -s)."""
    kept = Tally()
    yield kept
    print(f"\n{request.node.name}: {kept}")
