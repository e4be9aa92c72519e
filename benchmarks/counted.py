"""`provision` itself, with its SQL statements counted: `python -m benchmarks.counted plan …`."""

from __future__ import annotations

import sys
from itertools import count

from sqlalchemy import Engine, event

from benchmarks.peak import report
from provision.cli import main as provision


def main() -> None:
    """Run the program; one call of the driver is one statement, also when it is for many rows (`executemany`)."""
    statements = count()

    @event.listens_for(Engine, "before_cursor_execute")
    def _one_more(*_arguments: object) -> None:
        next(statements)

    try:
        provision(sys.argv[1:])
    finally:
        report(statements=next(statements))


if __name__ == "__main__":
    main()
