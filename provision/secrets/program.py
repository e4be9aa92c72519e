"""Running somebody's program for a secret: no shell, an allow-list, a time limit, and nothing of ours passed on."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

from provision.secrets.pipes import MAX_OUTPUT_BYTES, Ending, Talk
from provision.secrets.redact import forms_of, withheld

# What this program alone needs to know; the rest of the environment is passed on.
OWN_SECRETS = frozenset(
    {
        "PROVISION_AGE_IDENTITY",
        "PROVISION_DATABASE_URL",
        "PROVISION_FINGERPRINT_KEY",
        "PROVISION_FINGERPRINT_KEY_OLD",
        "PROVISION_KEY_PEPPER",
    }
)
# Variables that programs get their own secrets by, and might repeat; values that are shorter are everyday words.
_SECRET_NAME = re.compile(r"CREDENTIAL|DATABASE_URL|DSN|KEY|PASS|SECRET|TOKEN", re.IGNORECASE)
_SHORTEST_VALUE = 8
PRINTED = "(withheld, since it printed something beside it)"
_MOST_LINES = 4


class ProgramError(Exception):
    """A program could not be run, or failed; the message and the hint hold nothing that it said.

    `said` are the last lines of its standard error, without those that hold what it was given.
    """

    def __init__(self, message: str, hint: str, *, said: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.said = said


def run(  # noqa: PLR0913 - each is a decision of the caller's
    arguments: Sequence[str],
    *,
    allowed: Collection[str],
    environ: Mapping[str, str],
    timeout: float,
    folder: Path | None = None,
    stdin: bytes | None = None,
) -> bytes:
    """What the program prints, `timeout` in seconds; raises ProgramError.

    Its first argument has to be in `allowed` as it is written. It gets `stdin`, or nothing to read, and runs in
    `folder` in a session of its own; whatever it started and left in that session's group ends with it.
    """
    name, path = permitted(arguments, allowed, environ)
    passed_on = {key: value for key, value in environ.items() if key not in OWN_SECRETS}
    try:
        process = Popen(  # noqa: S603 - what may run is checked above
            list(arguments),
            executable=path,
            stdin=DEVNULL if stdin is None else PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=passed_on,
            cwd=folder,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or "not a possible argument").lower()
        raise ProgramError(f"the command {name} cannot be started: {why}", "try it in a shell") from None
    talk = Talk(process, stdin or b"")
    try:
        ending = talk.until(time.monotonic() + timeout)
    finally:
        _end(process)
    if ending is Ending.ENDED and process.returncode == 0:
        return bytes(talk.stdout)
    message, hint = _failure(ending, process.returncode, timeout)
    raise ProgramError(f"the command {name} {message}", hint, said=_said(talk, stdin, environ))


def permitted(arguments: Sequence[str], allowed: Collection[str], environ: Mapping[str, str]) -> tuple[str, str]:
    """The program's name and where it is; raises ProgramError when it may not be run, or is not there."""
    if os.name != "posix":
        raise ProgramError("commands are run on POSIX systems alone", "name another source")
    name = arguments[0] if arguments else ""
    if "/" in name and not name.startswith("/"):
        raise ProgramError(f"the command {name} is a relative path", "write a bare name or an absolute path")
    if not name or name not in allowed:
        raise ProgramError(
            f"the command {name} is not allowed" if name else "the command has no name",
            "name it in provision.toml as it is written here, in commands of [secrets]",
        )
    path = name if "/" in name else _on_path(name, environ)
    if path is None:
        raise ProgramError(f"the command {name} is not found on PATH", "install it, or allow its absolute path")
    return name, path


def _on_path(name: str, environ: Mapping[str, str]) -> str | None:
    """Only absolute folders count: `.` would let a repository bring its own vault."""
    folders = (folder for folder in environ.get("PATH", os.defpath).split(os.pathsep) if folder.startswith("/"))
    paths = (f"{folder}/{name}" for folder in folders)
    return next((path for path in paths if Path(path).is_file() and os.access(path, os.X_OK)), None)


def _end(process: Popen[bytes]) -> None:
    """Kill the whole group; its leader is not waited for yet, so that its number cannot be another's."""
    with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that has ended
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()
    process.wait()


def _failure(ending: Ending, code: int, timeout: float) -> tuple[str, str]:
    match ending:
        case Ending.TOO_LATE:
            return f"did not end within {timeout:g} s", "raise command_timeout in [secrets] of provision.toml"
        case Ending.TOO_MUCH:
            return f"printed more than {MAX_OUTPUT_BYTES // 1024} KiB", "have it print the secret alone"
        case Ending.ENDED:
            return f"ended {f'with exit code {code}' if code > 0 else f'by signal {-code}'}", "try it in a shell"


def _said(talk: Talk, stdin: bytes | None, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The end of what it complained of: nothing once it printed, since that is the secret in who knows what form."""
    lines = talk.last_lines(_MOST_LINES)
    if talk.stdout and lines:
        return (PRINTED,)
    known = [
        value
        for name, value in environ.items()
        if len(value) >= _SHORTEST_VALUE and (name in OWN_SECRETS or _SECRET_NAME.search(name))
    ]
    given = [stdin.decode("utf-8", "replace")] if stdin else []
    return withheld(lines, forms_of([*given, *known]))
