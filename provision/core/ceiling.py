"""How much one run may do at most: a number, or a share of what is managed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

# Below this many managed resources a share says nothing: removing one of three is an everyday change.
SHARE_COUNTS_FROM = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """A number, or without one a share of the managed resources."""

    count: int | None = None
    share: Fraction = Fraction(1, 4)

    def allows(self, number: int, *, managed: int) -> bool:
        """Whether so many pass; a bare number holds always, a share once there are ten resources."""
        if self.count is not None:
            return number <= self.count
        return managed < SHARE_COUNTS_FROM or number <= self.share * managed

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{float(self.share * 100):g}%"


def parse_ceiling(text: str) -> Ceiling:
    """Read `12` or `40%`; raises ValueError for anything else."""
    match = re.fullmatch(r"([0-9]{1,9})(\.[0-9]{1,3})?(%?)", text.strip())
    if match is None or (match[2] and not match[3]):
        raise ValueError("give a number such as 12, or a share such as 40%")
    if not match[3]:
        return Ceiling(count=int(match[1]))
    share = Fraction(match[1] + (match[2] or "")) / 100
    if share > 1:
        raise ValueError("a share is at most 100%")
    return Ceiling(share=share)
