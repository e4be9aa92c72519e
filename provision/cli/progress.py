"""A line on a terminal's stderr that says how far a long stage is; nothing when stderr is a file or a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from provision.reconcile.request import no_progress

SECONDS_BETWEEN = 0.1


def shown_progress() -> Callable[[str, int, int], None]:
    """The function to tell."""
    if not sys.stderr.isatty():
        return no_progress
    last = 0.0

    def show(label: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done < total and now - last < SECONDS_BETWEEN:
            return
        last = now
        # Back to the start of the line, and clear it (ECMA-48, EL).
        end = "" if done < total else "\r\x1b[K"
        sys.stderr.write(f"\r\x1b[K{label} {done}/{total}{end}")
        sys.stderr.flush()

    return show
