"""Running a program that the settings allow: no shell, a process group of its own, limits on time and output."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

MAX_OUTPUT_BYTES = 64 * 1024
# What is ours alone; no program that we start gets to see it.
OWN_SECRETS = frozenset(
    {
        "PROVISION_AGE_IDENTITY",
        "PROVISION_DATABASE_URL",
        "PROVISION_FINGERPRINT_KEY",
        "PROVISION_FINGERPRINT_KEY_OLD",
        "PROVISION_KEY_PEPPER",
    }
)


class ProgramError(Exception):
    """The program did not do its work; neither message nor hint holds what it read or wrote."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def run(
    arguments: Sequence[str],
    *,
    allowed: Collection[str],
    environ: Mapping[str, str],
    timeout: float,
    stdin: bytes | None = None,
) -> bytes:
    """What the program writes to standard output; raises ProgramError unless it ends with 0 within the timeout."""
    name = arguments[0]
    if name not in allowed:
        raise ProgramError(f"the program {name} is not allowed", "add it to the allowed programs in provision.toml")
    passed_on = {variable: value for variable, value in environ.items() if variable not in OWN_SECRETS}
    with tempfile.TemporaryFile() as output:  # a pipe would wait for whoever inherited it
        code = _run(arguments, passed_on, timeout, stdin or b"", output.fileno())
        output.seek(0)
        result = output.read(MAX_OUTPUT_BYTES + 1)
    if code is None:
        raise ProgramError(f"the program {name} did not end within {timeout:g} seconds", "try it by hand")
    if code:
        raise ProgramError(f"the program {name} ended with {code}", "run it by hand to see what it says")
    if len(result) > MAX_OUTPUT_BYTES:
        raise ProgramError(f"the program {name} wrote more than 64 KiB", "is it the right program?")
    return result


def _run(
    arguments: Sequence[str], environ: Mapping[str, str], timeout: float, stdin: bytes, output: int
) -> int | None:
    try:
        process = subprocess.Popen(  # noqa: S603 -- no shell, and only what the settings allow
            arguments,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        why = (error.strerror or "unknown error").lower()
        raise ProgramError(f"the program {arguments[0]} cannot be run: {why}", "is it installed?") from None
    try:
        process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode
