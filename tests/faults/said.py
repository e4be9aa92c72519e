"""What a run said at its end, beside what it logged on the way."""

from __future__ import annotations

# Another attempt after what passes, and a wait for the lock.
PATIENCE = ("WARNING provision.database.retry: ", "WARNING provision.database.holder: ")


def without_retries(stderr: str) -> list[str]:
    """The lines that are not about another attempt, or a wait for the lock."""
    return [line for line in stderr.splitlines() if not line.startswith(PATIENCE)]


def says_nothing_was_written(stderr: str) -> bool:
    """Whether it ends with one error, and that one is clear about it."""
    told = without_retries(stderr)
    return len(told) == 1 and told[0].startswith("Error: ") and "nothing was written" in told[0]
