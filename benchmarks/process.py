"""One measured process: a fresh interpreter, from its start to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peak import REPORT_TO
from tests.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One process: its time from start to end, its own processor time, and what it said of itself, if anything."""

    seconds: float
    cpu_seconds: float
    statements: int = 0
    hashes: int = 0
    peak_kib: int = 0


class FailedError(Exception):
    """A measured process did not end with 0; the message has what it wrote to stderr."""


def measure(project: Project, *arguments: str) -> Sample:
    """Run the interpreter with these arguments in a project's folder."""
    reading, writing = os.pipe()
    environ = project.environment() | {REPORT_TO: str(writing)}
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, *arguments],
            cwd=project.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=[writing],
        ) as process:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        os.close(writing)
        with os.fdopen(reading) as stream:
            said = stream.read()
        if process.returncode != 0:
            errors.seek(0)
            raise FailedError(f"{' '.join(arguments)} ended with {process.returncode}:\n{errors.read()}")
    return Sample(seconds=seconds, cpu_seconds=usage.ru_utime + usage.ru_stime, **(json.loads(said) if said else {}))


def ours(project: Project, command: str, folder: Path) -> Sample:
    """`provision plan` or `provision apply` of a folder of manifests."""
    return measure(project, "-m", "benchmarks.counted", command, str(folder))


def floor(project: Project, job: str, folder: Path) -> Sample:
    """The same job by the script of the floor."""
    return measure(project, "-m", "benchmarks.floor", job, str(folder), project.url.replace("+asyncpg", ""))
