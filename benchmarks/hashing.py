"""The floor of hashing: nothing but bcrypt, on all cores. `python -m benchmarks.hashing NUMBER COST`."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from benchmarks.peak import report


def main() -> None:
    """Hash so many passwords."""
    number, cost = map(int, sys.argv[1:])

    def hashed(which: int) -> bytes:
        return bcrypt.hashpw(b"opensesame %d" % which, bcrypt.gensalt(cost))

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        done = len(list(pool.map(hashed, range(number))))
    report(statements=0, hashes=done)


if __name__ == "__main__":
    main()
