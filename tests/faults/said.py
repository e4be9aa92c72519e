"""What a run said at its end, beside what it logged on the way."""

from __future__ import annotations

RETRY = "WARNING provision.database.retry: "


def without_retries(stderr: str) -> list[str]:
    """The lines that are not about another attempt to connect."""
    return [line for line in stderr.splitlines() if not line.startswith(RETRY)]


def says_nothing_was_written(stderr: str) -> bool:
    """Whether it ends with one error, and that one is clear about it."""
    told = without_retries(stderr)
    return len(told) == 1 and told[0].startswith("Error: ") and "nothing was written" in told[0]
