"""`provision` itself, its SQL statements and calls of bcrypt counted: `python -m benchmarks.counted plan …`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import bcrypt
from sqlalchemy import Engine, event

from benchmarks.peak import report
from provision.cli import main as provision


def main() -> None:
    """Run the program; one call of the driver is one statement, also when it is for many rows (`executemany`)."""
    statements, hashes = count(), count()
    for name in ("hashpw", "checkpw"):
        setattr(bcrypt, name, _counting(getattr(bcrypt, name), hashes))

    @event.listens_for(Engine, "before_cursor_execute")
    def _one_more(*_arguments: object) -> None:
        next(statements)

    try:
        provision(sys.argv[1:])
    finally:
        report(statements=next(statements), hashes=next(hashes))


def _counting(work: Callable[..., Any], calls: Iterator[int]) -> Callable[..., Any]:
    def counted(*arguments: Any) -> Any:
        next(calls)
        return work(*arguments)

    return counted


if __name__ == "__main__":
    main()
