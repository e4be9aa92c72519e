"""What a measured process says of itself at its end: its peak memory, its SQL statements, its slow hashes."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

REPORT_TO = "BENCHMARK_REPORT_TO"


def report(*, statements: int, hashes: int = 0) -> None:
    """Write it, as JSON, to the file descriptor that REPORT_TO names."""
    with os.fdopen(int(os.environ[REPORT_TO]), "w") as stream:
        json.dump({"statements": statements, "hashes": hashes, "peak_kib": peak_kib()}, stream)


def peak_kib() -> int:
    """The largest resident size so far.

    On Linux from /proc, since ru_maxrss also holds the size of the parent at the moment of the fork (getrusage(2)).
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak
