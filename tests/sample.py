"""How many of the possible faults and inputs a run of the tests tries: a few, or each one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

IS_EXHAUSTIVE = os.environ.get("PROVISION_TEST_EXHAUSTIVE") == "1"
Item = TypeVar("Item")


def sampled(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of them, spread evenly, the first and the last among them; all when that is asked for."""
    if IS_EXHAUSTIVE or len(items) <= most:
        return list(items)
    return [items[round(step * (len(items) - 1) / (most - 1))] for step in range(most)]
