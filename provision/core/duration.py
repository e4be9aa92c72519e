"""Durations as people write them; months, years, negatives and bare numbers mean something else to everyone."""

from __future__ import annotations

import re

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"([0-9]{1,9})(ms|s|m|h|d|w)")


def parse_duration(text: str) -> float:
    """Seconds of `90s`, `5m`, `1h30m`; raises ValueError for anything else."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("write a duration as 30s, 5m, 1h30m or 90d")
    return float(sum(int(number) * SECONDS[unit] for number, unit in parts))
