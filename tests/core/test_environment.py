"""Each variable of an environment can be read, and none is shown."""

from __future__ import annotations

import pickle

import pytest

from provision.core.environment import Environment

CANARY = "canary-4711"
ENVIRONMENT = Environment({"PASSWORD": CANARY, "HOME": "/"})


def test_an_environment_is_read_like_any_mapping() -> None:
    assert (ENVIRONMENT["PASSWORD"], ENVIRONMENT.get("USER")) == (CANARY, None)
    assert (list(ENVIRONMENT), len(ENVIRONMENT)) == (["PASSWORD", "HOME"], 2)


def test_an_environment_shows_nothing_of_itself() -> None:
    assert f"{ENVIRONMENT} {ENVIRONMENT!r}" == "(environment) (environment)"
    assert not hasattr(ENVIRONMENT, "__dict__")


def test_an_environment_is_not_serialised() -> None:
    with pytest.raises(TypeError, match=r"^an environment is not serialised$"):
        pickle.dumps(ENVIRONMENT)
