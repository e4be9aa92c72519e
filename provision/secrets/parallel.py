"""Slow hashes in threads: bcrypt releases the interpreter's lock, so all cores work."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

# Called with the number of secrets done and the number of all; for a progress bar.
Progress = Callable[[int, int], None]
Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(items: Sequence[Item], work: Callable[[Item], Result], progress: Progress) -> list[Result]:
    """The results in the order of the items; `progress` is told after each."""
    if not items:
        return []
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for result in pool.map(work, items):
            results.append(result)
            progress(len(results), len(items))
    return results
