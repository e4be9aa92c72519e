"""How many examples a run of the tests tries, and how Hypothesis makes them: the same ones every time."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

from tests.sample import IS_EXHAUSTIVE


def examples(few: int, many: int) -> settings:
    """A few of them, or many when PROVISION_TEST_EXHAUSTIVE=1 asks for them."""
    return settings(
        max_examples=many if IS_EXHAUSTIVE else few,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
