"""What is said of a plan that was overtaken."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from provision.errors import StalePlanError

# As many as a person reads.
SHOWN = 20


def stale(different: Iterable[str]) -> StalePlanError:
    """What to say of a plan that was overtaken: what is different, as far as anybody reads."""
    found = list(different)
    text = "; ".join(islice(found, SHOWN)) + (f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
    return StalePlanError(
        f"something changed since this was planned, nothing was written{': ' if text else ''}{text}",
        hint="plan again: the new plan shows what is different",
    )
