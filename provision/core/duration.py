"""Durations as people write them; months, years, negatives and bare numbers mean something else to everyone."""

from __future__ import annotations

import re

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"([0-9]{1,9})(ms|s|m|h|d|w)")
# ISO 8601, without years and months, whose length depends on when they begin.
_ISO = re.compile(r"P(?=[0-9T])(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?"
                  r"(?:([0-9]{1,9})S)?)?")  # fmt: skip


def parse_duration(text: str) -> float:
    """Seconds of `90s`, `5m`, `1h30m`, `90d`, `P90D`; raises ValueError for anything else."""
    if match := _ISO.fullmatch(text):
        return float(
            sum(int(number or 0) * SECONDS[unit] for number, unit in zip(match.groups(), "wdhms", strict=True))
        )
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("write a duration as 30s, 5m, 1h30m or 90d")
    return float(sum(int(number) * SECONDS[unit] for number, unit in parts))


def said(seconds: float) -> str:
    """A duration as people write it, in at most three units: `90d`, `1h30m`."""
    parts: list[str] = []
    rest: float = round(seconds)
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(rest, SECONDS[unit])
        if count:
            parts.append(f"{count:.0f}{unit}")
    return "".join(parts[:3]) or "0s"
